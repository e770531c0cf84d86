/// The bounded queues behind the recovery of connections: values in, values out.
import EngineIO
import NIOCore
import Testing

@testable import SocketIO

struct RecoveryQueueTests {
    private static func unit(_ text: String) -> MessageUnit { MessageUnit(text: text) }

    private static func selection(_ rooms: [Room] = [], except: [Room] = []) -> BroadcastSelection {
        var selection = BroadcastSelection()
        selection.rooms = rooms
        selection.except = except
        return selection
    }

    private static func event(_ size: Int, _ target: KeptEvent.Target = .selection(Self.selection())) -> KeptEvent {
        KeptEvent(unit: Self.unit(String(repeating: "x", count: size)), target: target, observed: nil)
    }

    @Test func `events after a number are those that the rooms select, and those for the socket itself`() {
        var events = MissedEvents(prefix: "p", maximumCount: 100, maximumBytes: 1 << 20)
        for (size, target) in [
            (1, KeptEvent.Target.selection(Self.selection())), (2, .selection(Self.selection(["a"]))),
            (3, .selection(Self.selection(["b"]))), (4, .selection(Self.selection(["a", "b"], except: ["c"]))),
            (5, .selection(Self.selection([], except: ["me"]))), (6, .socket(SocketID(rawValue: "me"))),
        ] {
            events.append(Self.event(size, target), until: .uptimeNanoseconds(9))
        }
        func sizes(_ id: String, _ rooms: Set<Room>) -> [Int] {
            // Each has a header of two bytes and a type of one.
            events.events(after: 0, for: SocketID(rawValue: id), in: rooms).map { $0.unit.byteCount - 3 }
        }
        #expect(sizes("me", ["me", "a"]) == [1, 2, 4, 6])
        #expect(sizes("other", ["other", "b", "c"]) == [1, 3, 5])
        #expect(sizes("other", ["other", "me"]) == [1])
    }

    @Test func `an offset is known, evicted or unknown`() {
        var events = MissedEvents(prefix: "p", maximumCount: 2, maximumBytes: 1 << 20)
        let offsets = (0..<4).map { _ in
            defer { events.append(Self.event(1), until: .uptimeNanoseconds(9)) }
            return events.nextOffset
        }
        #expect(offsets == ["p1", "p2", "p3", "p4"])
        guard case .evicted = events.find("p0"), case .evicted = events.find("p1") else { return #expect(Bool(false)) }
        guard case .known(2) = events.find("p2"), case .known(4) = events.find("p4") else {
            return #expect(Bool(false))
        }
        // The largest number of 64 bits is among them.
        for offset in ["", "p", "q1", "p-1", "p01", "pZ", "p+1", "p5", "p3w5e11264sgsf", "pzzzzzzzzzzzzzzzz"] {
            guard case .unknown = events.find(offset) else { return #expect(Bool(false), "\(offset)") }
        }
        #expect(events.events(after: 4, for: SocketID(rawValue: ""), in: []).isEmpty)
        #expect(events.events(after: 2, for: SocketID(rawValue: ""), in: []).count == 2)
    }

    @Test func `the queue is bounded by count, by bytes and by time`() {
        var events = MissedEvents(prefix: "p", maximumCount: 3, maximumBytes: 20)
        let steps = [(1, 3), (1, 3), (1, 3), (1, 3), (10, 2), (100, 0), (1, 1), (1, 2)]
        var counts = [0, 0]
        for (number, (size, _)) in steps.enumerated() {
            events.append(Self.event(size), until: .uptimeNanoseconds(UInt64(number)))
            counts.append(events.count)
        }
        #expect(counts.dropFirst(2) == [1, 2, 3, 3, 2, 0, 1, 2])
        #expect(events.byteCount == 8)
        events.expire(now: .uptimeNanoseconds(6))
        #expect(events.count == 1 && events.lastNumber == 8)
    }

    private static func absent(_ name: String) -> AbsentSocket {
        AbsentSocket(
            id: SocketID(rawValue: name),
            privateID: name,
            rooms: [],
            values: SocketValues(),
            firstNumber: 0
        )
    }

    @Test func `a socket that is away is taken once, and in time`() {
        var absent = AbsentSockets(maximumCount: 2)
        let isFull = absent.insert(Self.absent("a"), until: .uptimeNanoseconds(5))
        #expect(!isFull)
        let taken = [absent.take("a", now: .uptimeNanoseconds(4)), absent.take("a", now: .uptimeNanoseconds(4))]
        #expect(taken.map { $0?.privateID } == ["a", nil])
        _ = absent.insert(Self.absent("b"), until: .uptimeNanoseconds(5))
        let late = absent.take("b", now: .uptimeNanoseconds(5))
        #expect(late == nil)
    }

    @Test func `of too many sockets that are away the first goes`() {
        var absent = AbsentSockets(maximumCount: 2)
        _ = absent.insert(Self.absent("a"), until: .uptimeNanoseconds(1))
        _ = absent.insert(Self.absent("b"), until: .uptimeNanoseconds(2))
        let isFull = absent.insert(Self.absent("c"), until: .uptimeNanoseconds(3))
        #expect(isFull)
        let taken = ["a", "b"].map { absent.take($0, now: .uptimeNanoseconds(0))?.privateID }
        #expect(taken == [nil, "b"])
        absent.expire(now: .uptimeNanoseconds(3))
        #expect(absent.count == 0)
    }

    @Test func `a socket that came back and left again keeps its later time`() {
        var absent = AbsentSockets(maximumCount: 10)
        _ = absent.insert(Self.absent("a"), until: .uptimeNanoseconds(5))
        _ = absent.take("a", now: .uptimeNanoseconds(1))
        _ = absent.insert(Self.absent("a"), until: .uptimeNanoseconds(9))
        absent.expire(now: .uptimeNanoseconds(5))
        let taken = absent.take("a", now: .uptimeNanoseconds(8))
        #expect(taken != nil)
    }
}
