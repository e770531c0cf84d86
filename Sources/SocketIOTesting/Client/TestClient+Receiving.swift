/// What a test client receives, and how it answers.
public import SocketIO

extension TestClient {
    /// Waits for the next event with a name, and decodes its arguments.
    ///
    /// Events with other names stay for later. An event that has arrived already is taken at once.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - patience: How long to wait; by default the harness's patience.
    /// - Returns: The arguments.
    /// - Throws: ``TestFailure`` when none comes; `SocketIOError` with the code `invalidArguments` when they do not fit.
    @discardableResult
    public func next<each Argument>(
        _ event: Event<repeat each Argument>,
        within patience: Duration? = nil
    ) async throws -> (repeat each Argument) {
        try await self.nextEvent(event.name, within: patience).decode(as: event)
    }

    /// Waits for the next event.
    ///
    /// - Parameters:
    ///   - name: Its name; `nil` for the next whatever its name.
    ///   - patience: How long to wait; by default the harness's patience.
    /// - Returns: The event.
    /// - Throws: ``TestFailure`` when none comes.
    @discardableResult
    public func nextEvent(_ name: String? = nil, within patience: Duration? = nil) async throws -> ReceivedEvent {
        let patience = patience ?? self.connection.patience
        let what = name.map { "no event \"\($0)\" came" } ?? "no event came"
        return try await self.member.state.wait(upTo: patience) { state in
            if let failure = state.answerFailure { throw failure }
            guard let position = state.events.firstIndex(where: { name == nil || $0.name == name }) else {
                guard state.isJoined else { throw self.failure(what, state) }
                return nil
            }
            return state.events.remove(at: position)
        } orSay: { state in
            self.failure("\(what) within \(patience)", state)
        }
    }

    /// The events that have arrived and that nobody has taken, in order.
    public var unreadEvents: [ReceivedEvent] { self.member.state.current.events }

    // MARK: Answering

    /// Answers an event of the server from now on, whenever it asks for an acknowledgement.
    ///
    /// Events that are answered so are not kept for ``nextEvent(_:within:)``. A new answer takes the place of the last.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - reply: Makes the acknowledgement of its arguments. Called on the client's event loop: it must not block.
    public func answer<Reply, each Argument>(
        _ event: AckEvent<Reply, repeat each Argument>,
        with reply: @escaping @Sendable (repeat each Argument) throws -> Reply
    ) {
        self.setAnswer(event.name) { arguments in
            let decoded = try arguments.decode(as: repeat (each Argument).self)
            return EncodedArguments(values: [try EncodedValue(try reply(repeat each decoded))])
        }
    }

    /// Answers an event of the server by name.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - reply: Makes the acknowledgement's arguments. Called on the client's event loop: it must not block.
    public func answer(_ name: String, with reply: @escaping @Sendable (Arguments) throws -> [Value]) {
        self.setAnswer(name) { arguments in
            EncodedArguments(values: try reply(arguments).map { try EncodedValue($0) })
        }
    }

    /// Answers an event no longer: from now on it is kept for the test.
    ///
    /// - Parameter name: The event's name.
    public func stopAnswering(_ name: String) {
        self.member.state.change { $0.answers[name] = nil }
    }

    private func setAnswer(_ name: String, _ answer: @escaping MemberState.Answer) {
        self.member.state.change { $0.answers[name] = answer }
    }
}
