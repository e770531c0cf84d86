/// What every received event passes before its handler: listeners, then interceptors.
internal import Synchronization

/// Looks at an event and may drop it by throwing.
enum Interceptor: Sendable {
    case synchronous(@Sendable (Socket, AnyEvent) throws -> Void)
    case asynchronous(@Sendable (Socket, AnyEvent) async throws -> Void)

    var isSynchronous: Bool {
        if case .synchronous = self { true } else { false }
    }
}

/// The catch-all listeners and interceptors of a namespace.
///
/// They are put in front of each handler when the table of handlers is made: without them a handler is what it was.
struct InboundChain: Sendable {
    var listeners: [@Sendable (Socket, AnyEvent) throws -> Void] = []
    var interceptors: [Interceptor] = []

    var isEmpty: Bool { self.listeners.isEmpty && self.interceptors.isEmpty }

    /// A handler that runs the chain, then the given handler.
    ///
    /// It runs inline only when nothing in it has to be awaited.
    func leading(to handler: EventHandler) -> EventHandler {
        guard !self.isEmpty else { return handler }
        if case .synchronous(let body) = handler.body, self.interceptors.allSatisfy(\.isSynchronous) {
            return EventHandler(
                body: .synchronous { socket, event in
                    if self.admits(event, to: socket) { try body(socket, event) }
                },
                order: handler.order
            )
        }
        return EventHandler(
            body: .asynchronous { socket, event in
                guard await self.admits(event, to: socket) else { return }
                switch handler.body {
                case .synchronous(let body): try body(socket, event)
                case .asynchronous(let body): try await body(socket, event)
                }
            },
            order: handler.order
        )
    }

    private func admits(_ event: IncomingEvent, to socket: Socket) -> Bool {
        let seen = AnyEvent(event)
        self.tell(seen, of: socket)
        do {
            for case .synchronous(let interceptor) in self.interceptors { try interceptor(socket, seen) }
            return true
        } catch {
            socket.drop(event, error)
            return false
        }
    }

    private func admits(_ event: IncomingEvent, to socket: Socket) async -> Bool {
        let seen = AnyEvent(event)
        self.tell(seen, of: socket)
        do {
            for interceptor in self.interceptors {
                switch interceptor {
                case .synchronous(let body): try body(socket, seen)
                case .asynchronous(let body): try await body(socket, seen)
                }
            }
            return true
        } catch {
            socket.drop(event, error)
            return false
        }
    }

    private func tell(_ event: AnyEvent, of socket: Socket) {
        for listener in self.listeners {
            do {
                try listener(socket, event)
            } catch {
                socket.report(error, in: .event(event.name))
            }
        }
    }
}

extension Socket {
    /// An interceptor has dropped an event.
    fileprivate func drop(_ event: IncomingEvent, _ error: any Error) {
        self.report(error, in: .interceptor(event.name))
        guard let reply = (error as? EventRefusal)?.acknowledgement else { return }
        do {
            try self.acknowledge(event) { $0.write(list: reply) }
        } catch {
            self.report(error, in: .interceptor(event.name))
        }
    }

    /// Nobody handles an event.
    func receiveUnhandled(_ event: IncomingEvent) {
        guard self.handlers.reportsUnknownEvents else {
            self.namespace.logUnknown(event: event.name, of: self)
            return
        }
        let found = Excerpt.quoted(event.name.utf8)
        let error = SocketIOError(.unknownEvent, "expected an event with a handler, found \(found)")
        self.report(error, in: .event(event.name))
    }

    /// Whether a handler registered with `once` has its turn, which it has a single time for each socket.
    func spend(_ token: OnceToken) -> Bool {
        self.state.withLock { state in
            var spent = state.spent.take() ?? []
            defer { state.spent = spent }
            return spent.insert(ObjectIdentifier(token)).inserted
        }
    }
}

/// Stands for one registration of a handler that runs once.
final class OnceToken: Sendable {}
