/// Which sockets a client wants something done to.
import SocketIO

/// A selection of sockets, as a client writes it: `{"to": ["a", "b"], "except": ["c"], "others": true}`.
struct Choice: Decodable {
    /// The rooms that are reached; everybody when absent.
    var to: [String]?
    var except: [String]?
    /// Whether the socket that asks is left out.
    var others: Bool?
    var volatile: Bool?
    var compress: Bool?
    /// The milliseconds that acknowledgements may take.
    var timeout: Int?

    /// The sockets, seen from the one that asks.
    func sockets(of socket: Socket) -> BroadcastOperator {
        var chosen = self.others == true ? socket.broadcast : socket.namespace.broadcastOperator
        if let to { chosen = chosen.to(to.map { Room($0) }) }
        if let except { chosen = chosen.except(except.map { Room($0) }) }
        if self.volatile == true { chosen = chosen.volatile }
        if let compress { chosen = chosen.compress(compress) }
        if let timeout { chosen = chosen.timeout(.milliseconds(timeout)) }
        return chosen
    }
}

extension Arguments {
    /// The argument at a position; what is missing is an error of the client.
    func decode<T: Decodable>(_ position: Int, as type: T.Type = T.self) throws -> T {
        guard position < self.count else { throw MissingArgument(position: position) }
        return try self[position].decode(as: type)
    }

    /// The texts from a position on, as rooms.
    func rooms(from position: Int = 0) throws -> [Room] {
        try self.dropFirst(position).map { Room(try $0.decode(as: String.self)) }
    }
}

/// A client left out an argument.
struct MissingArgument: Error {
    var position: Int
}
