/// The handlers of events by name, made once and then only looked up.

/// A hash table that is faster than a dictionary.
///
/// A dictionary's hash withstands keys that an attacker chooses. Here the application chooses the keys; clients only
/// look names up, which changes nothing, so a short hash will do.
struct EventTable: Sendable {
    /// The hash of each slot's name; 0 for a slot that is free.
    ///
    /// As many as a power of two, at most half of them occupied; a name that finds its slot taken is in the next. Kept
    /// apart from the names and handlers, which are copied only when they are the right ones.
    private let hashes: [UInt64]
    private let names: [String]
    private let handlers: [EventHandler?]

    init(_ handlers: [String: EventHandler]) {
        var size = 8
        while size < handlers.count * 2 { size *= 2 }
        var hashes = [UInt64](repeating: 0, count: size)
        var names = [String](repeating: "", count: size)
        var slots = [EventHandler?](repeating: nil, count: size)
        for (name, handler) in handlers {
            let hash = Self.hash(name)
            var slot = Self.slot(hash, of: size)
            while hashes[slot] != 0 { slot = (slot + 1) & (size - 1) }
            (hashes[slot], names[slot], slots[slot]) = (hash, name, handler)
        }
        self.hashes = hashes
        self.names = names
        self.handlers = slots
    }

    /// The handler of an event.
    func handler(for name: String) -> EventHandler? {
        let hash = Self.hash(name)
        var slot = Self.slot(hash, of: self.hashes.count)
        // Ends at a free slot, of which there are as many as there are names.
        while self.hashes[slot] != 0 {
            if self.hashes[slot] == hash, self.names[slot] == name { return self.handlers[slot] }
            slot = (slot + 1) & (self.hashes.count - 1)
        }
        return nil
    }

    /// FNV-1a, without its last bit, which is set: no hash is 0.
    ///
    /// Equal strings in different normal forms hash differently: on the wire they are different names too.
    private static func hash(_ name: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash | 1
    }

    private static func slot(_ hash: UInt64, of size: Int) -> Int {
        Int(truncatingIfNeeded: hash ^ (hash >> 32)) & (size - 1)
    }
}
