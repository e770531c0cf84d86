/// The order of an adapter's start and its close.
internal import Synchronization

/// Starts an adapter, and closes it when it has started and after that.
///
/// The adapter of a namespace made late starts beside the clients: the last of them may have gone before it has.
final class AdapterLife: Sendable {
    private enum Phase {
        case new
        case starting(closing: CheckedContinuation<Bool, Never>?)
        case started
        case closing
        case ended
    }

    private let adapter: any Adapter
    private let phase = Mutex(Phase.new)

    init(of adapter: any Adapter) {
        self.adapter = adapter
    }

    /// Starts the adapter, unless it has been closed for good.
    ///
    /// - Throws: What the adapter's start throws; it is not closed then.
    func start() async throws {
        let mayStart = self.phase.withLock { phase in
            guard case .new = phase else { return false }
            phase = .starting(closing: nil)
            return true
        }
        guard mayStart else { return }
        do {
            try await self.adapter.start()
        } catch {
            self.startEnded(isStarted: false)
            throw error
        }
        self.startEnded(isStarted: true)
    }

    private func startEnded(isStarted: Bool) {
        let closing = self.phase.withLock { phase -> CheckedContinuation<Bool, Never>? in
            guard case .starting(let closing) = phase else { return nil }
            phase = closing == nil ? (isStarted ? .started : .new) : (isStarted ? .closing : .ended)
            return closing
        }
        closing?.resume(returning: isStarted)
    }

    /// Closes the adapter once it has started.
    ///
    /// One that has not begun to start does not start any more.
    func close() async {
        guard await self.mustClose() else { return }
        await self.adapter.close()
        self.phase.withLock { $0 = .ended }
    }

    /// Whether the adapter starts, works or closes.
    var isOpen: Bool {
        self.phase.withLock { phase in
            switch phase {
            case .new, .ended: false
            case .starting, .started, .closing: true
            }
        }
    }

    /// Closes the adapter once it has started, until the next start.
    func stop() async {
        await self.close()
        self.phase.withLock { phase in
            if case .ended = phase { phase = .new }
        }
    }

    private func mustClose() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = self.phase.withLock { phase -> Bool? in
                switch phase {
                case .starting(closing: nil):
                    phase = .starting(closing: continuation)
                    return nil
                case .started:
                    phase = .closing
                    return true
                case .new:
                    phase = .ended
                    return false
                case .starting, .closing, .ended:
                    return false
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}
