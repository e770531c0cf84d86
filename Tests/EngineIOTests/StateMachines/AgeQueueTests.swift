/// The queue that knows its oldest key, against a plain list.
import Testing

@testable import EngineIO

@Suite struct AgeQueueTests {
    @Test func `keys leave by age, or whenever they like`() {
        var queue = AgeQueue<Int>()
        for key in 0..<5 { queue.append(key) }
        #expect(queue.remove(0) == true)
        #expect(queue.remove(2) == true)
        #expect(queue.remove(2) == false)
        #expect(queue.count == 3)
        #expect(queue.popOldest() == 1)
        #expect(queue.popOldest() == 3)
        #expect(queue.popOldest() == 4)
        #expect(queue.popOldest() == nil)
        #expect(queue.count == 0)
    }

    @Test func `a key that comes again is the youngest`() {
        var queue = AgeQueue<Int>()
        for key in 0..<3 { queue.append(key) }
        queue.remove(0)
        queue.append(0)
        #expect([queue.popOldest(), queue.popOldest(), queue.popOldest(), queue.popOldest()] == [1, 2, 0, nil])
    }

    @Test func `it is a list, whatever happens to it, and keeps nothing that has left`() {
        var generator = SeededGenerator(seed: 3)
        var queue = AgeQueue<Int>()
        var list: [Int] = []
        // One that stays in front for ever.
        queue.append(-1)
        list.append(-1)
        for step in 0..<50_000 {
            switch Int.random(in: 0..<3, using: &generator) {
            case 0 where list.count < 100:
                queue.append(step)
                list.append(step)
            case 1 where list.count > 1:
                let key = list.remove(at: Int.random(in: 1..<list.count, using: &generator))
                #expect(queue.remove(key) == true)
            default:
                #expect(queue.count == list.count)
            }
        }
        #expect(queue.placeCount <= 2 * list.count + 33)
        while !list.isEmpty { #expect(queue.popOldest() == list.removeFirst()) }
    }
}
