/// The time of a shutdown that a test moves.
package import EngineIO
import NIOCore

/// A time that stands still, and is moved to moments counted from its beginning.
package struct ManualShutdown: Sendable {
    package let time = ManualTime()
    private let start: NIODeadline

    package init() {
        self.start = self.time.now
    }

    /// Moves to a moment.
    package func move(to moment: Duration) async {
        await self.time.advance(by: self.start + TimeAmount(moment) - self.time.now)
    }

    /// Waits until the next that anybody waits for is a moment.
    package func next(is moment: Duration) async throws {
        try await eventually("somebody waits for \(moment)") {
            self.time.nextDeadline == self.start + TimeAmount(moment)
        }
    }
}

extension ManualTime {
    /// Moves on until something is done that waits for the time.
    package func advance(until body: () async -> Void) async {
        let moving = Task {
            while !Task.isCancelled {
                await self.advance(by: .seconds(1))
                await Task.yield()
            }
        }
        await body()
        moving.cancel()
        await moving.value
    }
}
