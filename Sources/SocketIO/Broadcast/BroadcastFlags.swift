/// How a broadcast is delivered.

/// The settings of a broadcast, beside whom it reaches; under the same names as in Node.
public struct BroadcastFlags: Sendable, Hashable {
    /// Whether receivers that cannot take the packet at once miss it.
    public var isVolatile = false

    /// Whether only sockets of this server are reached.
    public var isLocal = false

    /// Whether the packet may be compressed on its way.
    public var isCompressible = true

    /// How long to wait for acknowledgements, or for other servers; `nil` for the server's own default.
    public var timeout: Duration?

    /// Creates the default flags.
    public init() {}
}
