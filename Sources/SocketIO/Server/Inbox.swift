/// The events of one socket that wait for its handlers.
internal import DequeModule

/// Delivers one thing after the other: pure bookkeeping, behind the socket's lock.
struct Inbox: Sendable {
    enum Item: Sendable {
        case connected
        case event(EventHandler, IncomingEvent)
        case disconnected(DisconnectReason)
    }

    /// What waits, with the bytes that were counted for it.
    private var items: Deque<(item: Item, byteCount: Int)> = []
    /// Whether something is being delivered: inline, or by a task.
    private(set) var isBusy = false
    /// The task that delivers, or before that runs the middlewares, to be cancelled when the socket leaves.
    private var task: Task<Void, Never>?
    /// Whether the connect handlers have not returned yet.
    private(set) var isConnecting = true
    /// Handlers that run beside the others.
    private var concurrentTasks: [UInt64: (task: Task<Void, Never>?, byteCount: Int)] = [:]
    private var nextConcurrentID: UInt64 = 0
    /// Whether the connection is not read, because too much waits here.
    private(set) var isHolding = false
    /// The bytes of the event that has been taken last, until the next is.
    private var bytesAtWork = 0
    /// How many bytes more, or fewer, are held than ``takeByteChange()`` has told.
    private var byteChange = 0

    /// Takes the turn when nothing is being delivered.
    ///
    /// - Returns: Whether the caller has to deliver now.
    mutating func begin() -> Bool {
        guard !self.isBusy else { return false }
        self.isBusy = true
        return true
    }

    mutating func append(_ item: Item) {
        let item = item.compact()
        let byteCount = item.byteCount
        self.byteChange += byteCount
        self.items.append((item, byteCount))
    }

    /// Puts something before all that waits: what has just been taken, or nothing has been delivered before.
    mutating func prepend(_ item: Item) {
        self.finishedWork()
        let item = item.compact()
        let byteCount = item.byteCount
        self.byteChange += byteCount
        self.items.prepend((item, byteCount))
    }

    /// What was taken last is not at work any more.
    private mutating func finishedWork() {
        self.byteChange -= self.bytesAtWork
        self.bytesAtWork = 0
    }

    /// Takes the next item; when there is none the turn is over.
    mutating func next() -> Item? {
        let next = self.items.popFirst()
        let item = next?.item
        self.finishedWork()
        self.bytesAtWork = next?.byteCount ?? 0
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

    /// How many bytes more, or fewer, are held than the last call has told: what waits, and what is at work.
    mutating func takeByteChange() -> Int {
        defer { self.byteChange = 0 }
        return self.byteChange
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

    mutating func started(_ task: Task<Void, Never>, concurrent id: UInt64, byteCount: Int) {
        self.byteChange += byteCount
        self.concurrentTasks[id] = (task, byteCount)
    }

    mutating func finished(concurrent id: UInt64) {
        self.byteChange -= self.concurrentTasks.removeValue(forKey: id)?.byteCount ?? 0
    }

    // MARK: The end

    /// Drops the events that wait, and takes the tasks to cancel.
    mutating func close() -> [Task<Void, Never>] {
        self.byteChange -= self.items.reduce(0) { $0 + $1.byteCount }
        self.items.removeAll { $0.item.isEvent }
        let tasks = self.concurrentTasks.values.compactMap(\.task) + [self.task].compactMap(\.self)
        self.task = nil
        // Their bytes count until they have ended.
        self.concurrentTasks = self.concurrentTasks.mapValues { (nil, $0.byteCount) }
        return tasks
    }
}

extension Inbox.Item {
    /// The same, holding no more memory than it needs.
    func compact() -> Self {
        guard case .event(let handler, var event) = self else { return self }
        event.arguments = event.arguments.compact()
        return .event(handler, event)
    }

    /// The memory that an event holds.
    var byteCount: Int {
        if case .event(_, let event) = self { event.arguments.byteCount } else { 0 }
    }

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
