/// Keeps a peer from filling the log.
package import NIOCore

/// Admits a number of lines a second, and counts those it does not.
package struct LogRate: Sendable {
    /// Enough to see what goes wrong, too little to fill a disk.
    private static let linesPerSecond = 10

    private var windowEnd: NIODeadline?
    private var lines = 0
    private var omitted = 0

    /// A rate of which nothing has been used.
    package init() {}

    /// Asks whether a line may be written.
    ///
    /// - Returns: How many lines were left out since the last one; `nil` when this one must be left out too.
    package mutating func admit(at now: NIODeadline) -> Int? {
        if self.windowEnd.map({ now >= $0 }) ?? true {
            self.windowEnd = now + .seconds(1)
            self.lines = 0
        }
        guard self.lines < Self.linesPerSecond else {
            self.omitted += 1
            return nil
        }
        self.lines += 1
        defer { self.omitted = 0 }
        return self.omitted
    }
}
