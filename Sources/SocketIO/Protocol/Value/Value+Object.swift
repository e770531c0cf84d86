extension Value {
    /// The members of a JSON object, in the order they were received or added.
    ///
    /// Names are compared byte by byte, as JavaScript does; the order does not matter for equality.
    public struct Object: Sendable {
        /// One name with its value.
        public typealias Element = (key: String, value: Value)

        private var members: [Element] = []

        /// The places of the names, kept only where searching from the start would be slower.
        private var places: [Name: Int]?

        private static var searchLimit: Int { 16 }

        /// Makes an object without members.
        public init() {}

        /// Makes an object; of several members with the same name the last counts, at the place of the first.
        public init(_ members: some Sequence<(String, Value)>) {
            self.members.reserveCapacity(members.underestimatedCount)
            for (key, value) in members { self[key] = value }
        }

        /// The names in order.
        public var keys: [String] { members.map(\.key) }

        /// The values in order.
        public var values: [Value] { members.map(\.value) }

        /// The value called `key`; assigning nothing removes the member, assigning to a new name appends it.
        public subscript(key: String) -> Value? {
            get { place(of: key).map { members[$0].value } }
            set {
                switch (place(of: key), newValue) {
                case (let place?, let value?): members[place].value = value
                case (let place?, nil): remove(at: place)
                case (nil, let value?): append(key, value)
                case (nil, nil): break
                }
            }
        }

        private func place(of key: String) -> Int? {
            if let places { return places[Name(text: key)] }
            let name = Name(text: key)
            return members.firstIndex { Name(text: $0.key) == name }
        }

        private mutating func append(_ key: String, _ value: Value) {
            members.append((key, value))
            if places != nil { places?[Name(text: key)] = members.count - 1 } else { indexIfLarge() }
        }

        private mutating func remove(at place: Int) {
            members.remove(at: place)
            places = nil
            indexIfLarge()
        }

        private mutating func indexIfLarge() {
            guard members.count > Self.searchLimit else { return }
            places = Dictionary(uniqueKeysWithValues: members.indices.map { (Name(text: members[$0].key), $0) })
        }
    }
}

/// A string compared by its bytes: to Swift two spellings of "é" are equal, in JSON they are different names.
struct Name: Hashable {
    let text: String

    static func == (first: Name, second: Name) -> Bool {
        first.text.utf8.count == second.text.utf8.count && first.text.utf8.elementsEqual(second.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension Value.Object: RandomAccessCollection {
    /// The position of the first member, always zero.
    public var startIndex: Int { 0 }

    /// The position after the last member.
    public var endIndex: Int { members.count }

    /// The member at a position, which must be valid.
    public subscript(position: Int) -> Element { members[position] }
}

extension Value.Object: Hashable {
    /// Whether both have the same members, in whatever order.
    public static func == (first: Self, second: Self) -> Bool {
        first.count == second.count && first.allSatisfy { second[$0.key] == $0.value }
    }

    /// Feeds the members to a hasher, independent of their order.
    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for member in members {
            var memberHasher = Hasher()
            memberHasher.combine(Name(text: member.key))
            memberHasher.combine(member.value)
            sum &+= memberHasher.finalize()
        }
        hasher.combine(sum)
    }
}

extension Value.Object: ExpressibleByDictionaryLiteral {
    /// Makes an object; of several members with the same name the last counts.
    public init(dictionaryLiteral members: (String, Value)...) { self.init(members) }
}

extension Value.Object: CustomStringConvertible {
    /// The object as JSON.
    public var description: String { Value.object(self).description }
}
