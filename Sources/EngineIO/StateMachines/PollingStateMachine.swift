/// The requests a polling session holds: one GET and one POST at a time (Engine.IO v4, HTTP long-polling).

/// The two slots of a polling session.
///
/// A second request of the same kind is the peer's fault and ends the session. A request that is cancelled after it was
/// answered is a legal race and ignored.
struct PollingStateMachine<Poll, Post> {
    /// What to do with a GET or POST that arrived.
    enum Arrival {
        /// It waits, or is worked on.
        case accepted
        /// Another one is there already: answer the new one 400 and close the session.
        case overlap
    }

    /// The GET that waits for data.
    private(set) var poll: Poll?
    /// The POST whose body arrives or is being delivered.
    private(set) var isPosting = false
    /// The POST that was delivered and waits for its answer, because input is held back.
    private var heldPost: Post?

    /// A GET arrived.
    mutating func receivedPoll(_ poll: Poll) -> Arrival {
        guard self.poll == nil else { return .overlap }
        self.poll = poll
        return .accepted
    }

    /// The waiting GET is about to be answered.
    mutating func takePoll() -> Poll? {
        defer { self.poll = nil }
        return self.poll
    }

    /// The head of a POST arrived.
    mutating func beganPost() -> Arrival {
        guard !self.isPosting else { return .overlap }
        self.isPosting = true
        return .accepted
    }

    /// The POST's packets were delivered, but its answer waits.
    mutating func heldBack(_ post: Post) {
        self.heldPost = post
    }

    /// The POST is over: answered, or given up.
    mutating func endedPost() {
        self.isPosting = false
    }

    /// Takes the POST whose answer was held back; it is over then.
    mutating func takeHeldPost() -> Post? {
        guard let post = self.heldPost else { return nil }
        self.heldPost = nil
        self.isPosting = false
        return post
    }
}

extension PollingStateMachine: Sendable where Poll: Sendable, Post: Sendable {}
