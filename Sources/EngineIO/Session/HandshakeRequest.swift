/// The HTTP request that opened a session, as applications see it.
public import HTTPTypes
public import NIOCore

/// The request that opened a session, or asks to.
public struct HandshakeRequest: Sendable {
    private enum Head {
        case whole(HTTPRequest)
        case compact(CompactRequestHead)
    }

    private let storage: Head

    /// Method, target and headers.
    ///
    /// Made anew each time: a session keeps its request in a compact form.
    public var head: HTTPRequest {
        switch self.storage {
        case .whole(let head): head
        case .compact(let head): head.request
        }
    }

    /// The address the connection comes from.
    public let remoteAddress: SocketAddress?

    /// Whether the connection is encrypted.
    public let isSecure: Bool

    /// When the request arrived, in seconds since 1970.
    public let time: Double

    /// Creates a request.
    ///
    /// - Parameters:
    ///   - head: Method, target and headers.
    ///   - remoteAddress: The address the connection comes from.
    ///   - isSecure: Whether the connection is encrypted.
    ///   - time: When the request arrived, in seconds since 1970.
    public init(head: HTTPRequest, remoteAddress: SocketAddress?, isSecure: Bool, time: Double) {
        self.storage = .whole(head)
        self.remoteAddress = remoteAddress
        self.isSecure = isSecure
        self.time = time
    }

    /// Keeps a request as a session does.
    init(compact head: CompactRequestHead, remoteAddress: SocketAddress?, isSecure: Bool, time: Double) {
        self.storage = .compact(head)
        self.remoteAddress = remoteAddress
        self.isSecure = isSecure
        self.time = time
    }

    /// The path with its query, as it was sent.
    public var target: String {
        switch self.storage {
        case .whole(let head): head.path ?? "/"
        case .compact(let head): String(head.target)
        }
    }

    /// The headers.
    public var headers: HTTPFields { self.head.headerFields }

    /// The parameters of the query in their order, decoded, duplicates included.
    public var query: [(name: String, value: String)] { Self.query(of: self.target) }

    /// The revision of the protocol that the client asks for; ``ProtocolRevision/three`` is that of Socket.IO 2.
    public var revision: ProtocolRevision { ProtocolRevision(parameter: (try? Query(target: self.target))?.revision) }

    /// The parameters behind the `?` of a text, decoded; none when there are more than any client sends.
    package static func query(of target: String) -> [(name: String, value: String)] {
        (try? Query(target: target))?.all ?? []
    }

    /// The value of a parameter of the query; of duplicates the last counts.
    ///
    /// - Parameter name: The parameter's name.
    /// - Returns: The decoded value, or `nil` when there is no such parameter.
    public func queryValue(_ name: String) -> String? {
        self.query.last { $0.name == name }?.value
    }
}
