/// The order of an adapter's start and its close.
internal import Synchronization

/// Starts an adapter at most once, and closes it at most once, when it has started and after that.
///
/// The adapter of a namespace made late starts beside the clients: the last of them may have gone before it has.
final class AdapterLife: Sendable {
    private enum Phase {
        case new
        case starting(closing: CheckedContinuation<Bool, Never>?)
        case started
        case ended
    }

    private let adapter: any Adapter
    private let phase = Mutex(Phase.new)

    init(of adapter: any Adapter) {
        self.adapter = adapter
    }

    /// Starts the adapter, unless it has been closed.
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
            phase = isStarted && closing == nil ? .started : .ended
            return closing
        }
        closing?.resume(returning: isStarted)
    }

    /// Closes the adapter once it has started. One that has not begun to start does not start any more.
    func close() async {
        if await self.mustClose() { await self.adapter.close() }
    }

    private func mustClose() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = self.phase.withLock { phase -> Bool? in
                switch phase {
                case .starting(closing: nil):
                    phase = .starting(closing: continuation)
                    return nil
                case .started:
                    phase = .ended
                    return true
                case .new:
                    phase = .ended
                    return false
                case .starting, .ended:
                    return false
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}
