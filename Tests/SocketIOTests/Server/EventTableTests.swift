/// Finding handlers by the names of events.
import Testing

@testable import SocketIO

@Suite struct EventTableTests {
    private static func table(_ names: some Sequence<String>) -> EventTable {
        let handler = EventHandler(body: .synchronous { _, _ in }, order: .serial)
        return EventTable(Dictionary(uniqueKeysWithValues: names.map { ($0, handler) }))
    }

    @Test(arguments: [0, 1, 4, 5, 8, 100, 1_000])
    func `every name is found, and no other`(count: Int) {
        let names = (0..<count).map { "event-\($0)" }
        let table = Self.table(names)
        for name in names { #expect(table.handler(for: name) != nil, "\(name)") }
        for name in ["", "event-", "event--1", "event-\(count)", "Event-0"] {
            #expect(table.handler(for: name) == nil, "\(name)")
        }
    }

    @Test func `names are any text`() {
        let names = ["", " ", "ü", "日本語", "👩‍👩‍👧", "a\u{0}b", "__proto__", String(repeating: "x", count: 100_000)]
        let table = Self.table(names)
        for name in names { #expect(table.handler(for: name) != nil) }
    }

    @Test func `the same letters in another normal form are another name`() {
        let table = Self.table(["caf\u{E9}"])
        #expect(table.handler(for: "caf\u{E9}") != nil)
        #expect(table.handler(for: "cafe\u{301}") == nil)
    }
}
