/// The way from the outermost value to the one being coded; a list from the inside out, so that a step is cheap.
indirect enum CodingPath: Sendable {
    case root
    case step(any CodingKey, in: CodingPath)

    func appending(_ key: any CodingKey) -> CodingPath { .step(key, in: self) }
    func appending(index: Int) -> CodingPath { .step(ValueCodingKey(intValue: index), in: self) }

    /// The steps as `Codable` wants them, outermost first.
    var keys: [any CodingKey] {
        var keys: [any CodingKey] = []
        var path = self
        while case .step(let key, let parent) = path {
            keys.append(key)
            path = parent
        }
        return keys.reversed()
    }
}

/// A key made of whatever name or index there is.
struct ValueCodingKey: CodingKey, Hashable {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }

    /// The key that `superEncoder()` and `superDecoder()` use by convention.
    static let `super` = ValueCodingKey(stringValue: "super")
}
