/// How the packets of a session are written, which its first request decides.

/// The revision of the protocol, and with revision 3 what the client can read.
enum WireFormat: Sendable, Hashable {
    case revision4
    case revision3(Revision3Options)

    var revision: ProtocolRevision {
        switch self {
        case .revision4: .four
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

    /// What a request asks for; as in Node, `b64` with any value is a wish, and `j` with any value a callback.
    ///
    /// - Throws: `badRequest` for a callback without a number, which no script could call.
    init(_ query: Query) throws(RequestRejection) {
        var (usesBase64, callback) = (false, String?.none)
        for (name, value) in query.all {
            switch name {
            case "b64": usesBase64 = !value.isEmpty
            case "j": callback = value
            default: break
            }
        }
        guard let callback else {
            self.init(usesBase64: usesBase64)
            return
        }
        guard let found = JSONPCallback(parameter: callback) else { throw .badRequest }
        self.init(callback: found)
    }
}
