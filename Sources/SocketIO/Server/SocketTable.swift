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
        get { namespace == Self.mainName ? self.main : self.others[namespace] }
        set {
            if namespace == Self.mainName { self.main = newValue } else { self.others[namespace] = newValue }
        }
    }

    mutating func removeAll() {
        self.main = nil
        self.others = [:]
    }
}
