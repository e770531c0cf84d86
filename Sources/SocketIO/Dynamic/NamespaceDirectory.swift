/// All namespaces of a server by name, and the parents of those that come and go.
internal import Synchronization

/// Finds namespaces, and forgets those that nobody is in any more.
final class NamespaceDirectory: Sendable {
    typealias Hook = @Sendable (Namespace) -> Void

    private struct Entry {
        let namespace: Namespace
        let parent: DynamicNamespace?
        /// The sockets of a namespace that may be removed; others are not counted.
        var members = 0
        /// Whether the application has asked for it by its name, and may have kept it: it stays.
        var isPinned = false
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var parents: [DynamicNamespace] = []
        /// How many namespaces peers have made.
        var peerMadeCount = 0
        var hooks: [Hook] = []
        var hasStarted = false
        /// Namespaces whose hooks are at work, and the clients that wait for that.
        var opening: [String: [CheckedContinuation<Void, Never>]] = [:]
    }

    enum Entrance {
        case entered(Namespace)
        /// It is new, and its hooks have not returned.
        case opening
        case unknown
    }

    enum Insertion {
        case inserted(mustStart: Bool, hooks: [Hook])
        case existing(Namespace)
        case full
    }

    private let state = Mutex(State())

    // MARK: Looking up

    /// The namespace with this name, compared byte by byte as on the wire.
    func namespace(_ name: String) -> Namespace? {
        self.state.withLock { Self.find(name, in: $0)?.namespace }
    }

    /// The same for the application, for which the namespace stays from now on.
    func pinned(_ name: String) -> Namespace? {
        self.state.withLock { state in
            guard let entry = Self.find(name, in: state) else { return nil }
            state.entries[name]?.isPinned = true
            return entry.namespace
        }
    }

    var all: [Namespace] { self.state.withLock { $0.entries.values.map(\.namespace) } }

    var parents: [DynamicNamespace] { self.state.withLock(\.parents) }

    /// Strings are equal also in different normal forms, which are different names.
    private static func find(_ name: String, in state: State) -> Entry? {
        guard let entry = state.entries[name], entry.namespace.name.utf8.elementsEqual(name.utf8) else { return nil }
        return entry
    }

    /// Everything there is; what comes from now on has to be started by who makes it.
    func start() -> [Namespace] {
        self.state.withLock { state in
            state.hasStarted = true
            return state.entries.values.map(\.namespace)
        }
    }

    /// The start has failed: what comes from now on is started by the next.
    ///
    /// - Returns: Everything there is.
    func stop() -> [Namespace] {
        self.state.withLock { state in
            state.hasStarted = false
            return state.entries.values.map(\.namespace)
        }
    }

    // MARK: Adding

    func add(_ parent: DynamicNamespace) {
        self.state.withLock { $0.parents.append(parent) }
    }

    func add(_ hook: @escaping Hook) {
        self.state.withLock { $0.hooks.append(hook) }
    }

    /// Whether peers may make one more.
    func hasRoom(limit: Int) -> Bool { self.state.withLock { $0.peerMadeCount < limit } }

    /// Adds a namespace, unless there is one.
    ///
    /// - Parameter limit: How many peers may make, when a peer has asked for this one.
    func insert(_ namespace: Namespace, childOf parent: DynamicNamespace?, limit: Int?) -> Insertion {
        self.state.withLock { state in
            if let existing = state.entries[namespace.name] { return .existing(existing.namespace) }
            if let limit {
                guard state.peerMadeCount < limit else { return .full }
                state.peerMadeCount += 1
            }
            state.entries[namespace.name] = Entry(namespace: namespace, parent: parent)
            parent?.add(namespace)
            // `/` is there before anybody can ask to be told.
            if !state.hooks.isEmpty { state.opening[namespace.name] = [] }
            return .inserted(mustStart: state.hasStarted, hooks: state.hooks)
        }
    }

    /// The hooks of a new namespace have returned.
    func opened(_ namespace: Namespace) {
        let waiters = self.state.withLock { $0.opening.removeValue(forKey: namespace.name) }
        for waiter in waiters ?? [] { waiter.resume() }
    }

    /// Waits until the hooks of a new namespace have returned.
    func waitUntilOpen(_ name: String) async {
        await withCheckedContinuation { continuation in
            let isOpen = self.state.withLock { state in
                state.opening[name]?.append(continuation)
                return state.opening[name] == nil
            }
            if isOpen { continuation.resume() }
        }
    }

    // MARK: Coming and going

    /// A client comes; ``leave(_:)`` has to follow.
    func enter(_ name: String) -> Entrance {
        self.state.withLock { state in
            guard let namespace = Self.find(name, in: state)?.namespace else { return .unknown }
            guard state.opening.isEmpty || state.opening[name] == nil else { return .opening }
            if namespace.isRemovable { state.entries[name]?.members += 1 }
            return .entered(namespace)
        }
    }

    /// A client that came has gone.
    ///
    /// - Returns: Whether it was the last of a namespace that is removed with it.
    func leave(_ namespace: Namespace) -> Bool {
        guard namespace.isRemovable else { return false }
        return self.state.withLock { state in
            guard let entry = state.entries[namespace.name], entry.namespace === namespace else { return false }
            guard entry.members <= 1, !entry.isPinned else {
                state.entries[namespace.name]?.members -= 1
                return false
            }
            state.entries[namespace.name] = nil
            state.peerMadeCount -= 1
            entry.parent?.remove(namespace)
            return true
        }
    }
}
