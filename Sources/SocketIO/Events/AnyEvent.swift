/// Events of any name, as catch-all listeners and interceptors see them.
internal import NIOCore

/// An event on its way in or out, whatever its name.
public struct AnyEvent: Sendable {
    /// The event's name.
    public let name: String

    /// The event's arguments, not decoded yet.
    public let arguments: Arguments

    /// Whether the sender asks for an acknowledgement.
    public let wantsAcknowledgement: Bool

    init(name: String, arguments: Arguments, wantsAcknowledgement: Bool) {
        self.name = name
        self.arguments = arguments
        self.wantsAcknowledgement = wantsAcknowledgement
    }

    init(_ event: IncomingEvent) {
        self.init(name: event.name, arguments: event.arguments, wantsAcknowledgement: event.ackID != nil)
    }
}

/// How an interceptor drops an event: thrown, it ends the event's way to its handler.
///
/// It reaches ``HandlerRegistry/onError(_:)`` with ``ErrorContext/interceptor(_:)``. Any other error drops the event too.
public struct EventRefusal: Error, Sendable, CustomStringConvertible {
    /// Why, for the error hook and the log; clients never see it.
    public let message: String

    /// What a client that asked for an acknowledgement gets; `nil` for no acknowledgement at all, as in Node.
    public let acknowledgement: [Value]?

    /// Creates a refusal.
    ///
    /// - Parameters:
    ///   - message: Why, for the error hook and the log.
    ///   - acknowledgement: What a client that asked for an acknowledgement gets; `nil` for none.
    public init(_ message: String, acknowledging acknowledgement: [Value]? = nil) {
        self.message = message
        self.acknowledgement = acknowledgement
    }

    /// The message.
    public var description: String { self.message }
}

extension EncodedEvent {
    /// The event as listeners see it, read back from its encoding.
    ///
    /// - Returns: `nil` for what cannot be read back, which no encoder of ours writes.
    func observed(wantsAcknowledgement: Bool = false) -> AnyEvent? {
        let payload = self.packet.writer.buffer.slice()
        var arguments = Arguments(payload: payload)
        let name = try? payload.withUnsafeReadableBytes { (text) throws(PacketViolation) in
            var reader = PacketReader(text, limits: .none)
            return try reader.readEvent(into: &arguments)
        }
        guard case .string(let name) = name else { return nil }
        arguments.attach(self.packet.writer.attachments)
        return AnyEvent(name: name, arguments: arguments, wantsAcknowledgement: wantsAcknowledgement)
    }
}

extension PacketLimits {
    /// For what this server has written itself.
    static let none = Self(
        maximumAttachments: .max,
        maximumAttachmentBytes: .max,
        maximumNestingDepth: .max,
        maximumNamespaceLength: .max,
        maximumEventNameLength: .max
    )
}
