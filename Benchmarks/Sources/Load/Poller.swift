/// Waits for any of many streams with epoll, edge-triggered, and lets each work; one thread does everything.
import CLinux
import Glibc

final class Poller {
    private static let eventsAtOnce = 512

    private let descriptor: Int32
    private let events: UnsafeMutablePointer<epoll_event>
    /// The streams by slot; an event names its slot and the slot's generation, for slots are used again.
    private var slots: [Stream?] = []
    private var generations: [UInt32] = []
    private var freeSlots: [Int] = []
    private var unflushed: [Stream] = []

    /// Where all streams read into.
    let inbox = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 16)
    /// Whether to ask again and again instead of sleeping.
    var spins = false
    /// The time at which the latest event was handled.
    private(set) var now = Clock.now()
    /// The time spent in turns in which something happened.
    private(set) var activeTime: UInt64 = 0
    private(set) var reads = 0
    private(set) var writes = 0

    init() throws {
        self.descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        self.events = .allocate(capacity: Self.eventsAtOnce)
        guard self.descriptor >= 0 else {
            throw Problem(.system, "epoll_create1: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(self.descriptor)
        self.events.deallocate()
        self.inbox.deallocate()
    }

    func add(_ stream: Stream) throws {
        let slot: Int
        if let free = self.freeSlots.popLast() {
            slot = free
            self.slots[slot] = stream
        } else {
            slot = self.slots.count
            self.slots.append(stream)
            self.generations.append(0)
        }
        stream.slot = slot
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        event.data.u64 = UInt64(self.generations[slot]) << 32 | UInt64(slot)
        guard epoll_ctl(self.descriptor, EPOLL_CTL_ADD, stream.descriptor, &event) == 0 else {
            let reason = String(cString: strerror(errno))
            self.forget(slot)
            throw Problem(.system, "epoll_ctl: \(reason)")
        }
    }

    /// Forgets a stream, whose descriptor is about to be closed.
    func forget(_ slot: Int) {
        self.slots[slot] = nil
        self.generations[slot] &+= 1
        self.freeSlots.append(slot)
    }

    /// Has the stream written when this event is handled, so that one call takes all the messages it led to.
    func flushLater(_ stream: Stream) {
        self.unflushed.append(stream)
    }

    /// Waits until something happens or the deadline has come, and handles everything that happened.
    func turn(until deadline: UInt64) {
        self.flush()
        let count = Int(epoll_wait(self.descriptor, self.events, Int32(Self.eventsAtOnce), self.patience(deadline)))
        self.now = Clock.now()
        guard count > 0 else { return }
        let began = self.now
        for index in 0..<count {
            let event = self.events[index]
            let slot = Int(event.data.u64 & 0xFFFF_FFFF)
            guard self.generations[slot] == UInt32(event.data.u64 >> 32), let stream = self.slots[slot] else {
                continue
            }
            if index > 0 {
                self.now = Clock.now()
            }
            stream.handle(event.events)
            self.flush()
        }
        self.flush()
        self.activeTime += Clock.now() - began
    }

    func countRead() { self.reads += 1 }

    func countWrite() { self.writes += 1 }

    private func flush() {
        // A stream that fails may make its owner write on another one.
        var index = 0
        while index < self.unflushed.count {
            self.unflushed[index].flush()
            index += 1
        }
        self.unflushed.removeAll(keepingCapacity: true)
    }

    /// Gives the milliseconds that epoll may wait, rounded up.
    private func patience(_ deadline: UInt64) -> Int32 {
        let now = Clock.now()
        guard !self.spins, deadline > now else { return 0 }
        return Int32(min((deadline - now + 999_999) / 1_000_000, 1_000))
    }
}
