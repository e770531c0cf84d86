/// The handlers of events by name, made once and then only looked up.

/// A hash table that is faster than a dictionary.
///
/// A dictionary's hash withstands keys that an attacker chooses. Here the application chooses the keys; clients only
/// look names up, which changes nothing, so a short hash will do.
struct EventTable: Sendable {
    private struct Entry: Sendable {
        var hash: UInt64
        var name: String
        var handler: EventHandler
    }

    /// As many as a power of two, at most half of them occupied; a name that finds its slot taken is in the next.
    private let slots: [Entry?]

    init(_ handlers: [String: EventHandler]) {
        var size = 8
        while size < handlers.count * 2 { size *= 2 }
        var slots = [Entry?](repeating: nil, count: size)
        for (name, handler) in handlers {
            let hash = Self.hash(name)
            var slot = Self.slot(hash, of: size)
            while slots[slot] != nil { slot = (slot + 1) & (size - 1) }
            slots[slot] = Entry(hash: hash, name: name, handler: handler)
        }
        self.slots = slots
    }

    /// The handler of an event.
    func handler(for name: String) -> EventHandler? {
        let hash = Self.hash(name)
        var slot = Self.slot(hash, of: self.slots.count)
        // Ends at an empty slot, of which there are as many as there are names.
        while let entry = self.slots[slot] {
            if entry.hash == hash, entry.name == name { return entry.handler }
            slot = (slot + 1) & (self.slots.count - 1)
        }
        return nil
    }

    /// FNV-1a.
    ///
    /// Equal strings in different normal forms hash differently: on the wire they are different names too.
    private static func hash(_ name: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }

    private static func slot(_ hash: UInt64, of size: Int) -> Int {
        Int(truncatingIfNeeded: hash ^ (hash >> 32)) & (size - 1)
    }
}
