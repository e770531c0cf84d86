/// Counts what each address has open, and how many handshakes it may still make.
import DequeModule
import NIOCore

/// The limits of an address; what is `nil` is not limited.
struct AddressLimits: Sendable {
    var connections: Int?
    var openRequests: Int?
    /// The time after which an address may make one more handshake.
    var handshakeInterval: TimeAmount?
    /// How many handshakes an address may make at once when it has made none for long.
    var handshakeBurst = 1
    /// How many bits of an IPv6 address tell one client from another.
    var ipv6PrefixLength = 64

    /// Whether anything is limited.
    var isAny: Bool { self.connections != nil || self.openRequests != nil || self.handshakeInterval != nil }

    /// What an address is counted as: an IPv6 address by its first bits, since a client has all that follow.
    func key(of address: IPAddress) -> IPAddress {
        address.isIPv4 ? address : address.prefix(self.ipv6PrefixLength)
    }
}

/// A bucket of permissions that fills again with time.
///
/// It is kept as the time at which it will be full: each permission taken moves that away by the time that one needs.
struct PermissionBucket: Sendable {
    private var fullAt: NIODeadline?

    /// Whether the bucket is full, so that it need not be kept.
    func isFull(at now: NIODeadline) -> Bool { self.fullAt.map { $0 <= now } ?? true }

    /// Takes a permission.
    ///
    /// - Returns: `nil` when there was one; otherwise the time until there is.
    mutating func take(at now: NIODeadline, interval: TimeAmount, capacity: Int) -> TimeAmount? {
        let fullAt = max(self.fullAt ?? now, now) + interval
        let wait = (fullAt - now).nanoseconds - interval.nanoseconds * Int64(capacity)
        guard wait <= 0 else { return .nanoseconds(wait) }
        self.fullAt = fullAt
        return nil
    }
}

/// What is known of all addresses that have something open, or have made handshakes of late.
///
/// An address is kept while somebody uses it, and until its bucket is full again; of those that nobody uses any more
/// there is a most, beyond which the oldest is forgotten. The record is what its users hold of it.
struct AddressLedger<Record> {
    fileprivate struct Entry {
        let record: Record
        var users = 0
        var connections = 0
        var handshakes = PermissionBucket()
        /// Whether the address stands among the idle ones.
        var isListed = false
    }

    private let limits: AddressLimits
    private let maximumIdle: Int
    private let makeRecord: @Sendable (_ key: IPAddress) -> Record
    private var entries: [IPAddress: Entry] = [:]
    /// Addresses that nobody used when they were put here, the oldest first.
    private var idle: Deque<IPAddress> = []
    /// The latest time that a handshake came with, at which the next is judged if it is earlier: threads read the clock
    /// before they take the lock.
    private var latest = NIODeadline.uptimeNanoseconds(0)

    init(limits: AddressLimits, maximumIdle: Int, makeRecord: @escaping @Sendable (_ key: IPAddress) -> Record) {
        self.limits = limits
        self.maximumIdle = maximumIdle
        self.makeRecord = makeRecord
    }

    /// The number of addresses that are kept.
    var count: Int { self.entries.count }

    /// Somebody uses an address until ``leave(_:asConnection:now:)``.
    ///
    /// - Parameters:
    ///   - key: The address, as ``AddressLimits/key(of:)`` gives it.
    ///   - isConnection: Whether the user counts as one of the address's connections.
    /// - Returns: What is known of the address; `nil` when it has as many connections as it may.
    mutating func enter(_ key: IPAddress, asConnection isConnection: Bool) -> Record? {
        var entry = self.entries[key] ?? Entry(record: self.makeRecord(key))
        if isConnection {
            if let most = self.limits.connections, entry.connections >= most { return nil }
            entry.connections += 1
        }
        entry.users += 1
        self.entries[key] = entry
        return entry.record
    }

    /// A user of an address has gone.
    mutating func leave(_ key: IPAddress, asConnection isConnection: Bool, now: NIODeadline) {
        guard var entry = self.entries[key] else { return }
        if isConnection { entry.connections -= 1 }
        entry.users -= 1
        let isIdle = entry.users == 0 && !entry.isListed
        entry.isListed = entry.isListed || isIdle
        self.entries[key] = entry
        if isIdle { self.idle.append(key) }
        self.forgetIdle(now: now)
    }

    /// An address that is in use makes a handshake.
    ///
    /// - Returns: `nil` when it may; otherwise the time until it may.
    mutating func takeHandshake(_ key: IPAddress, now: NIODeadline) -> TimeAmount? {
        guard let interval = self.limits.handshakeInterval else { return nil }
        self.latest = max(self.latest, now)
        let burst = self.limits.handshakeBurst
        return self.entries[key]?.handshakes.take(at: self.latest, interval: interval, capacity: burst)
    }

    private mutating func forgetIdle(now: NIODeadline) {
        while let key = self.idle.first, let entry = self.entries[key] {
            let isUsed = entry.users > 0
            guard isUsed || entry.handshakes.isFull(at: now) || self.idle.count > self.maximumIdle else { return }
            self.idle.removeFirst()
            if isUsed { self.entries[key]?.isListed = false } else { self.entries[key] = nil }
        }
    }
}

extension AddressLedger: Sendable where Record: Sendable {}
extension AddressLedger.Entry: Sendable where Record: Sendable {}
