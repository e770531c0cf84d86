/// The revisions of the Engine.IO protocol that sessions may speak.

/// A revision of the Engine.IO protocol, named by a client with the parameter `EIO`.
public enum ProtocolRevision: Int, Sendable, Hashable {
    /// That of Socket.IO 1 and 2: the client pings, and packets are written in other ways.
    ///
    /// Only with ``EngineIOConfiguration/allowsEIO3``.
    case three = 3
    /// That of Socket.IO 3 and 4.
    case four = 4

    /// What a client means by its parameter; as in Node, whatever is not `4` is revision 3.
    init(parameter: Substring?) {
        self = parameter == "4" ? .four : .three
    }
}
