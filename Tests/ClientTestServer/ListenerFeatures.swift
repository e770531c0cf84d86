/// Catch-all listeners, interceptors, handlers that run once or are removed.
import EngineIO
import SocketIO

/// What looks at events beside their handlers.
enum ListenerFeatures {
    /// Adds the handlers that every namespace has.
    static func add(to registry: some HandlerRegistry) {
        registry.once("once") { socket, arguments in
            try socket.emit("once-back", arguments: arguments)
        }
    }

    /// Adds the namespaces whose events are watched or intercepted.
    static func addNamespaces(to server: SocketIOServer, _ reports: Reports) {
        let guarded = server.namespace("/guarded")
        Features.add(to: guarded, reports)
        guarded.intercept(self.refuse)
        guarded.interceptOutgoing { _, event in event.name != "secret" }
        let later = server.namespace("/guarded-later")
        Features.add(to: later, reports)
        later.intercept { socket, event async throws in
            await Task.yield()
            try self.refuse(socket, event)
        }
    }

    /// Adds what a single namespace has of its own, so that it can be removed again.
    static func addRemovable(to namespace: Namespace, _ reports: Reports) {
        namespace.acknowledge("removable") { _, _ in ["here"] }
        namespace.acknowledge("remove") { socket, _ in
            socket.namespace.off("removable")
            socket.namespace.offAny()
            socket.namespace.offAnyOutgoing()
            return []
        }
        namespace.onAny { socket, event in
            reports.send(try Report(kind: "received", event), about: socket)
        }
        namespace.onAnyOutgoing { socket, event in
            guard let report = try? Report(kind: "sent", event) else { return }
            reports.send(report, about: socket)
        }
        namespace.reportUnknownEvents()
    }

    @Sendable
    private static func refuse(_ socket: Socket, _ event: AnyEvent) throws {
        switch event.name {
        case "refused": throw EventRefusal("not allowed", acknowledging: ["denied", 403])
        case "dropped": throw EventRefusal("not allowed either")
        default: return
        }
    }
}

extension Report {
    fileprivate init(kind: String, _ event: AnyEvent) throws {
        self.init(kind: kind, event: event.name, arguments: try event.arguments.map { try $0.value })
    }
}
