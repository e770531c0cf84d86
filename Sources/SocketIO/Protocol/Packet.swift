/// A complete packet as a client sent it, its attachments included.
enum DecodedPacket: Sendable {
    /// The client joins a namespace; `auth` is an object when present.
    case connect(namespace: String, auth: EncodedValue?)

    /// The client leaves a namespace.
    case disconnect(namespace: String)

    /// The client emits an event.
    case event(namespace: String, IncomingEvent)

    /// The client answers an event of the server.
    case ack(namespace: String, id: UInt64, arguments: Arguments)

    /// Clients have no business sending this; legal for the decoder, not for the connection.
    case connectError(namespace: String)

    /// A legal packet that nobody can be listening for: an event without a name or with a number as name, an
    /// acknowledgement without an id. The rules for a namespace that is not joined hold all the same.
    case ignored(namespace: String)

    /// The namespace that the packet names, `/` when it names none.
    var namespace: String {
        switch self {
        case .connect(let namespace, _), .disconnect(let namespace), .event(let namespace, _),
            .ack(let namespace, _, _), .connectError(let namespace), .ignored(let namespace):
            namespace
        }
    }
}

/// An event as it arrived.
struct IncomingEvent: Sendable {
    var name: String
    var arguments: Arguments

    /// Present when the client waits for an acknowledgement.
    var ackID: UInt64?
}

/// Event names that mean something to Socket.IO itself; packets must not carry them.
enum ReservedEventName {
    /// Whether neither side may emit an event called `name`.
    static func contains(_ name: String) -> Bool {
        switch name {
        case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener": true
        default: false
        }
    }
}
