/// What a reader of swift-configuration finds under a key, whatever its type.
internal import Configuration

/// A value as its source has it: environment variables know only text, files know numbers and lists as well.
enum FoundValue: Sendable {
    case text(String)
    case integer(Int)
    case number(Double)
    case truth(Bool)
    case list([String])

    /// A type that a source may have a value in.
    enum Kind: Sendable {
        case text, integer, number, truth, list
    }

    /// The type that is expected; the others are asked for behind it.
    enum Preference: Sendable {
        case text, number, truth, list

        fileprivate var order: [Kind] {
            switch self {
            case .text: [.text, .integer, .number, .truth, .list]
            case .number: [.integer, .number, .text, .truth, .list]
            case .truth: [.truth, .text, .integer, .number, .list]
            case .list: [.list, .text, .integer, .number, .truth]
            }
        }
    }

    /// Looks a key up.
    ///
    /// A reader gives nothing both when there is no value and when there is one of another type. So all types are asked
    /// for, the expected one first: what is found in the end can be told in an error. Text without characters counts as
    /// no value.
    ///
    /// Nil when there is no value.
    init?(_ key: String, in config: ConfigReader, preferring preference: Preference) {
        let key = ConfigKey(key)
        for kind in preference.order {
            guard let value = Self(key, in: config, as: kind) else { continue }
            if value.isEmptyText { return nil }
            self = value
            return
        }
        return nil
    }

    private init?(_ key: ConfigKey, in config: ConfigReader, as kind: Kind) {
        let value: Self? =
            switch kind {
            case .text: config.string(forKey: key).map(Self.text)
            case .integer: config.int(forKey: key).map(Self.integer)
            case .number: config.double(forKey: key).map(Self.number)
            case .truth: config.bool(forKey: key).map(Self.truth)
            case .list: config.stringArray(forKey: key).map(Self.list)
            }
        guard let value else { return nil }
        self = value
    }

    private var isEmptyText: Bool {
        switch self {
        case .text(let text): text.isEmpty
        // What a variable without text is when it is read as a list.
        case .list(let list): list == [""]
        default: false
        }
    }

    /// The value for an error's message: quoted, of bounded length, without anything a terminal obeys.
    var description: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .integer(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .truth(let truth): "\(truth)"
        case .list(let list): "[\(list.prefix(20).map(Self.quoted).joined(separator: ", "))]"
        }
    }

    private static func quoted(_ text: String) -> String {
        let excerpt = text.prefix(64)
        return excerpt.debugDescription + (excerpt.endIndex == text.endIndex ? "" : "…")
    }
}
