/// The limits of addresses, on a clock of the test's own.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct AddressLedgerTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let a = IPAddress("192.0.2.1")!
    private let b = IPAddress("192.0.2.2")!

    private func ledger(_ limits: AddressLimits, maximumIdle: Int = 1000) -> AddressLedger<String> {
        AddressLedger(limits: limits, maximumIdle: maximumIdle) { $0.description }
    }

    private func after(_ milliseconds: Int64) -> NIODeadline { Self.start + .milliseconds(milliseconds) }

    // MARK: Connections

    @Test func `an address has as many connections as it may, and others have their own`() {
        var ledger = self.ledger(AddressLimits(connections: 2))
        #expect(ledger.enter(self.a, asConnection: true) == "192.0.2.1")
        #expect(ledger.enter(self.a, asConnection: true) != nil)
        #expect(ledger.enter(self.a, asConnection: true) == nil)
        #expect(ledger.enter(self.b, asConnection: true) != nil)
        ledger.leave(self.a, asConnection: true, now: Self.start)
        #expect(ledger.enter(self.a, asConnection: true) != nil)
        #expect(ledger.enter(self.a, asConnection: true) == nil)
    }

    @Test func `users that are no connections are not limited, and keep the address`() {
        var ledger = self.ledger(AddressLimits(connections: 1))
        for _ in 0..<10 { #expect(ledger.enter(self.a, asConnection: false) != nil) }
        #expect(ledger.enter(self.a, asConnection: true) != nil)
        for _ in 0..<10 { ledger.leave(self.a, asConnection: false, now: Self.start) }
        #expect(ledger.count == 1)
        #expect(ledger.enter(self.a, asConnection: true) == nil)
        ledger.leave(self.a, asConnection: true, now: Self.start)
        #expect(ledger.count == 0)
    }

    @Test func `an address of IPv6 is counted by its first bits`() throws {
        let limits = AddressLimits(ipv6PrefixLength: 64)
        let neighbours = try ["2001:db8:0:1::1", "2001:db8:0:1:ffff::"].map { try #require(IPAddress($0)) }
        #expect(limits.key(of: neighbours[0]) == limits.key(of: neighbours[1]))
        #expect(limits.key(of: neighbours[0]) != limits.key(of: try #require(IPAddress("2001:db8:0:2::1"))))
        #expect(limits.key(of: self.a) != limits.key(of: self.b))
        #expect(AddressLimits(ipv6PrefixLength: 128).key(of: neighbours[0]) == neighbours[0])
    }

    // MARK: Handshakes

    @Test func `handshakes come at once up to the burst, then at their rate`() {
        var ledger = self.ledger(AddressLimits(handshakeInterval: .milliseconds(100), handshakeBurst: 3))
        _ = ledger.enter(self.a, asConnection: true)
        _ = ledger.enter(self.b, asConnection: true)
        for _ in 0..<3 { #expect(ledger.takeHandshake(self.a, now: Self.start) == nil) }
        #expect(ledger.takeHandshake(self.a, now: Self.start) == .milliseconds(100))
        #expect(ledger.takeHandshake(self.b, now: Self.start) == nil)
        // Asking again does not make the wait any longer.
        #expect(ledger.takeHandshake(self.a, now: self.after(60)) == .milliseconds(40))
        #expect(ledger.takeHandshake(self.a, now: self.after(100)) == nil)
        #expect(ledger.takeHandshake(self.a, now: self.after(100)) == .milliseconds(100))
        // Full again, and no more than full.
        for _ in 0..<3 { #expect(ledger.takeHandshake(self.a, now: self.after(10_000)) == nil) }
        #expect(ledger.takeHandshake(self.a, now: self.after(10_000)) != nil)
    }

    @Test func `a handshake that looked at the clock before another one waits for nothing`() {
        var ledger = self.ledger(AddressLimits(handshakeInterval: .milliseconds(100), handshakeBurst: 2))
        _ = ledger.enter(self.a, asConnection: true)
        #expect(ledger.takeHandshake(self.a, now: self.after(1)) == nil)
        #expect(ledger.takeHandshake(self.a, now: Self.start) == nil)
        #expect(ledger.takeHandshake(self.a, now: Self.start) == .milliseconds(100))
    }

    @Test func `a rate is the same however long it is watched`() {
        var bucket = PermissionBucket()
        var taken = 0
        for millisecond in 0..<10_000 {
            let now = self.after(Int64(millisecond))
            if bucket.take(at: now, interval: .milliseconds(7), capacity: 5) == nil { taken += 1 }
        }
        #expect(taken == 5 + (10_000 - 1) / 7)
    }

    @Test func `who leaves and comes again has not got new handshakes`() {
        var ledger = self.ledger(AddressLimits(handshakeInterval: .milliseconds(100), handshakeBurst: 1))
        _ = ledger.enter(self.a, asConnection: true)
        #expect(ledger.takeHandshake(self.a, now: Self.start) == nil)
        ledger.leave(self.a, asConnection: true, now: Self.start)
        #expect(ledger.count == 1)
        _ = ledger.enter(self.a, asConnection: true)
        #expect(ledger.takeHandshake(self.a, now: self.after(99)) != nil)
    }

    // MARK: Forgetting

    @Test func `an address is forgotten when nobody uses it and its handshakes are back`() {
        var ledger = self.ledger(AddressLimits(handshakeInterval: .milliseconds(100), handshakeBurst: 1))
        _ = ledger.enter(self.a, asConnection: true)
        _ = ledger.takeHandshake(self.a, now: Self.start)
        ledger.leave(self.a, asConnection: true, now: Self.start)
        _ = ledger.enter(self.b, asConnection: true)
        ledger.leave(self.b, asConnection: true, now: self.after(99))
        #expect(ledger.count == 2)
        _ = ledger.enter(self.b, asConnection: true)
        ledger.leave(self.b, asConnection: true, now: self.after(100))
        #expect(ledger.count == 0)
    }

    @Test func `there is a most of addresses that nobody uses`() throws {
        var ledger = self.ledger(AddressLimits(handshakeInterval: .hours(1), handshakeBurst: 1), maximumIdle: 10)
        for number in 0..<1000 {
            let address = try #require(IPAddress("10.0.\(number / 256).\(number % 256)"))
            _ = ledger.enter(address, asConnection: true)
            _ = ledger.takeHandshake(address, now: Self.start)
            ledger.leave(address, asConnection: true, now: Self.start)
            #expect(ledger.count <= 10)
        }
        // The last ones are remembered.
        let last = try #require(IPAddress("10.0.3.231"))
        _ = ledger.enter(last, asConnection: true)
        #expect(ledger.takeHandshake(last, now: Self.start) != nil)
    }

    @Test func `an address in use is not forgotten, however many there are`() throws {
        var ledger = self.ledger(
            AddressLimits(connections: 1, handshakeInterval: .hours(1), handshakeBurst: 1),
            maximumIdle: 2
        )
        // It was idle once, and has come again.
        _ = ledger.enter(self.a, asConnection: true)
        _ = ledger.takeHandshake(self.a, now: Self.start)
        ledger.leave(self.a, asConnection: true, now: Self.start)
        _ = ledger.enter(self.a, asConnection: true)
        for number in 0..<100 {
            let address = try #require(IPAddress("10.0.0.\(number)"))
            _ = ledger.enter(address, asConnection: true)
            _ = ledger.takeHandshake(address, now: Self.start)
            ledger.leave(address, asConnection: true, now: Self.start)
        }
        #expect(ledger.enter(self.a, asConnection: true) == nil)
        #expect(ledger.count <= 3)
        ledger.leave(self.a, asConnection: true, now: Self.start)
        #expect(ledger.enter(self.a, asConnection: true) != nil)
    }

    @Test func `in any order of coming and going nothing is left`() {
        var generator = SeededGenerator(seed: 11)
        var ledger = self.ledger(AddressLimits(connections: 3, handshakeInterval: .milliseconds(5), handshakeBurst: 4))
        var open: [IPAddress: Int] = [:]
        var now = Self.start
        for _ in 0..<20_000 {
            let address = IPAddress("10.0.0.\(Int.random(in: 0..<50, using: &generator))")!
            now = now + .milliseconds(Int64.random(in: 0...1, using: &generator))
            if Bool.random(using: &generator) {
                let isWelcome = ledger.enter(address, asConnection: true) != nil
                #expect(isWelcome == (open[address, default: 0] < 3))
                if isWelcome { open[address, default: 0] += 1 }
                if isWelcome { _ = ledger.takeHandshake(address, now: now) }
            } else if let count = open[address], count > 0 {
                open[address] = count - 1
                ledger.leave(address, asConnection: true, now: now)
            }
        }
        for (address, count) in open {
            for _ in 0..<count { ledger.leave(address, asConnection: true, now: now + .hours(1)) }
        }
        #expect(ledger.count == 0)
    }
}
