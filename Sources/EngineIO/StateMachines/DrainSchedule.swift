/// When which sessions are closed, so that their clients do not all come back at once.

/// Spreads a number of sessions evenly over a time, in batches.
struct DrainSchedule: Equatable {
    /// Sessions that are closed together.
    struct Batch: Equatable {
        /// When, counted from the beginning.
        var time: Duration
        var sessions: Range<Int>
    }

    /// The least time between two batches: short enough for clients to notice no burst, long enough to sleep.
    static let interval: Duration = .milliseconds(20)

    private let count: Int
    private let duration: Duration
    private let batchCount: Int

    /// Plans.
    ///
    /// - Parameters:
    ///   - count: How many sessions there are.
    ///   - duration: Over what time they are closed; zero for all at once.
    init(count: Int, duration: Duration) {
        self.count = count
        self.duration = duration
        // A shutdown bounds the time, hence the number is small enough.
        self.batchCount = min(count, max(1, Int(duration / Self.interval)))
    }

    /// The batches in their order: the first at once, the last one interval before the end.
    var batches: some Sequence<Batch> {
        (0..<self.batchCount).lazy.map { number in
            Batch(
                time: self.duration * number / self.batchCount,
                sessions: self.firstSession(of: number)..<self.firstSession(of: number + 1)
            )
        }
    }

    private func firstSession(of batch: Int) -> Int {
        // The product of two counts may be too large for a word.
        let (high, low) = self.count.multipliedFullWidth(by: batch)
        return self.batchCount.dividingFullWidth((high, low)).quotient
    }
}
