/// Arguments that clients may leave out.

/// What takes the place of arguments that are left out, one for each argument of an event; `nil` for none.
struct ArgumentDefaults<each Argument: Codable & Sendable>: Sendable {
    let values: (repeat (each Argument)?)

    init(_ values: repeat (each Argument)?) {
        self.values = (repeat each values)
    }
}

extension Event {
    /// The same event with values for arguments that clients leave out.
    ///
    /// <!-- example: given chat -->
    /// ```swift
    /// let history = Event<String, Int>("history").defaulting(to: nil, 50)
    /// chat.on(history) { socket, room, count in print(count) }   // ["history","lobby"]: 50
    /// ```
    /// A value stands for an argument that is missing behind the last one, and for `null` where the type has no `null`
    /// of its own: JavaScript's clients send that for `undefined`. Other arguments that do not fit are errors as ever.
    /// Without a default an argument of optional type may be left out too, and is `nil`.
    ///
    /// It changes nothing for who emits the event.
    ///
    /// - Parameter values: The values, one for each argument; `nil` for arguments that must be there.
    /// - Returns: The event with its defaults.
    public func defaulting(to values: repeat (each Argument)?) -> Self {
        Self(self.name, defaults: ArgumentDefaults(repeat each values))
    }
}

extension AckEvent {
    /// The same event with values for arguments that clients leave out; see ``Event/defaulting(to:)``.
    ///
    /// - Parameter values: The values, one for each argument; `nil` for arguments that must be there.
    /// - Returns: The event with its defaults.
    public func defaulting(to values: repeat (each Argument)?) -> Self {
        Self(self.name, defaults: ArgumentDefaults(repeat each values))
    }
}

extension Arguments {
    /// Decodes all arguments, or takes what stands for those that are left out.
    func decode<each Argument: Codable & Sendable>(
        defaults: ArgumentDefaults<repeat each Argument>?
    ) throws(SocketIOError) -> (repeat each Argument) {
        guard let defaults else { return try self.decode(as: repeat (each Argument).self) }
        var reader = ArgumentReader(self)
        do {
            let values = (repeat try reader.next((each Argument).self, or: each defaults.values))
            try reader.finish()
            return values
        } catch let error as SocketIOError {
            throw error
        } catch {
            throw SocketIOError(.invalidArguments, "the arguments cannot be decoded", cause: error)
        }
    }
}

extension ArgumentReader {
    /// Decodes the next argument, unless it is left out and something stands for it.
    fileprivate mutating func next<T: Decodable>(_ type: T.Type, or value: T?) throws -> T {
        guard let value, self.isLeftOut(type) else { return try self.next(type) }
        self.skip()
        return value
    }
}
