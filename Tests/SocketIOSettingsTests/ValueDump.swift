/// Looks at all properties of a configuration, those that nobody has thought of included.
import EngineIO
import HTTPTypes
import SocketIO

/// The properties of a value and of the structures inside it, by their names.
struct ValueDump: Equatable {
    /// Each property, written down.
    private(set) var values: [String: String] = [:]
    /// The properties that are code.
    private(set) var code: Set<String> = []

    /// - Parameter keys: Where not to look further inside.
    init(of value: Any, keys: Set<String>) {
        self.visit(value, at: "", keys)
    }

    private mutating func visit(_ value: Any, at path: String, _ keys: Set<String>) {
        let mirror = Mirror(reflecting: value)
        let isStructure = mirror.displayStyle == .struct && Self.isOurs(value)
        if !keys.contains(path), isStructure, !mirror.children.isEmpty {
            for child in mirror.children {
                self.visit(child.value, at: (path.isEmpty ? "" : path + ".") + (child.label ?? ""), keys)
            }
        } else if !keys.contains(path), mirror.displayStyle == .optional, let content = mirror.children.first {
            self.visit(content.value, at: path, keys)
        } else if String(reflecting: type(of: value)).contains("->") {
            self.code.insert(path)
        } else {
            self.values[path] = Self.text(of: value)
        }
    }

    private static func isOurs(_ value: Any) -> Bool {
        let module = String(reflecting: type(of: value)).prefix { $0 != "." }
        return module == "EngineIO" || module == "SocketIO"
    }

    private static func text(of value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        // A set has another order in each process.
        guard mirror.displayStyle == .set else { return String(reflecting: value) }
        return "\(mirror.children.map { String(reflecting: $0.value) }.sorted())"
    }

    /// The properties in which another value differs.
    func differences(from other: ValueDump) -> [String] {
        Set(self.values.keys).union(other.values.keys).filter { self.values[$0] != other.values[$0] }.sorted()
    }
}
