/// The limits of each address, for all connections of a server.
import NIOCore
import Synchronization

/// What is known of an address, for whoever uses it.
final class AddressRecord: Sendable {
    /// The address, or the prefix that counts as one.
    let key: IPAddress
    private let openRequests = Atomic(0)

    init(key: IPAddress) {
        self.key = key
    }

    /// Counts a request, unless there are as many as there may be.
    ///
    /// Polls and posts come here, so it takes no lock.
    func beginRequest(most: Int) -> Bool {
        guard self.openRequests.add(1, ordering: .relaxed).newValue <= most else {
            self.endRequest()
            return false
        }
        return true
    }

    /// A request that was counted is over.
    func endRequest() {
        self.openRequests.subtract(1, ordering: .relaxed)
    }
}

/// Finds the record of each address, and makes and forgets it.
///
/// Its lock is taken for connections and handshakes, never for a message.
final class AddressTable: Sendable {
    /// How many addresses are remembered that use nothing and may not make all their handshakes yet.
    private static let maximumIdle = 100_000

    let limits: AddressLimits
    private let ledger: Mutex<AddressLedger<AddressRecord>>

    /// - Returns: `nil` when nothing is limited.
    init?(limits: AddressLimits) {
        guard limits.isAny else { return nil }
        self.limits = limits
        self.ledger = Mutex(
            AddressLedger(limits: limits, maximumIdle: Self.maximumIdle) { AddressRecord(key: $0) }
        )
    }

    /// The number of addresses that are remembered.
    var count: Int { self.ledger.withLock { $0.count } }

    /// Somebody uses an address until ``leave(_:asConnection:now:)``.
    ///
    /// - Returns: `nil` when it is to count as a connection, and the address has as many as it may.
    func enter(_ address: IPAddress, asConnection isConnection: Bool) -> AddressRecord? {
        let key = self.limits.key(of: address)
        return self.ledger.withLock { $0.enter(key, asConnection: isConnection) }
    }

    /// Whether a record is that of an address.
    func isRecord(_ record: AddressRecord, of address: IPAddress) -> Bool {
        record.key == self.limits.key(of: address)
    }

    /// A user of an address has gone.
    func leave(_ record: AddressRecord, asConnection isConnection: Bool, now: NIODeadline) {
        self.ledger.withLock { $0.leave(record.key, asConnection: isConnection, now: now) }
    }

    /// An address that is in use makes a handshake.
    ///
    /// - Returns: `nil` when it may; otherwise the time until it may.
    func takeHandshake(_ record: AddressRecord, now: NIODeadline) -> TimeAmount? {
        guard self.limits.handshakeInterval != nil else { return nil }
        return self.ledger.withLock { $0.takeHandshake(record.key, now: now) }
    }
}

extension AddressLimits {
    /// Takes the limits of a configuration, in the units they are counted in.
    init(_ limits: EngineIOConfiguration.Limits) {
        self.init(
            connections: limits.connectionsPerAddress,
            openRequests: limits.openRequestsPerAddress,
            handshakeInterval: limits.handshakesPerSecondPerAddress.map { .nanoseconds(Int64(1e9 / $0)) },
            handshakeBurst: limits.handshakeBurstPerAddress,
            ipv6PrefixLength: limits.ipv6PrefixLength
        )
    }
}
