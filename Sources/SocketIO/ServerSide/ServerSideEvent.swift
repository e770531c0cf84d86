/// Events between the servers of a cluster, which no client sees.

/// An event that one server sends to the others.
public struct ServerSideEvent: Sendable {
    /// The event's name.
    public let name: String

    /// Its arguments.
    public let arguments: [EncodedValue]

    /// Creates an event, as an adapter does with what it has received.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - arguments: Its arguments.
    public init(name: String, arguments: [EncodedValue]) {
        self.name = name
        self.arguments = arguments
    }

    /// Encodes an event with typed arguments.
    init<each Argument: Encodable>(
        encoding name: String,
        _ arguments: repeat each Argument
    ) throws(SocketIOError) {
        var values: [EncodedValue] = []
        try Self.check(name)
        do {
            repeat values.append(try EncodedValue(each arguments))
        } catch {
            throw SocketIOError(.encodingFailed, "the arguments of \(name) cannot be encoded", cause: error)
        }
        self.init(name: name, arguments: values)
    }

    /// Encodes an event with dynamic arguments.
    init(encoding name: String, values: [Value]) throws(SocketIOError) {
        try Self.check(name)
        do {
            self.init(name: name, arguments: try values.map { try EncodedValue($0) })
        } catch {
            throw SocketIOError(.encodingFailed, "the arguments of \(name) cannot be encoded", cause: error)
        }
    }

    /// Refuses the names of what a server tells its own application, as Node does.
    private static func check(_ name: String) throws(SocketIOError) {
        guard !["connect", "connection", "new_namespace"].contains(name) else {
            throw SocketIOError(.reservedEventName, "\"\(name)\" is a reserved event name")
        }
    }

    /// Decodes all arguments.
    func decode<each Argument: Decodable>(
        as types: repeat (each Argument).Type
    ) throws -> (repeat each Argument) {
        var reader = ServerSideReader(values: self.arguments)
        let values = (repeat try reader.next(each types))
        guard reader.position >= self.arguments.count else { throw reader.countMismatch() }
        return values
    }
}

/// Takes one argument after the other; behind the last one, optional types are `nil`.
private struct ServerSideReader {
    let values: [EncodedValue]
    private(set) var position = 0

    init(values: [EncodedValue]) {
        self.values = values
    }

    mutating func next<T: Decodable>(_ type: T.Type) throws -> T {
        defer { self.position += 1 }
        if self.position < self.values.count { return try self.values[self.position].decode(as: type) }
        if let type = type as? any ExpressibleByNilLiteral.Type, let missing = type.init(nilLiteral: ()) as? T {
            return missing
        }
        throw SocketIOError(
            .invalidArguments,
            "expected argument \(self.position + 1) of type \(type), found \(self.values.count) in all"
        )
    }

    func countMismatch() -> SocketIOError {
        SocketIOError(.invalidArguments, "expected \(self.position) arguments, found \(self.values.count)")
    }
}

/// What other servers have answered to an event.
public struct ServerSideAnswers: Sendable {
    /// The first argument of each acknowledgement, in the order of arrival.
    public var answers: [EncodedValue]

    /// The number of servers that have not answered in time.
    public var missingServers: Int

    /// Creates a list of answers.
    ///
    /// - Parameters:
    ///   - answers: The answers.
    ///   - missingServers: The number of servers that have not answered in time.
    public init(answers: [EncodedValue] = [], missingServers: Int = 0) {
        self.answers = answers
        self.missingServers = missingServers
    }
}

/// What other servers have replied to a typed event.
public struct ServerSideReplies<Reply: Sendable>: Sendable {
    /// The replies in the order of arrival.
    public let replies: [Reply]

    /// The number of servers that have not answered in time.
    public let missingServers: Int
}
