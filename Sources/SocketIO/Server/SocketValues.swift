/// Typed values that an application keeps with a socket.

/// Names a value of a socket, and its type.
///
/// ```swift
/// enum UserKey: SocketValueKey { typealias Value = User }
/// socket[UserKey.self] = user
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
