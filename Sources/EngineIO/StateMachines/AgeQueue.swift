/// Keys in the order in which they came, of which any may leave at any time.
import DequeModule

/// A queue that knows its oldest key, and finds each key at once.
struct AgeQueue<Key: Hashable> {
    fileprivate struct Place {
        var key: Key
        var number: UInt64
    }

    /// The keys in their order, and those that have left and not been cleared away yet.
    private var places: Deque<Place> = []
    /// The number under which each key stands in line: one that has left and come again has another.
    private var numbers: [Key: UInt64] = [:]
    private var nextNumber: UInt64 = 0

    /// The number of keys.
    var count: Int { self.numbers.count }

    /// The number of places that take memory: of the keys, and of those that have left since they were cleared away.
    var placeCount: Int { self.places.count }

    /// Adds a key that is not there.
    mutating func append(_ key: Key) {
        self.clearAway()
        self.numbers[key] = self.nextNumber
        self.places.append(Place(key: key, number: self.nextNumber))
        self.nextNumber += 1
    }

    /// Takes a key out, wherever it stands.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    mutating func remove(_ key: Key) -> Bool {
        self.numbers.removeValue(forKey: key) != nil
    }

    /// Takes the oldest key.
    mutating func popOldest() -> Key? {
        while let place = self.places.popFirst() {
            if self.isValid(place) {
                self.numbers[place.key] = nil
                return place.key
            }
        }
        return nil
    }

    /// Clears away what has left, once that is more than what is there: a moment for each key, on average.
    private mutating func clearAway() {
        guard self.places.count > 2 * self.numbers.count + 32 else { return }
        let numbers = self.numbers
        self.places.removeAll { numbers[$0.key] != $0.number }
    }

    private func isValid(_ place: Place) -> Bool { self.numbers[place.key] == place.number }
}

extension AgeQueue: Sendable where Key: Sendable {}
extension AgeQueue.Place: Sendable where Key: Sendable {}
