/// How events reach handlers: one after the other for each socket, inline when possible.
internal import EngineIO
internal import NIOCore
internal import Synchronization

extension Socket {
    /// An event arrived.
    ///
    /// A synchronous handler runs right here, on the event loop, unless something else is being delivered to this
    /// socket. An asynchronous one runs on the default pool. Either way the next event of this socket waits for it.
    func receive(_ event: IncomingEvent) {
        guard let handler = self.handlers.events.handler(for: event.name) ?? self.handlers.fallback else {
            self.namespace.logUnknown(event: event.name, of: self)
            return
        }
        // The hot path by itself: it copies nothing.
        if case .synchronous(let body) = handler.body, self.beginTurn() {
            self.runInline(event, body)
            if !self.endTurn() { self.deliverWaiting() }
        } else {
            self.deliver(event, to: handler)
        }
    }

    /// Takes the turn when nothing is being delivered.
    private func beginTurn() -> Bool {
        self.state.withLock { $0.phase == .connected && $0.inbox.begin() }
    }

    /// Gives the turn back.
    ///
    /// - Returns: Whether that was all; otherwise something waits.
    private func endTurn() -> Bool {
        self.state.withLock { $0.inbox.endTurn() }
    }

    /// How an event is delivered that cannot be at once.
    private enum Delivery {
        /// Later, or not at all.
        case none
        /// Later, and the connection must be held back.
        case hold
        /// Now, by the caller.
        case inline
        /// In a task of its own, beside others.
        case concurrent
        /// By a task that drains the inbox.
        case drain
    }

    private func deliver(_ event: IncomingEvent, to handler: EventHandler) {
        switch self.delivery(of: event, to: handler) {
        case .none: break
        case .hold: self.holdInput()
        case .inline:
            self.runSynchronously(.event(handler, event))
            self.deliverWaiting()
        case .concurrent: if self.runConcurrently(event, handler) { self.holdInput() }
        case .drain: self.startDraining(with: .event(handler, event))
        }
    }

    private func delivery(of event: IncomingEvent, to handler: EventHandler) -> Delivery {
        let limit = self.namespace.environment.configuration.limits.eventsPerInbox
        let (delivery, byteChange) = self.state.withLock { state -> (Delivery, Int) in
            if state.phase == .disconnected { return (.none, 0) }
            if state.phase == .connected {
                if handler.isConcurrent, !state.inbox.isConnecting { return (.concurrent, 0) }
                if state.inbox.begin() {
                    if case .synchronous = handler.body { return (.inline, 0) }
                    return (.drain, 0)
                }
            }
            state.inbox.append(.event(handler, event))
            return (state.inbox.mustHold(limit: limit) ? .hold : .none, state.inbox.takeByteChange())
        }
        self.meter(byteChange)
        return delivery
    }

    /// So much waits for the handlers that no more is read.
    private func holdInput() {
        self.session.holdInput()
        self.connection.report(.eventsPerInbox, on: self.session)
    }

    private func runInline(_ event: IncomingEvent, _ body: (Socket, IncomingEvent) throws -> Void) {
        do {
            try body(self, event)
        } catch {
            self.report(error, in: .event(event.name))
        }
    }

    /// Delivers what waits, as long as it can be done inline; hands the turn to a task otherwise.
    func deliverWaiting() {
        while let item = self.nextItem() {
            guard self.isSynchronous(item) else {
                self.startDraining(with: item)
                return
            }
            self.runSynchronously(item)
        }
    }

    private func nextItem() -> Inbox.Item? {
        let limit = self.namespace.environment.configuration.limits.eventsPerInbox
        let (item, mustRelease, byteChange) = self.state.withLock { state -> (Inbox.Item?, Bool, Int) in
            let item = state.inbox.next()
            return (item, state.inbox.mustRelease(limit: limit), state.inbox.takeByteChange())
        }
        if mustRelease { self.session.releaseInput() }
        self.meter(byteChange)
        return item
    }

    // MARK: On the default pool

    /// Starts a task that has the turn, with an item in front of those that wait.
    private func startDraining(with item: Inbox.Item) {
        let tasks = self.namespace.environment.tasks
        let byteChange = self.state.withLock { state in
            let hasLeft = state.phase == .disconnected
            // An event whose socket has left since it was taken is dropped like those that waited.
            if !(hasLeft && item.isEvent) { state.inbox.prepend(item) }
            // Made inside the lock, so that a disconnect cannot miss it. It cannot take an item before the lock is
            // released, hence cancelling it here runs no code of a handler.
            let task = hasLeft ? tasks.run { await self.drain() } : self.drainingTask(tasks)
            state.inbox.started(task)
            if hasLeft, !item.isDisconnected { task.cancel() }
            return state.inbox.takeByteChange()
        }
        self.meter(byteChange)
    }

    /// A task that a disconnect cancels, and hence needs nobody else to.
    private func drainingTask(_ tasks: ApplicationTasks) -> Task<Void, Never> {
        tasks.started()
        return Task {
            await self.drain()
            tasks.finished()
        }
    }

    private func drain() async {
        while let item = self.nextItem() {
            // The task was cancelled before the disconnect was put into the inbox. Its handlers get a fresh one, unless
            // a shutdown has run out of time and would cancel that as well.
            if item.isDisconnected, Task.isCancelled, !self.namespace.environment.tasks.areCancelled {
                return self.startDraining(with: item)
            }
            // It had to wait for the connect handlers, and for nothing else.
            if case .event(let handler, let event) = item, handler.isConcurrent {
                if self.runConcurrently(event, handler) { self.holdInput() }
            } else {
                await self.run(item)
            }
        }
    }

    /// Starts a handler beside the others.
    ///
    /// - Returns: Whether the connection must be held back, because too many run already.
    private func runConcurrently(_ event: IncomingEvent, _ handler: EventHandler) -> Bool {
        let item = Inbox.Item.event(handler, event).compact()
        let tasks = self.namespace.environment.tasks
        let limit = self.namespace.environment.configuration.limits.eventsPerInbox
        let (mustHold, byteChange) = self.state.withLock { state -> (Bool, Int) in
            guard state.phase == .connected else { return (false, 0) }
            let id = state.inbox.nextConcurrent()
            tasks.started()
            let task = Task {
                await self.run(item)
                let (mustRelease, byteChange) = self.state.withLock { state in
                    state.inbox.finished(concurrent: id)
                    return (state.inbox.mustRelease(limit: limit), state.inbox.takeByteChange())
                }
                if mustRelease { self.session.releaseInput() }
                self.meter(byteChange)
                tasks.finished()
            }
            state.inbox.started(task, concurrent: id, byteCount: item.byteCount)
            return (state.inbox.mustHold(limit: limit), state.inbox.takeByteChange())
        }
        self.meter(byteChange)
        return mustHold
    }

    // MARK: Running handlers

    private func isSynchronous(_ item: Inbox.Item) -> Bool {
        switch item {
        case .event(let handler, _):
            if case .synchronous = handler.body { true } else { false }
        case .connected: self.handlers.connect.allSatisfy(\.isSynchronous)
        case .disconnected: self.handlers.disconnect.allSatisfy(\.isSynchronous)
        }
    }

    private func runSynchronously(_ item: Inbox.Item) {
        switch item {
        case .event(let handler, let event):
            if case .synchronous(let body) = handler.body { self.runInline(event, body) }
        case .connected:
            self.attempt(self.handlers.connect, in: .connect) {
                if case .synchronous(let body) = $0 { try body(self) }
            }
        case .disconnected(let reason):
            self.attempt(self.handlers.disconnect, in: .disconnect) {
                if case .synchronous(let body) = $0 { try body(self, reason) }
            }
        }
    }

    func attempt<Handler>(_ handlers: [Handler], in context: ErrorContext, _ run: (Handler) throws -> Void) {
        for handler in handlers {
            do {
                try run(handler)
            } catch {
                self.report(error, in: context)
            }
        }
    }

    private func run(_ item: Inbox.Item) async {
        switch item {
        case .event(let handler, let event):
            await self.attempt(in: .event(event.name)) {
                switch handler.body {
                case .synchronous(let body): try body(self, event)
                case .asynchronous(let body): try await body(self, event)
                }
            }
        case .connected:
            for handler in self.handlers.connect {
                await self.attempt(in: .connect) { try await handler.run(self) }
            }
        case .disconnected(let reason):
            for handler in self.handlers.disconnect {
                await self.attempt(in: .disconnect) { try await handler.run(self, reason) }
            }
        }
    }

    private func attempt(in context: ErrorContext, _ run: () async throws -> Void) async {
        do {
            try await run()
        } catch {
            self.report(error, in: context)
        }
    }

    /// Tells the application of an error.
    ///
    /// A handler that ends because it was cancelled when its socket left has done nothing wrong.
    func report(_ error: any Error, in context: ErrorContext) {
        if self.hasLeft, error.isCancellation { return }
        let environment = self.namespace.environment
        environment.metrics.failed(in: context)
        if let observer = environment.errorObserver.withLock({ $0 }) {
            observer(ReportedError(error: error, context: context, socket: self))
        }
        if let hook = self.handlers.error {
            hook(self, error, context)
        } else {
            self.namespace.log(error, of: self, in: context)
        }
    }
}

extension Error {
    /// Whether a task's cancellation is all that went wrong, also while it waited for an acknowledgement.
    fileprivate var isCancellation: Bool {
        self is CancellationError || (self as? SocketIOError)?.code == .cancelled
    }
}

extension ConnectHandler {
    func run(_ socket: Socket) async throws {
        switch self {
        case .synchronous(let body): try body(socket)
        case .asynchronous(let body): try await body(socket)
        }
    }
}

extension DisconnectHandler {
    func run(_ socket: Socket, _ reason: DisconnectReason) async throws {
        switch self {
        case .synchronous(let body): try body(socket, reason)
        case .asynchronous(let body): try await body(socket, reason)
        }
    }
}
