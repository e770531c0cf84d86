/// The handlers of a namespace while they are being registered, and the table that sockets take of them.
internal import Synchronization

/// What can be given handlers: a ``Namespace``, or a ``DynamicNamespace`` for all its children.
public protocol HandlerRegistry: Sendable {
    /// Keeps the handlers.
    var handlers: HandlerSet { get }
}

extension HandlerRegistry {
    /// Changes the handlers.
    func register(_ change: (inout Handlers) -> Void) {
        self.handlers.register(change)
    }
}

/// Keeps the handlers of a namespace; they are registered with the methods of ``HandlerRegistry``.
///
/// A set may inherit from another: what is registered there comes first. A socket takes all of them, as they are, when
/// its client connects.
public final class HandlerSet: Sendable {
    private struct State {
        var handlers: Handlers?
        var table: HandlerTable?
        /// The inherited table that ``table`` was made from.
        var inherited: HandlerTable?
    }

    private let parent: HandlerSet?
    private let state = Mutex(State())
    private let outgoingFlag = Atomic(false)

    init(inheritingFrom parent: HandlerSet? = nil) {
        self.parent = parent
    }

    /// Whether anything has ever been registered that looks at what is sent, to be read without the lock.
    var observesOutgoing: Bool {
        self.outgoingFlag.load(ordering: .relaxed) || self.parent?.observesOutgoing == true
    }

    /// Changes the handlers.
    func register(_ change: (inout Handlers) -> Void) {
        self.state.withLock { state in
            change(&state.handlers[default: Handlers()])
            state.table = nil
            if state.handlers?.outgoing.isEmpty == false { self.outgoingFlag.store(true, ordering: .relaxed) }
        }
    }

    /// The handlers as they are now, the inherited ones included.
    func table() -> HandlerTable {
        let inherited = self.parent?.table()
        return self.state.withLock { state in
            if let table = state.table, state.inherited === inherited { return table }
            let table = Self.merge(inherited, state.handlers)
            state.table = table
            state.inherited = inherited
            return table
        }
    }

    /// Children without handlers of their own share their parent's table.
    private static func merge(_ inherited: HandlerTable?, _ own: Handlers?) -> HandlerTable {
        guard let inherited else { return HandlerTable(own ?? Handlers()) }
        guard let own else { return inherited }
        return HandlerTable(inherited.source.adding(own))
    }
}

extension Optional {
    fileprivate subscript(default value: @autoclosure () -> Wrapped) -> Wrapped {
        get { self ?? value() }
        set { self = newValue }
    }
}
