/// What an adapter tells about the acknowledgements of a broadcast.

/// Collects the acknowledgements of one broadcast, on behalf of whoever waits for them.
///
/// An adapter for one server calls ``send(_:to:flags:)`` and is done. One that talks to other servers first says how many
/// with ``expectServers(_:)``, then passes on what they answer: each ``serverReported(receivers:)`` once, and each of its
/// clients' answers once. What comes after the time is up is ignored. All methods may be called from any thread, after
/// the adapter's method has returned too.
public struct AckCollector: Sendable {
    let pending: PendingBroadcast

    /// Sends the packet to sockets of this server; their answers are collected without the adapter.
    ///
    /// - Parameters:
    ///   - packet: The packet that the adapter was given.
    ///   - sockets: The receivers.
    ///   - flags: How it is delivered.
    public func send(_ packet: BroadcastPacket, to sockets: [Socket], flags: BroadcastFlags) {
        self.pending.send(packet, to: sockets, flags: flags)
    }

    /// Announces other servers, each of which will say how many receivers it has.
    ///
    /// Called before the adapter's method returns, or the answers of this server may be all that is waited for.
    ///
    /// - Parameter count: The number of servers.
    public func expectServers(_ count: Int) {
        self.pending.expectServers(count)
    }

    /// One of the announced servers has delivered the packet, or has gone.
    ///
    /// - Parameter receivers: How many sockets it has sent the packet to; 0 when it has gone.
    public func serverReported(receivers: Int) {
        self.pending.serverReported(receivers: receivers)
    }

    /// A client of another server has answered.
    ///
    /// - Parameters:
    ///   - argument: The first argument of its acknowledgement; `nil` when it has none.
    ///   - socket: The client's socket; `nil` when the other server does not tell, as Node's do not.
    public func receive(_ argument: EncodedValue?, from socket: SocketID?) {
        self.pending.receive(.success(argument.map(Arguments.init) ?? Arguments()), fromElsewhere: socket)
    }

    /// A socket of another server has left without an answer.
    ///
    /// - Parameter socket: The socket; `nil` when the other server does not tell.
    public func receiveDisconnect(of socket: SocketID?) {
        let error = SocketIOError(.disconnected, "socket has been disconnected")
        self.pending.receive(.failure(error), fromElsewhere: socket)
    }
}
