/// What a test client sends, and the acknowledgements it gets.
import EngineIO
public import SocketIO

extension TestClient {
    /// Emits an event.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - arguments: Its arguments.
    /// - Throws: ``TestFailure`` when the client is not connected, or what an argument's `encode(to:)` throws.
    public func emit<each Argument>(_ event: Event<repeat each Argument>, _ arguments: repeat each Argument) throws {
        try self.send(self.connection.packets.event(event.name, in: self.namespace, repeat each arguments))
    }

    /// Emits an event by name, with dynamic arguments.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - arguments: Its arguments.
    /// - Throws: ``TestFailure`` when the client is not connected.
    public func emit(_ name: String, _ arguments: Value...) throws {
        try self.send(self.connection.packets.event(name, in: self.namespace, arguments: arguments))
    }

    /// Emits an event by name, with as many arguments as a sequence has elements.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - arguments: Its arguments.
    /// - Throws: ``TestFailure`` when the client is not connected, or what an argument's `encode(to:)` throws.
    public func emit(_ name: String, arguments: some Sequence<some Encodable>) throws {
        try self.send(self.connection.packets.event(name, in: self.namespace, arguments: arguments))
    }

    /// Emits an event and waits for the server's acknowledgement.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - arguments: Its arguments.
    ///   - patience: How long to wait; by default the harness's patience.
    /// - Returns: The first argument of the acknowledgement.
    /// - Throws: ``TestFailure`` when none comes or the client is not connected; `SocketIOError` with the code
    ///   `invalidAcknowledgement` when it does not fit.
    public func emitWithAck<Reply, each Argument>(
        _ event: AckEvent<Reply, repeat each Argument>,
        _ arguments: repeat each Argument,
        within patience: Duration? = nil
    ) async throws -> Reply {
        let id = self.nextID()
        try self.send(self.connection.packets.event(event.name, in: self.namespace, id: id, repeat each arguments))
        return try event.decodeReply(try await self.acknowledgement(id, of: event.name, within: patience))
    }

    /// Emits an event by name and waits for the server's acknowledgement.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - arguments: Its arguments.
    ///   - patience: How long to wait; by default the harness's patience.
    /// - Returns: The arguments of the acknowledgement.
    /// - Throws: ``TestFailure`` when none comes or the client is not connected.
    public func emitWithAck(
        _ name: String,
        _ arguments: Value...,
        within patience: Duration? = nil
    ) async throws -> Arguments {
        let id = self.nextID()
        try self.send(self.connection.packets.event(name, in: self.namespace, id: id, arguments: arguments))
        return try await self.acknowledgement(id, of: name, within: patience)
    }

    private func send(_ unit: MessageUnit) throws {
        let state = self.member.state.current
        guard state.isJoined else { throw self.failure("nothing can be emitted", state) }
        self.connection.send(unit)
    }

    private func nextID() -> UInt64 {
        self.member.state.change { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
    }

    private func acknowledgement(
        _ id: UInt64,
        of name: String,
        within patience: Duration?
    ) async throws -> Arguments {
        let patience = patience ?? self.connection.patience
        return try await self.member.state.wait(upTo: patience) { state in
            if let arguments = state.acknowledgements.removeValue(forKey: id) { return arguments }
            guard state.isJoined else { throw self.failure("no acknowledgement of \"\(name)\" came", state) }
            return nil
        } orSay: { state in
            self.failure("no acknowledgement of \"\(name)\" came within \(patience)", state)
        }
    }
}
