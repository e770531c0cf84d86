/// Typed values that an application keeps with a socket.

/// Names a value of a socket, and its type.
///
/// <!-- example: given socket -->
/// ```swift
/// struct User { var name: String }
/// enum UserKey: SocketValueKey { typealias Value = User }
/// socket[UserKey.self] = User(name: "Ada")
/// ```
public protocol SocketValueKey {
    /// The type of the value.
    associatedtype Value: Sendable
}

/// The values of one socket.
struct SocketValues: Sendable {
    private var values: [ObjectIdentifier: any Sendable] = [:]

    subscript<Key: SocketValueKey>(key: Key.Type) -> Key.Value? {
        get { self.values[ObjectIdentifier(key)] as? Key.Value }
        set { self.values[ObjectIdentifier(key)] = newValue }
    }
}
