/// Namespaces that come into being when a client asks for them.
internal import Synchronization

/// The parent of the namespaces that a pattern or a predicate makes.
///
/// What is registered here is inherited by all of its children, before what they have of their own. It is no namespace
/// itself: it has no sockets, and rooms belong to each child.
public final class DynamicNamespace: HandlerRegistry {
    /// How the parent decides about a name.
    enum Rule: Sendable {
        case pattern(NamespacePattern)
        case synchronous(@Sendable (String, Handshake) throws -> Bool)
        case asynchronous(@Sendable (String, Handshake) async throws -> Bool)
    }

    /// Keeps the handlers that the children inherit.
    public let handlers = HandlerSet()

    let rule: Rule
    private let childrenByName = Mutex<[String: Namespace]>([:])

    init(rule: Rule) {
        self.rule = rule
    }

    /// The namespaces that exist now, in no particular order.
    public var children: [Namespace] { self.childrenByName.withLock { Array($0.values) } }

    func add(_ child: Namespace) {
        self.childrenByName.withLock { $0[child.name] = child }
    }

    func remove(_ child: Namespace) {
        _ = self.childrenByName.withLock { $0.removeValue(forKey: child.name) }
    }

    // MARK: Emitting

    /// Emits an event to everybody in every child.
    ///
    /// It is encoded once for each child, whose name is part of the packet.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - arguments: Its arguments.
    /// - Throws: ``SocketIOError`` with the code `encodingFailed` or `reservedEventName`, if there are children.
    public func emit<each Argument>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) throws(SocketIOError) {
        for child in self.children { try child.emit(event, repeat each arguments) }
    }

    /// Emits an event by name to everybody in every child, with dynamic arguments.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - arguments: Its arguments.
    /// - Throws: ``SocketIOError`` with the code `reservedEventName`, if there are children.
    public func emit(_ name: String, _ arguments: Value...) throws(SocketIOError) {
        for child in self.children { try child.emit(name, arguments: arguments) }
    }
}
