/// Broadcasts that ask for acknowledgements.

extension BroadcastTarget {
    /// Emits an event to all of these sockets and lets their clients acknowledge it.
    ///
    /// The event is sent once for all, here and now; only the answers are waited for. Each receiver has as long as
    /// ``timeout(_:)`` says, by default ``SocketIOConfiguration/acknowledgementTimeout``. With ``volatile`` a receiver that
    /// is left out counts as one that does not answer in time.
    ///
    /// <!-- example: given chat, vote: AckEvent<Bool, String>, question: String -->
    /// ```swift
    /// let votes = try await chat.to("voters").emitWithAck(vote, question).collected()
    /// print(votes.replies, votes.failures.keys)
    /// ```
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - arguments: Its arguments.
    /// - Returns: The answers as they arrive: the first argument of each acknowledgement.
    /// - Throws: ``SocketIOError`` with the code `encodingFailed` or `reservedEventName`.
    public func emitWithAck<Reply, each Argument>(
        _ event: AckEvent<Reply, repeat each Argument>,
        _ arguments: repeat each Argument
    ) throws(SocketIOError) -> BroadcastAnswers<Reply> {
        let target = self.broadcastOperator
        let encoded = try EncodedEvent(event.name, in: target.namespace, repeat each arguments)
        let (pending, stream) = target.emit(collecting: encoded)
        return BroadcastAnswers(pending, stream) { answer in
            do throws(SocketIOError) {
                return .success(try event.decodeReply(answer))
            } catch {
                return .failure(error)
            }
        }
    }

    /// Emits an event by name to all of these sockets and lets their clients acknowledge it.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - arguments: Its arguments.
    /// - Returns: The answers as they arrive, with all arguments; with only the first from servers that pass on no more.
    /// - Throws: ``SocketIOError`` with the code `encodingFailed` or `reservedEventName`.
    public func emitWithAck(
        _ name: String,
        _ arguments: [Value] = []
    ) throws(SocketIOError) -> BroadcastAnswers<Arguments> {
        let target = self.broadcastOperator
        let encoded = try EncodedEvent(name, in: target.namespace, values: arguments)
        let (pending, stream) = target.emit(collecting: encoded)
        return BroadcastAnswers(pending, stream) { .success($0) }
    }
}

extension BroadcastOperator {
    /// Sends the event and collects what is answered.
    fileprivate func emit(
        collecting event: consuming EncodedEvent
    ) -> (PendingBroadcast, AsyncStream<PendingBroadcast.Answer>) {
        let environment = self.namespace.environment
        let (pending, stream) = PendingBroadcast.make(
            id: self.namespace.nextAckID(),
            timeout: self.flags.timeout ?? environment.configuration.acknowledgementTimeout,
            time: environment.time
        )
        let isObserved = self.namespace.handlers.observesOutgoing
        let observed = isObserved ? event.observed(wantsAcknowledgement: true) : nil
        let packet = BroadcastPacket(unit: event.packet.finished(type: .event, id: pending.id), observed: observed)
        self.namespace.adapter.broadcast(
            packet,
            to: self.selection,
            flags: self.flags,
            collecting: AckCollector(pending: pending)
        )
        // From now on it is over when all have answered: the adapter has said whom to wait for.
        pending.release()
        return (pending, stream)
    }
}
