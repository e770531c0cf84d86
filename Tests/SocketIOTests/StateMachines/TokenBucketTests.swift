/// The arithmetic of a rate with a burst.
import NIOCore
import Testing

@testable import SocketIO

@Suite struct TokenBucketTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test func `a burst passes at once, then one at a time at the rate`() {
        var bucket = TokenBucket(perSecond: 10, burst: 3)
        for _ in 0..<3 {
            #expect(bucket.hasRoom(at: self.start) == true)
            bucket.spend(1)
        }
        #expect(bucket.hasRoom(at: self.start) == false)
        #expect(bucket.hasRoom(at: self.start + .milliseconds(99)) == false)
        #expect(bucket.hasRoom(at: self.start + .milliseconds(101)) == true)
        bucket.spend(1)
        #expect(bucket.hasRoom(at: self.start + .milliseconds(101)) == false)
    }

    @Test func `no more than a burst is saved up`() {
        var bucket = TokenBucket(perSecond: 10, burst: 3)
        let late = self.start + .hours(100)
        #expect(bucket.hasRoom(at: self.start) == true)
        var passed = 0
        while bucket.hasRoom(at: late) {
            bucket.spend(1)
            passed += 1
        }
        #expect(passed == 3)
    }

    @Test func `what costs more than there is passes, and is paid for afterwards`() throws {
        var bucket = TokenBucket(perSecond: 1000, burst: 100)
        #expect(bucket.hasRoom(at: self.start) == true)
        bucket.spend(2100)
        let found = bucket.delay(at: self.start + .milliseconds(1000))
        let delay = try #require(found)
        #expect((.milliseconds(1000) ... .milliseconds(1002)).contains(delay))
        #expect(bucket.hasRoom(at: self.start + .milliseconds(2000)) == false)
        #expect(bucket.hasRoom(at: self.start + .milliseconds(1000) + delay) == true)
        #expect(bucket.delay(at: self.start + .milliseconds(1000) + delay) == nil)
    }

    @Test func `a clock that was read in another order changes nothing`() {
        var bucket = TokenBucket(perSecond: 1, burst: 1)
        #expect(bucket.hasRoom(at: self.start + .seconds(10)) == true)
        bucket.spend(1)
        #expect(bucket.hasRoom(at: self.start) == false)
        #expect(bucket.hasRoom(at: self.start + .milliseconds(10_900)) == false)
        #expect(bucket.hasRoom(at: self.start + .milliseconds(11_001)) == true)
    }

    @Test(arguments: [Double.leastNonzeroMagnitude, 1e-9, 7, 0x1p30], [1, 1 << 30])
    func `extreme rates and costs are no trap`(perSecond: Double, burst: Int) {
        var bucket = TokenBucket(perSecond: perSecond, burst: burst)
        for deadline in [NIODeadline.uptimeNanoseconds(0), self.start, .distantFuture] {
            _ = bucket.hasRoom(at: deadline)
            for cost in [0, 1, Int.max, Int.max] { bucket.spend(cost) }
            #expect(bucket.delay(at: deadline) != nil)
        }
    }
}
