/// What can be set about clients that come back after a short loss of their connection.

/// How sockets that lost their connection for a moment get back their id, rooms, values and missed events.
///
/// Each event sent without an acknowledgement, to one socket or to many, then carries an offset as an additional last
/// argument, and is kept for ``maximumDisconnectionDuration``. A client that reconnects says the last offset it has seen,
/// which the stock clients do by themselves, and first gets what it missed. It works with adapters that see all events of
/// their namespace, such as ``InMemoryAdapter``; see ``Adapter/recoversConnections``.
///
/// While an event of such a namespace is on its way to the outboxes, no other is: all receivers see all events in one
/// order. Outgoing interceptors are asked about missed events as well. A client that says nothing of an event it has seen
/// gets all since it joined, where Node would let it begin anew.
public struct ConnectionStateRecovery: Sendable, Hashable {
    /// How long a client may be away.
    ///
    /// Default: 2 minutes.
    public var maximumDisconnectionDuration: Duration = .seconds(120)

    /// Whether the middlewares of a namespace are left out for a socket that is recovered.
    ///
    /// Default: `true`, as in Node. What they have put into the socket's values is there again.
    public var skipsMiddlewares: Bool = true

    /// The most events that each namespace keeps; of more the oldest go, and with them whoever has not seen them.
    ///
    /// Default: 100,000.
    public var maximumEvents: Int = 100_000

    /// The most bytes of events that each namespace keeps.
    ///
    /// Default: 64 MiB.
    public var maximumBytes: Int = 64 << 20

    /// The most sockets of each namespace that can be away; of more the one that left first cannot come back.
    ///
    /// Default: 100,000.
    public var maximumSockets: Int = 100_000

    /// The defaults.
    public init() {}

    func validate() throws(SocketIOError) {
        let duration = self.maximumDisconnectionDuration
        guard duration > .zero, duration <= .seconds(86_400 * 365) else {
            throw SocketIOConfiguration.invalid(
                "connectionStateRecovery.maximumDisconnectionDuration",
                found: "\(duration)",
                expected: "more than 0 and at most a year"
            )
        }
        let counts = [
            ("maximumEvents", self.maximumEvents), ("maximumBytes", self.maximumBytes),
            ("maximumSockets", self.maximumSockets),
        ]
        for (name, value) in counts where value < 1 || value > 1 << 30 {
            throw SocketIOConfiguration.invalid(
                "connectionStateRecovery.\(name)",
                found: "\(value)",
                expected: "1 to 2^30"
            )
        }
    }
}
