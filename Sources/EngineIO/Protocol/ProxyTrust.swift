/// Decides what to believe of the headers with which proxies tell of the client behind them.

/// The headers in which a server's proxies tell of the client.
public enum ProxyHeaders: Sendable, Hashable, CaseIterable {
    /// `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`, which nearly all proxies can send.
    case xForwarded
    /// `Forwarded` (RFC 7239).
    case forwarded
}

/// What trusted proxies say of a request; a part they do not speak of is `nil`.
struct ForwardedClient: Hashable, Sendable {
    /// The address of the client: of the last one on the way that is no trusted proxy.
    var address: IPAddress?
    /// Whether the client's connection is encrypted.
    var isSecure: Bool?
    /// The host that the client named.
    var host: String?
}

/// The proxies that a server trusts.
struct ProxyTrust: Sendable {
    /// More proxies than any request goes through.
    private static let maximumHops = 32

    private let proxies: [AddressBlock]
    private let headers: ProxyHeaders

    init(proxies: [AddressBlock], headers: ProxyHeaders) {
        self.proxies = proxies
        self.headers = headers
    }

    /// Whether an address is that of a trusted proxy.
    func trusts(_ address: IPAddress) -> Bool {
        self.proxies.contains { $0.contains(address) }
    }

    /// What a request from a trusted proxy says of its client.
    ///
    /// Each proxy appends what it knows to what it got, so that all is read from its end: what stands in front of the
    /// first address that is not trusted was written by the client, and is not even looked at. What cannot be read says
    /// nothing.
    ///
    /// - Parameter values: Gives the values of the fields of a name, in order.
    func client(_ values: (_ name: String) -> [String]) -> ForwardedClient {
        switch self.headers {
        case .xForwarded: self.clientOfLists(values)
        case .forwarded: self.client(elements: values("forwarded"))
        }
    }

    // MARK: X-Forwarded

    private func clientOfLists(_ values: (_ name: String) -> [String]) -> ForwardedClient {
        var client = ForwardedClient()
        /// How many proxies stand between the server and the proxy that the client is connected to.
        var distance = 0
        for node in ListFromEnd(values("x-forwarded-for")).prefix(Self.maximumHops) {
            guard let address = Self.address(ofNode: node) else { break }
            client.address = address
            guard self.trusts(address) else { break }
            distance += 1
        }
        client.isSecure = Self.entry(values("x-forwarded-proto"), at: distance).flatMap(Self.isSecure)
        client.host = Self.entry(values("x-forwarded-host"), at: distance).flatMap(Self.host)
        return client
    }

    /// The entry that stands as far from the end as the client's address: many proxies send but one.
    private static func entry(_ values: [String], at distance: Int) -> Substring? {
        var last: Substring?
        for entry in ListFromEnd(values).prefix(min(distance, Self.maximumHops) + 1) { last = entry }
        return last
    }

    // MARK: Forwarded

    private func client(elements lines: [String]) -> ForwardedClient {
        var client = ForwardedClient()
        var hops = 0
        for line in lines.reversed() {
            guard let elements = ForwardedElement.elements(of: line) else { break }
            for element in elements.reversed() {
                client.isSecure = element.scheme.flatMap { Self.isSecure($0[...]) } ?? client.isSecure
                client.host = element.host.flatMap { Self.host($0[...]) } ?? client.host
                // A client that its proxy hides has no address; what stands before it cannot be trusted.
                guard let address = element.node.flatMap({ Self.address(ofNode: $0[...]) }) else { return client }
                client.address = address
                hops += 1
                guard self.trusts(address), hops < Self.maximumHops else { return client }
            }
        }
        return client
    }

    // MARK: Values

    /// The address of `192.0.2.1:80`, `[2001:db8::1]:80`, or either without its port.
    private static func address(ofNode node: Substring) -> IPAddress? {
        let bytes = node.utf8
        if bytes.first == UInt8(ascii: "["), let end = bytes.lastIndex(of: UInt8(ascii: "]")) {
            guard HostField.isValid(node) else { return nil }
            return IPAddress(node[bytes.index(after: bytes.startIndex)..<end])
        }
        if let address = IPAddress(node) { return address }
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")), HostField.isValid(node) else { return nil }
        return IPAddress(node[..<colon])
    }

    private static func isSecure(_ scheme: Substring) -> Bool? {
        switch scheme.lowercased() {
        case "https", "wss": true
        case "http", "ws": false
        default: nil
        }
    }

    private static func host(_ host: Substring) -> String? {
        host.isEmpty || !HostField.isValid(host) ? nil : String(host)
    }
}

/// The entries of a list in one or more fields, from the last to the first, without the blanks around them.
///
/// Nothing is split that is not asked for: the front of the list is the client's, and as long as it likes.
private struct ListFromEnd: Sequence, IteratorProtocol {
    private var lines: ArraySlice<String>
    private var rest: Substring?

    init(_ lines: [String]) {
        self.lines = lines[...]
        self.rest = self.lines.popLast().map { $0[...] }
    }

    mutating func next() -> Substring? {
        guard let rest = self.rest else { return nil }
        let comma = rest.utf8.lastIndex(of: UInt8(ascii: ","))
        self.rest = comma.map { rest[..<$0] } ?? self.lines.popLast().map { $0[...] }
        return Self.trimmed(comma.map { rest[rest.utf8.index(after: $0)...] } ?? rest)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let start = text.utf8.firstIndex(where: { !isBlank($0) }),
            let end = text.utf8.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return text[start...end]
    }
}
