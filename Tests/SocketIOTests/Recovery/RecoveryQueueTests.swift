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

    @Test func `events after an offset are those that the rooms select`() {
        var events = MissedEvents(prefix: "p", maximumCount: 100, maximumBytes: 1 << 20)
        let start = events.lastOffset
        for (size, selection) in [
            (1, Self.selection()), (2, Self.selection(["a"])), (3, Self.selection(["b"])),
            (4, Self.selection(["a", "b"], except: ["c"])), (5, Self.selection([], except: ["me"])),
        ] {
            _ = events.append(
                Self.unit(String(repeating: "x", count: size)),
                for: selection,
                until: .uptimeNanoseconds(9)
            )
        }
        func sizes(_ rooms: Set<Room>) -> [Int]? { events.units(after: start, for: rooms)?.map { $0.byteCount - 3 } }
        #expect(sizes(["me", "a"]) == [1, 2, 4])
        #expect(sizes(["other", "b", "c"]) == [1, 3, 5])
        #expect(sizes(["me"]) == [1])
    }

    @Test func `an offset that is unknown, of another life or too old gives nothing`() {
        var events = MissedEvents(prefix: "p", maximumCount: 2, maximumBytes: 1 << 20)
        let start = events.lastOffset
        for _ in 0..<3 { _ = events.append(Self.unit("x"), for: Self.selection(), until: .uptimeNanoseconds(9)) }
        #expect(events.units(after: start, for: []) == nil)
        for offset in ["", "p", "q1", "p-1", "p01", "pZ", "p+1", "pzzzzzzzzzzzzzzzz", events.nextOffset] {
            #expect(events.units(after: offset, for: []) == nil, "\(offset)")
        }
        #expect(events.units(after: events.lastOffset, for: [])?.isEmpty == true)
    }

    @Test func `the queue is bounded by count, by bytes and by time`() {
        var events = MissedEvents(prefix: "p", maximumCount: 3, maximumBytes: 20)
        func append(_ size: Int, until time: UInt64) -> Int {
            let unit = Self.unit(String(repeating: "x", count: size))
            return events.append(unit, for: Self.selection(), until: .uptimeNanoseconds(time))
        }
        // Each has a header of two bytes and a type of one.
        let evicted = [append(1, until: 1), append(1, until: 2), append(1, until: 3), append(1, until: 4)]
        #expect(evicted == [0, 0, 0, 1])
        let evictedByBytes = [append(10, until: 5), append(100, until: 6)]
        #expect(evictedByBytes == [2, 3])
        #expect(events.count == 0 && events.byteCount == 0)
        _ = append(1, until: 7)
        _ = append(1, until: 8)
        events.expire(now: .uptimeNanoseconds(7))
        #expect(events.count == 1)
    }

    private static func absent(_ name: String) -> AbsentSocket {
        AbsentSocket(
            id: SocketID(rawValue: name),
            privateID: name,
            rooms: [],
            values: SocketValues(),
            firstOffset: ""
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
