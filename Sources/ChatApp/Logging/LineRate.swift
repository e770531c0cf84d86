/// Keeps a log readable while somebody causes the same line over and over.

/// Admits so many lines a second, and counts what it does not admit.
struct LineRate: Sendable {
    private let perSecond: Int
    private var second: ContinuousClock.Instant?
    private var admitted = 0
    private var omitted = 0

    init(perSecond: Int) {
        self.perSecond = perSecond
    }

    /// Asks for one line.
    ///
    /// - Returns: How many lines were left out since the last admitted one; `nil` when this one has to be, too.
    mutating func admit(at now: ContinuousClock.Instant) -> Int? {
        if self.second.map({ now - $0 >= .seconds(1) }) ?? true {
            self.second = now
            self.admitted = 0
        }
        guard self.admitted < self.perSecond else {
            self.omitted += 1
            return nil
        }
        self.admitted += 1
        return self.takeOmitted()
    }

    /// How many lines were left out and have not been told yet; they count as told now.
    mutating func takeOmitted() -> Int {
        defer { self.omitted = 0 }
        return self.omitted
    }
}
