/// The events of one socket that wait for its handlers.
internal import DequeModule

/// Delivers one thing after the other: pure bookkeeping, behind the socket's lock.
struct Inbox: Sendable {
    enum Item: Sendable {
        case connected
        case event(EventHandler, IncomingEvent)
        case disconnected(DisconnectReason)
    }

    private var items: Deque<Item> = []
    /// Whether something is being delivered: inline, or by a task.
    private(set) var isBusy = false
    /// The task that delivers, or before that runs the middlewares, to be cancelled when the socket leaves.
    private var task: Task<Void, Never>?
    /// Whether the connect handlers have not returned yet.
    private(set) var isConnecting = true
    /// Handlers that run beside the others.
    private var concurrentTasks: [UInt64: Task<Void, Never>] = [:]
    private var nextConcurrentID: UInt64 = 0
    /// Whether the connection is not read, because too much waits here.
    private(set) var isHolding = false

    /// Takes the turn when nothing is being delivered.
    ///
    /// - Returns: Whether the caller has to deliver now.
    mutating func begin() -> Bool {
        guard !self.isBusy else { return false }
        self.isBusy = true
        return true
    }

    mutating func append(_ item: Item) {
        self.items.append(item)
    }

    mutating func prepend(_ item: Item) {
        self.items.prepend(item)
    }

    /// Takes the next item; when there is none the turn is over.
    mutating func next() -> Item? {
        let item = self.items.popFirst()
        // Most sockets never have anything wait again: the memory goes.
        if self.isConnecting, self.items.isEmpty { self.items = [] }
        // Connecting comes first of all; whoever asks for more is done with it.
        self.isConnecting = item?.isConnected ?? false
        if item == nil { _ = self.endTurn() }
        return item
    }

    /// Gives the turn back, unless something waits.
    ///
    /// - Returns: Whether the turn is over.
    mutating func endTurn() -> Bool {
        guard self.items.isEmpty else { return false }
        self.isBusy = false
        self.task = nil
        return true
    }

    /// The events that wait, and those whose handlers run beside the others.
    private var load: Int { self.items.count + self.concurrentTasks.count }

    /// Whether the connection must be held back now, which it was not before.
    mutating func mustHold(limit: Int) -> Bool {
        guard !self.isHolding, self.load >= limit else { return false }
        self.isHolding = true
        return true
    }

    /// Whether a connection held back can be read again.
    mutating func mustRelease(limit: Int) -> Bool {
        guard self.isHolding, self.load <= limit / 2 else { return false }
        self.isHolding = false
        return true
    }

    /// Notes the task that has the turn now.
    mutating func started(_ task: Task<Void, Never>) {
        self.task = task
    }

    // MARK: Concurrent handlers

    mutating func nextConcurrent() -> UInt64 {
        defer { self.nextConcurrentID += 1 }
        return self.nextConcurrentID
    }

    mutating func started(_ task: Task<Void, Never>, concurrent id: UInt64) {
        self.concurrentTasks[id] = task
    }

    mutating func finished(concurrent id: UInt64) {
        self.concurrentTasks[id] = nil
    }

    // MARK: The end

    /// Drops the events that wait, and takes the tasks to cancel.
    mutating func close() -> [Task<Void, Never>] {
        self.items.removeAll(where: \.isEvent)
        defer {
            self.task = nil
            self.concurrentTasks = [:]
        }
        return Array(self.concurrentTasks.values) + [self.task].compactMap(\.self)
    }
}

extension Inbox.Item {
    var isEvent: Bool {
        if case .event = self { true } else { false }
    }

    var isConnected: Bool {
        if case .connected = self { true } else { false }
    }

    var isDisconnected: Bool {
        if case .disconnected = self { true } else { false }
    }
}
