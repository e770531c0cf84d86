/// What the receivers of a broadcast answer.

/// What became of one receiver of a broadcast that asks for acknowledgements.
public struct BroadcastAnswer<Reply: Sendable>: Sendable {
    /// The receiver; `nil` when it is connected to another server that does not tell.
    public let socket: SocketID?

    /// What its client has answered, or why there is no answer.
    ///
    /// The error's code is ``SocketIOError/Code/acknowledgementTimeout``, ``SocketIOError/Code/disconnected``,
    /// ``SocketIOError/Code/invalidAcknowledgement``, or ``SocketIOError/Code/limitReached`` for a receiver that leaves
    /// too much unanswered and was not sent the event.
    public let result: Result<Reply, SocketIOError>
}

/// The answers to a broadcast, as they arrive: one for each receiver.
///
/// <!-- example: given chat, ready: AckEvent<Bool> -->
/// ```swift
/// for await answer in try chat.to("players").timeout(.seconds(5)).emitWithAck(ready) {
///     if case .success(true) = answer.result { print(answer.socket?.rawValue ?? "?", "is ready") }
/// }
/// ```
/// It ends when every receiver has answered, has left or is out of time; sooner when the task that iterates is cancelled.
/// Whoever gives it away without waiting gives up the answers. It can be iterated once, by one task.
public struct BroadcastAnswers<Reply: Sendable>: AsyncSequence, Sendable {
    /// What became of one receiver.
    public typealias Element = BroadcastAnswer<Reply>

    /// Nothing is thrown: what goes wrong with a receiver is its answer.
    public typealias Failure = Never

    typealias Decode = @Sendable (Arguments) -> Result<Reply, SocketIOError>

    private let pending: PendingBroadcast
    private let stream: AsyncStream<PendingBroadcast.Answer>
    private let decode: Decode

    init(_ pending: PendingBroadcast, _ stream: AsyncStream<PendingBroadcast.Answer>, decode: @escaping Decode) {
        self.pending = pending
        self.stream = stream
        self.decode = decode
    }

    /// Waits for the answers, one after the other.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate var base: AsyncStream<PendingBroadcast.Answer>.Iterator
        fileprivate let decode: Decode

        /// Waits for the next answer.
        ///
        /// - Parameter actor: Where the caller runs.
        /// - Returns: The answer; `nil` when there will be no more.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> BroadcastAnswer<Reply>? {
            guard let answer = await self.base.next(isolation: actor) else { return nil }
            return BroadcastAnswer(socket: answer.socket, result: answer.outcome.flatMap(self.decode))
        }
    }

    /// Begins to wait.
    ///
    /// - Returns: An iterator over the answers.
    public func makeAsyncIterator() -> Iterator {
        Iterator(base: self.stream.makeAsyncIterator(), decode: self.decode)
    }

    /// Waits for all answers.
    ///
    /// A receiver that fails to answer is no error but named in what is returned.
    ///
    /// - Returns: What was answered, and by whom it was not.
    /// - Throws: ``SocketIOError`` with the code `cancelled` when the task is cancelled.
    public func collected() async throws(SocketIOError) -> BroadcastReplies<Reply> {
        var replies = BroadcastReplies<Reply>()
        for await answer in self { replies.add(answer) }
        guard self.pending.end != .cancelled else {
            throw SocketIOError(.cancelled, "the wait for acknowledgements was cancelled")
        }
        replies.missingElsewhere += self.pending.missingElsewhere
        replies.silentServers = self.pending.silentServers
        return replies
    }
}

/// All that was answered to a broadcast.
public struct BroadcastReplies<Reply: Sendable>: Sendable {
    /// The replies in the order of their arrival.
    public private(set) var replies: [Reply] = []

    /// The replies by their sockets, as far as these are known.
    public private(set) var bySocket: [SocketID: Reply] = [:]

    /// The receivers that have not answered: out of time, gone, or with an answer that does not fit.
    public private(set) var failures: [SocketID: SocketIOError] = [:]

    /// The number of receivers of other servers that have not answered and whose sockets are not known.
    public internal(set) var missingElsewhere = 0

    /// The number of other servers that have not said whether they have receivers.
    public internal(set) var silentServers = 0

    /// Whether every receiver has answered.
    public var isComplete: Bool { self.failures.isEmpty && self.missingElsewhere == 0 && self.silentServers == 0 }

    mutating func add(_ answer: BroadcastAnswer<Reply>) {
        switch answer.result {
        case .success(let reply):
            self.replies.append(reply)
            if let socket = answer.socket { self.bySocket[socket] = reply }
        case .failure(let error):
            if let socket = answer.socket { self.failures[socket] = error } else { self.missingElsewhere += 1 }
        }
    }
}
