/// Everything that an event can be emitted to.
internal import NIOCore

/// An event with its arguments, encoded and ready for a receiver or many.
public struct EncodedEvent: ~Copyable, Sendable {
    var packet: OutboundPacket

    /// Encodes an event with typed arguments.
    init<each Argument: Encodable>(
        _ name: String,
        in namespace: Namespace,
        _ arguments: repeat each Argument
    ) throws(SocketIOError) {
        var packet = try Self.start(name, in: namespace)
        do {
            repeat try packet.append(each arguments)
        } catch {
            throw SocketIOError(.encodingFailed, "the arguments of \(name) cannot be encoded", cause: error)
        }
        self.packet = try Self.finish(packet, name)
    }

    /// Encodes an event with dynamic arguments.
    init(_ name: String, in namespace: Namespace, values: [Value]) throws(SocketIOError) {
        var packet = try Self.start(name, in: namespace)
        packet.write { writer in
            for value in values {
                writer.write(punctuation: UInt8(ascii: ","))
                writer.write(value)
            }
        }
        self.packet = try Self.finish(packet, name)
    }

    /// Encodes an event with the elements of a sequence as arguments.
    init(
        _ name: String,
        in namespace: Namespace,
        arguments: some Sequence<some Encodable>
    ) throws(SocketIOError) {
        var packet = try Self.start(name, in: namespace)
        do {
            for argument in arguments { try packet.append(argument) }
        } catch {
            throw SocketIOError(.encodingFailed, "the arguments of \(name) cannot be encoded", cause: error)
        }
        self.packet = try Self.finish(packet, name)
    }

    /// Ends the array, unless the receivers would take somebody's data for attachments.
    private static func finish(
        _ packet: consuming OutboundPacket,
        _ name: String
    ) throws(SocketIOError) -> OutboundPacket {
        packet.endArray()
        guard !packet.writer.hasForeignPlaceholders else {
            throw SocketIOError(
                .encodingFailed,
                "the arguments of \(name) hold both bytes and data that looks like bytes"
            )
        }
        return packet
    }

    private static func start(_ name: String, in namespace: Namespace) throws(SocketIOError) -> OutboundPacket {
        guard !ReservedEventName.contains(name) else {
            throw SocketIOError(.reservedEventName, "\"\(name)\" is a reserved event name")
        }
        return .event(name, namespace: namespace.name, parser: namespace.environment.configuration.parser)
    }
}

/// A socket, a namespace or a selection of sockets: what events are emitted to.
public protocol EventTarget: Sendable {
    /// The namespace in which events are sent.
    var emitNamespace: Namespace { get }

    /// Sends an event that is encoded already.
    ///
    /// - Parameter event: The event.
    func emit(encoded event: consuming EncodedEvent)
}

extension EventTarget {
    /// Emits an event.
    ///
    /// The event is encoded here and appended to each receiver's outbox; nothing waits. A receiver that has gone is no
    /// error.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - arguments: Its arguments.
    /// - Throws: ``SocketIOError`` with the code `encodingFailed` or `reservedEventName`.
    public func emit<each Argument>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) throws(SocketIOError) {
        self.emit(encoded: try EncodedEvent(event.name, in: self.emitNamespace, repeat each arguments))
    }

    /// Emits an event by name, with dynamic arguments.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - arguments: Its arguments.
    /// - Throws: ``SocketIOError`` with the code `reservedEventName`.
    public func emit(_ name: String, _ arguments: Value...) throws(SocketIOError) {
        self.emit(encoded: try EncodedEvent(name, in: self.emitNamespace, values: arguments))
    }

    /// Emits an event by name, with as many arguments as a sequence has elements.
    ///
    /// Given ``Arguments`` as they were received, it passes them on without decoding them.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - arguments: Its arguments.
    /// - Throws: ``SocketIOError`` with the code `encodingFailed` or `reservedEventName`.
    public func emit(_ name: String, arguments: some Sequence<some Encodable>) throws(SocketIOError) {
        self.emit(encoded: try EncodedEvent(name, in: self.emitNamespace, arguments: arguments))
    }
}
