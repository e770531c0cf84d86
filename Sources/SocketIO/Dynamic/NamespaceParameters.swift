/// The parameters that a namespace's name has, when a pattern made it.

/// The texts of a pattern's parameters in the name of a namespace.
public struct NamespaceParameters: Sendable, Hashable {
    private struct Entry: Sendable, Hashable {
        var name: String
        var text: String
    }

    /// Few enough to be searched one by one.
    private var entries: [Entry] = []

    init() {}

    mutating func append(_ name: String, _ text: String) {
        self.entries.append(Entry(name: name, text: text))
    }

    /// The names of the parameters, in the order of the pattern.
    public var names: [String] { self.entries.map(\.name) }

    /// The text of a parameter as it stands in the name, nothing decoded; `nil` when there is no such parameter.
    ///
    /// - Parameter name: The parameter's name.
    public subscript(name: String) -> String? { self.entries.first { $0.name == name }?.text }

    /// The value of a parameter.
    ///
    /// It is there when the namespace was made by a pattern that this parameter was interpolated into.
    ///
    /// - Parameter parameter: The parameter.
    /// - Returns: Its value.
    /// - Throws: ``SocketIOError`` with the code ``SocketIOError/Code/invalidParameter`` when there is no such parameter,
    ///   or its text is no value of the type.
    public func value<Value>(of parameter: NamespaceParameter<Value>) throws(SocketIOError) -> Value {
        guard let text = self[parameter.name] else {
            throw SocketIOError(.invalidParameter, "expected a parameter \(parameter.name), found none")
        }
        guard let value = NamespaceParameter<Value>.value(of: text) else {
            let found = Excerpt.quoted(text.utf8)
            throw SocketIOError(.invalidParameter, "expected \(parameter.name) to be a \(Value.self), found \(found)")
        }
        return value
    }
}

extension Namespace {
    /// The value of a parameter in the namespace's name; see ``NamespaceParameters/value(of:)``.
    ///
    /// - Parameter parameter: The parameter.
    /// - Returns: Its value.
    /// - Throws: ``SocketIOError`` with the code ``SocketIOError/Code/invalidParameter``.
    public func value<Value>(of parameter: NamespaceParameter<Value>) throws(SocketIOError) -> Value {
        try self.parameters.value(of: parameter)
    }
}

extension Socket {
    /// The value of a parameter in the namespace's name; see ``NamespaceParameters/value(of:)``.
    ///
    /// - Parameter parameter: The parameter.
    /// - Returns: Its value.
    /// - Throws: ``SocketIOError`` with the code ``SocketIOError/Code/invalidParameter``.
    public func value<Value>(of parameter: NamespaceParameter<Value>) throws(SocketIOError) -> Value {
        try self.namespace.parameters.value(of: parameter)
    }
}
