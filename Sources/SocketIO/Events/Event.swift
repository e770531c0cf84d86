/// The typed names of events: the wire contract of an application, in one place.

/// An event with arguments of known types, none to many.
///
/// ```swift
/// struct ChatMessage: Codable { var text: String }
/// let message = Event<ChatMessage>("message")
/// let typing = Event<String, Bool>("typing")
/// ```
/// Arguments are positional on the wire. `Data` and `ByteBuffer` anywhere inside travel as binary attachments.
public struct Event<each Argument: Codable & Sendable>: Sendable {
    /// The event's name on the wire.
    public let name: String

    let defaults: ArgumentDefaults<repeat each Argument>?

    /// Creates an event.
    ///
    /// - Parameter name: The event's name on the wire.
    public init(_ name: String) {
        self.init(name, defaults: nil)
    }

    init(_ name: String, defaults: ArgumentDefaults<repeat each Argument>?) {
        self.name = name
        self.defaults = defaults
    }

    /// The same event, acknowledged with a value.
    ///
    /// - Parameter type: The type of the acknowledgement's one argument.
    /// - Returns: The event with its reply.
    public func replying<Reply: Codable & Sendable>(with type: Reply.Type) -> AckEvent<Reply, repeat each Argument> {
        AckEvent(self.name, defaults: self.defaults)
    }
}

/// An event without arguments.
///
/// ```swift
/// let ready = Signal("ready")
/// ```
public typealias Signal = Event<>

/// An event that its receiver acknowledges with a value.
public struct AckEvent<Reply: Codable & Sendable, each Argument: Codable & Sendable>: Sendable {
    /// The event's name on the wire.
    public let name: String

    let defaults: ArgumentDefaults<repeat each Argument>?

    /// Creates an event.
    ///
    /// - Parameter name: The event's name on the wire.
    public init(_ name: String) {
        self.init(name, defaults: nil)
    }

    init(_ name: String, defaults: ArgumentDefaults<repeat each Argument>?) {
        self.name = name
        self.defaults = defaults
    }
}

/// Decodes the arguments of a received event, one after the other.
struct ArgumentReader {
    private let arguments: Arguments
    private var position = 0

    init(_ arguments: Arguments) {
        self.arguments = arguments
    }

    /// Decodes the next argument.
    ///
    /// Behind the last one, optional types are `nil`.
    mutating func next<T: Decodable>(_ type: T.Type) throws -> T {
        defer { self.position += 1 }
        if self.position < self.arguments.count { return try self.arguments[self.position].decode(as: type) }
        if let type = type as? any ExpressibleByNilLiteral.Type, let missing = type.init(nilLiteral: ()) as? T {
            return missing
        }
        throw SocketIOError(
            .invalidArguments,
            "expected argument \(self.position + 1) of type \(type), found \(Self.text(self.arguments.count))"
        )
    }

    /// Whether the next argument is missing, or `null` where the type has none.
    func isLeftOut(_ type: Any.Type) -> Bool {
        guard self.position < self.arguments.count else { return true }
        return self.arguments[self.position].kind == .null && !(type is any ExpressibleByNilLiteral.Type)
    }

    /// Goes on without looking at the next argument.
    mutating func skip() {
        self.position += 1
    }

    private static func text(_ count: Int) -> String { count == 1 ? "1 argument" : "\(count) arguments" }

    /// Checks that nothing was left over.
    func finish() throws {
        guard self.position >= self.arguments.count else {
            throw SocketIOError(
                .invalidArguments,
                "expected \(Self.text(self.position)), found \(self.arguments.count)"
            )
        }
    }
}

extension Arguments {
    /// Decodes all arguments.
    ///
    /// Behind the last one, optional types are `nil`.
    package func decode<each Argument: Decodable>(
        as types: repeat (each Argument).Type
    ) throws(SocketIOError) -> (repeat each Argument) {
        var reader = ArgumentReader(self)
        do {
            let values = (repeat try reader.next(each types))
            try reader.finish()
            return values
        } catch let error as SocketIOError {
            throw error
        } catch {
            throw SocketIOError(.invalidArguments, "the arguments cannot be decoded", cause: error)
        }
    }
}
