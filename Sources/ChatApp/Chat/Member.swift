/// Somebody in the chat.

/// The name and the picture of a client.
struct Member: Sendable, Equatable {
    /// The name now.
    var username: String
    /// The picture's address, which keeps the first name.
    let avatar: String

    /// Makes up a name and a picture for a newcomer.
    ///
    /// - Parameters:
    ///   - avatarURL: The address before `/girl` or `/boy`.
    ///   - generator: Where chance comes from.
    static func random(avatarURL: String, using generator: inout some RandomNumberGenerator) -> Self {
        let username = "User_\(Int.random(in: 1000...9999, using: &generator))"
        let kind = Bool.random(using: &generator) ? "girl" : "boy"
        return Self(username: username, avatar: "\(avatarURL)/\(kind)?username=\(username)")
    }
}
