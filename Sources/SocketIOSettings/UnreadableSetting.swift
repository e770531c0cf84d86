/// What is thrown for a value that cannot be read.

/// A value of a configuration that is not what its key stands for.
public struct UnreadableSetting: Error, Sendable, Hashable, CustomStringConvertible {
    /// The key, as the reader knows it.
    public let key: String
    /// The value that was found, quoted and shortened.
    public let found: String
    /// What was expected.
    public let expected: String

    /// The key, what was found, and what was expected.
    public var description: String { "\(self.key) is \(self.found), expected \(self.expected)" }
}
