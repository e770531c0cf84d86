/// Where the server is and what every request to it carries.
import Glibc

struct Target {
    let address: sockaddr_in
    /// The value of the Host header.
    let authority: String
    /// The path of the requests, without a query.
    let path: String
    /// Header lines to add, each with its line end.
    let headers: String
    /// The Socket.IO packet that connects to the namespace.
    let connectPacket: String

    /// Gives nothing when the host is no IPv4 address.
    init?(host: String, port: Int, path: String, headers: [String], authentication: String) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        let literal = host == "localhost" ? "127.0.0.1" : host
        guard inet_pton(AF_INET, literal, &address.sin_addr) == 1 else { return nil }
        self.address = address
        self.authority = "\(host):\(port)"
        self.path = path
        self.headers = headers.map { $0 + "\r\n" }.joined()
        self.connectPacket = "40" + authentication
    }

    var isLoopback: Bool {
        UInt32(bigEndian: self.address.sin_addr.s_addr) >> 24 == 127
    }
}
