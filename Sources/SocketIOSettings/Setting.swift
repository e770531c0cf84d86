/// A value of a configuration that has a key.
internal import Configuration

/// A key, and the property that it sets.
struct Setting<Root>: Sendable {
    /// The key: the property's own name, behind those of the structures that it lies in.
    let key: String
    private let read: @Sendable (ConfigReader, inout Root) throws(UnreadableSetting) -> Void

    init<Value: Sendable>(
        _ key: String,
        _ path: any WritableKeyPath<Root, Value> & Sendable,
        _ format: SettingFormat<Value>
    ) {
        self.key = key
        self.read = { config, root throws(UnreadableSetting) in
            guard let found = FoundValue(key, in: config, preferring: format.preference) else { return }
            guard let value = format.parse(found) else {
                throw UnreadableSetting(key: key, found: found.description, expected: format.expected)
            }
            root[keyPath: path] = value
        }
    }

    /// A key of a property that may be `nil`.
    init<Value: Sendable>(
        _ key: String,
        _ path: any WritableKeyPath<Root, Value?> & Sendable,
        _ format: SettingFormat<Value>
    ) {
        self.init(key, path, format.orNone)
    }

    /// A key of a structure that lies in another, under the name of its property.
    init<Inner>(_ name: String, _ path: any WritableKeyPath<Root, Inner> & Sendable, _ inner: Setting<Inner>) {
        self.key = "\(name).\(inner.key)"
        self.read = { config, root throws(UnreadableSetting) in
            do throws(UnreadableSetting) {
                try inner.read(config.scoped(to: ConfigKey([name])), &root[keyPath: path])
            } catch {
                throw UnreadableSetting(key: "\(name).\(error.key)", found: error.found, expected: error.expected)
            }
        }
    }

    /// Sets the property when there is a value for the key.
    func apply(_ config: ConfigReader, to root: inout Root) throws(UnreadableSetting) {
        try self.read(config, &root)
    }
}
