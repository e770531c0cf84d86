/// The wire contract: every event of the chat and what it carries.
import SocketIO

/// The events, by direction.
enum ChatEvents {
    // From clients.
    static let sendMessage = Event<SendMessage>("send_message")
    static let updateUsername = Event<UpdateUsername>("update_username")

    // To clients.
    static let userJoined = Event<UserName>("user_joined")
    static let userLeft = Event<UserName>("user_left")
    static let setUsername = Event<SetUsername>("set_username")
    static let newMessage = Event<NewMessage>("new_message")
    static let usernameUpdated = Event<UsernameUpdated>("username_updated")
}

/// A client says something.
///
/// Other members, such as `to`, are ignored.
struct SendMessage: Codable, Sendable {
    /// Any value; it is passed on as it came.
    var message: EncodedValue
    /// Whether the message is temporary.
    var temp: Bool

    init(message: EncodedValue, temp: Bool) {
        self.message = message
        self.temp = temp
    }

    /// Takes the members that are there: `null` is a message too, only an absent one is `""`.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let isPresent = container.contains(.message)
        self.message = isPresent ? try container.decode(EncodedValue.self, forKey: .message) : try EncodedValue("")
        self.temp = try container.decodeIfPresent(EncodedValue.self, forKey: .temp).map(PythonTruth.isTrue) ?? false
    }
}

/// A client wants another name.
struct UpdateUsername: Codable, Sendable {
    var username: String

    init(username: String) {
        self.username = username
    }

    /// An absent name is empty; one that is no text, `null` included, is an error.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.username = container.contains(.username) ? try container.decode(String.self, forKey: .username) : ""
    }
}

/// Somebody came or went.
struct UserName: Codable, Sendable, Equatable {
    var username: String
}

/// The newcomer is told who it is.
struct SetUsername: Codable, Sendable, Equatable {
    var sid: SocketID
    var username: String
    var avatar: String
}

/// Somebody said something.
///
/// The order of the properties is the order on the wire.
struct NewMessage: Codable, Sendable, Equatable {
    var fromSID: SocketID
    var fromUsername: String
    var avatar: String
    var message: EncodedValue
    var temp: Bool

    enum CodingKeys: String, CodingKey {
        case fromSID = "from_sid"
        case fromUsername = "from_username"
        case avatar, message, temp
    }
}

/// Somebody has another name.
struct UsernameUpdated: Codable, Sendable, Equatable {
    var oldUsername: String
    var newUsername: String

    enum CodingKeys: String, CodingKey {
        case oldUsername = "old_username"
        case newUsername = "new_username"
    }
}
