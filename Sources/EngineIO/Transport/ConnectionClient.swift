/// Whose requests a connection carries: its peer's own, or those of the clients behind a proxy.
import NIOCore
import NIOHTTP1

/// Finds out who a request is from, and where that client is counted.
///
/// There is none for a server that trusts no proxy and limits no address. Confined to the connection's event loop.
final class ConnectionClient {
    private let table: AddressTable?
    private let time: TimeSource
    /// Tells of the client when the peer is a proxy that is trusted.
    private let trust: ProxyTrust?
    private let peerRecord: AddressRecord?
    /// The client behind the proxy whose request was the last.
    private var behind: AddressRecord?

    private init(core: EngineCore, trust: ProxyTrust?, peerRecord: AddressRecord?) {
        self.table = core.addresses
        self.time = core.environment.time
        self.trust = trust
        self.peerRecord = peerRecord
    }

    /// What the peer of a new connection is.
    enum Arrival {
        /// Nobody asks.
        case unknown
        case welcome(ConnectionClient)
        /// It has as many connections as it may.
        case refused
    }

    /// Looks at the peer of a new connection, and counts it until the connection ends.
    static func arrive(on channel: any Channel, core: EngineCore) -> Arrival {
        guard core.addresses != nil || core.proxyTrust != nil, let peer = IPAddress(channel.remoteAddress) else {
            return .unknown
        }
        let trust = core.proxyTrust.flatMap { $0.trusts(peer) ? $0 : nil }
        guard let table = core.addresses else {
            return .welcome(ConnectionClient(core: core, trust: trust, peerRecord: nil))
        }
        // A proxy has as many connections as its clients need.
        guard let record = table.enter(peer, asConnection: trust == nil) else { return .refused }
        let time = core.environment.time
        channel.closeFuture.whenComplete { _ in table.leave(record, asConnection: trust == nil, now: time.now) }
        return .welcome(ConnectionClient(core: core, trust: trust, peerRecord: record))
    }

    /// What the peer, if it is a proxy, says of the client whose request this is.
    func forwarded(_ head: HTTPRequestHead) -> ForwardedClient? {
        self.trust?.client { head.headers[$0] }
    }

    /// Where a request is counted.
    func record(for exchange: Exchange) -> AddressRecord? {
        guard let address = exchange.forwarded?.address, let table = self.table else { return self.peerRecord }
        if let behind = self.behind, table.isRecord(behind, of: address) { return behind }
        self.leaveBehind()
        self.behind = table.enter(address, asConnection: false)
        return self.behind
    }

    /// Counts a WebSocket of a client behind a proxy until its connection ends.
    ///
    /// - Returns: Whether the client may have one more. One without a proxy was asked when it connected.
    func countWebSocket(_ exchange: Exchange, on channel: any Channel) -> Bool {
        guard let address = exchange.forwarded?.address, let table = self.table else { return true }
        guard let record = table.enter(address, asConnection: true) else { return false }
        let time = self.time
        channel.closeFuture.whenComplete { _ in table.leave(record, asConnection: true, now: time.now) }
        return true
    }

    /// No more requests come.
    func leaveBehind() {
        guard let behind = self.behind else { return }
        self.behind = nil
        self.table?.leave(behind, asConnection: false, now: self.time.now)
    }
}
