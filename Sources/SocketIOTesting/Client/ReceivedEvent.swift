/// An event as a test client received it.
public import SocketIO

/// An event that the server has sent to a client.
public struct ReceivedEvent: Sendable {
    /// The event's name.
    public let name: String

    /// The event's arguments, not decoded yet.
    public let arguments: Arguments

    private let sendAcknowledgement: (@Sendable ([EncodedValue]) -> Void)?

    init(name: String, arguments: Arguments, acknowledge: (@Sendable ([EncodedValue]) -> Void)?) {
        self.name = name
        self.arguments = arguments
        self.sendAcknowledgement = acknowledge
    }

    /// Whether the server waits for an acknowledgement.
    public var wantsAcknowledgement: Bool { self.sendAcknowledgement != nil }

    /// Decodes the arguments.
    ///
    /// - Parameter event: The event with the types of its arguments; the name is not looked at.
    /// - Returns: The arguments.
    /// - Throws: `SocketIOError` with the code `invalidArguments` when they do not fit.
    public func decode<each Argument>(
        as event: Event<repeat each Argument>
    ) throws(SocketIOError) -> (repeat each Argument) {
        do {
            return try self.arguments.decode(as: repeat (each Argument).self)
        } catch {
            throw SocketIOError(error.code, "\(self): \(error.message)", cause: error.cause)
        }
    }

    /// Acknowledges the event.
    ///
    /// What is sent a second time is sent all the same: a server has to cope with it.
    ///
    /// - Parameter values: The acknowledgement's arguments.
    /// - Throws: ``TestFailure`` when the server asked for no acknowledgement.
    public func acknowledge(_ values: Value...) throws {
        try self.acknowledge(encoded: values.map { try EncodedValue($0) })
    }

    /// Acknowledges the event with one argument.
    ///
    /// - Parameter reply: The argument.
    /// - Throws: ``TestFailure`` when the server asked for no acknowledgement, or what the argument's `encode(to:)` throws.
    public func acknowledge(with reply: some Encodable) throws {
        try self.acknowledge(encoded: [EncodedValue(reply)])
    }

    private func acknowledge(encoded values: [EncodedValue]) throws {
        guard let sendAcknowledgement else {
            throw TestFailure("the server asked for no acknowledgement of \(self)")
        }
        sendAcknowledgement(values)
    }
}

extension ReceivedEvent: CustomStringConvertible {
    /// The name and the arguments, shortened.
    public var description: String {
        let arguments = self.arguments.map(\.json).joined(separator: ", ")
        let shown = arguments.count > 200 ? arguments.prefix(200) + "…" : arguments[...]
        return "\"\(self.name)\"(\(shown))"
    }
}
