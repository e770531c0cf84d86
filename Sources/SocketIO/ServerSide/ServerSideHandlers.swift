/// Who handles the events that other servers send.
internal import Synchronization

/// The handlers of server-side events of one namespace, by name.
final class ServerSideHandlers: Sendable {
    /// Returns the acknowledgement, or nothing.
    typealias Handler = @Sendable (Namespace, ServerSideEvent) async throws -> EncodedValue?

    private let handlers = Mutex<[String: Handler]>([:])

    func register(_ name: String, _ handler: @escaping Handler) {
        self.handlers.withLock { $0[name] = handler }
    }

    func handler(for name: String) -> Handler? {
        self.handlers.withLock { $0[name] }
    }
}
