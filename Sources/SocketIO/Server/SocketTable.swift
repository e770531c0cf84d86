/// The sockets of one connection, by the names of their namespaces.

/// The sockets of a connection.
///
/// Most connections have joined `/` and nothing else: its socket is found without hashing the name.
struct SocketTable: Sendable {
    private static let mainName = "/"

    private var main: Socket?
    private var others: [String: Socket] = [:]

    var count: Int { self.others.count + (self.main == nil ? 0 : 1) }

    /// The sockets in the order in which the client joined their namespaces.
    var inOrder: [Socket] {
        let sockets = [self.main].compactMap(\.self) + self.others.values
        return sockets.sorted { $0.joinNumber < $1.joinNumber }
    }

    subscript(namespace: String) -> Socket? {
        get {
            if namespace == Self.mainName { return self.main }
            // Strings are equal also in different normal forms, which on the wire are different names.
            guard let socket = self.others[namespace], socket.namespace.name.utf8.elementsEqual(namespace.utf8) else {
                return nil
            }
            return socket
        }
        set {
            if namespace == Self.mainName { self.main = newValue } else { self.others[namespace] = newValue }
        }
    }

    mutating func removeAll() {
        self.main = nil
        self.others = [:]
    }
}
