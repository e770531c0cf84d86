/// How the packets of a session are written, which its first request decides.

/// The revision of the protocol, and with revision 3 what the client can read.
enum WireFormat: Sendable, Hashable {
    case revision4
    /// Of a client that cannot read binary messages on a WebSocket, which are then text; polling is no different.
    case revision4Base64
    case revision3(Revision3Options)

    var revision: ProtocolRevision {
        switch self {
        case .revision4, .revision4Base64: .four
        case .revision3: .three
        }
    }
}

/// What a client of revision 3 has asked for.
struct Revision3Options: Sendable, Hashable {
    /// Whether it cannot read binary data, which is then written as text.
    var usesBase64 = false
    /// The callback that its polls are answered with, when it polls by script elements.
    var callback: JSONPCallback?

    init(usesBase64: Bool = false, callback: JSONPCallback? = nil) {
        self.usesBase64 = usesBase64 || callback != nil
        self.callback = callback
    }

    /// What a request asks for; as in Node, `j` with any value is a callback.
    ///
    /// - Throws: `badRequest` for a callback without a number, which no script could call.
    init(_ query: Query) throws(RequestRejection) {
        guard let callback = query.all.last(where: { $0.name == "j" })?.value else {
            self.init(usesBase64: query.asksForBase64)
            return
        }
        guard let found = JSONPCallback(parameter: callback) else { throw .badRequest }
        self.init(callback: found)
    }
}
