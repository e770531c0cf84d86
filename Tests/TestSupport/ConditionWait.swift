/// Waiting for what another thread brings about.
import Synchronization

/// Waits until a condition holds, looking every few milliseconds.
///
/// For states that nobody announces, such as a count; what is announced is awaited in an ``EventLog``.
package func eventually(
    _ what: String,
    within patience: Duration = RawConnection.patience,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + patience
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw TestTimeout(description: "\(what) did not come true in time")
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// What happened, in order, and whoever waits for it.
package final class EventLog<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Everything so far.
    package var all: [Element] { self.state.withLock { $0.elements } }

    package func append(_ element: Element) {
        let waiters = self.state.withLock { state in
            state.elements.append(element)
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits for an element that is there already or comes in time.
    @discardableResult
    package func first(
        _ what: String,
        within patience: Duration = RawConnection.patience,
        where predicate: @Sendable (Element) -> Bool
    ) async throws -> Element {
        try await self.wait(what, within: patience) { elements, seen in elements[seen...].first(where: predicate) }
    }

    /// Waits until there is a number of elements.
    @discardableResult
    package func count(_ count: Int, within patience: Duration = RawConnection.patience) async throws -> [Element] {
        try await self.wait("\(count) elements", within: patience) { elements, _ in
            elements.count >= count ? elements : nil
        }
    }

    /// Looks again whenever something has happened; `seen` elements were looked at before.
    private func wait<Output>(
        _ what: String,
        within patience: Duration,
        _ find: (_ elements: [Element], _ seen: Int) -> Output?
    ) async throws -> Output {
        let deadline = ContinuousClock.now + patience
        let alarm = Task {
            // The bound of the wait; it is cancelled when what is waited for has come.
            try await Task.sleep(until: deadline)
            self.wake()
        }
        defer { alarm.cancel() }
        var seen = 0
        while true {
            let elements = self.all
            if let output = find(elements, seen) { return output }
            seen = elements.count
            guard ContinuousClock.now < deadline else {
                throw TestTimeout(
                    description: "\(what) did not come in time; the last of \(seen): \(elements.suffix(10))"
                )
            }
            await self.change(after: seen, until: deadline)
        }
    }

    private func change(after count: Int, until deadline: ContinuousClock.Instant) async {
        await withCheckedContinuation { continuation in
            let isLate = self.state.withLock { state in
                guard state.elements.count == count, ContinuousClock.now < deadline else { return true }
                state.waiters.append(continuation)
                return false
            }
            if isLate { continuation.resume() }
        }
    }

    private func wake() {
        let waiters = self.state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// Waits until the task is cancelled.
package func untilCancelled() async {
    let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
    for await _ in stream {}
    continuation.finish()
}
