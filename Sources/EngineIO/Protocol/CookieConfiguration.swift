/// The cookie that tells load balancers which server a session lives on.

/// The cookie set by the response that opens a session over polling; its value is the session's identifier.
///
/// The server itself never reads it. Load balancers can use it to send all requests of a session to the same server.
public struct CookieConfiguration: Sendable, Equatable {
    /// When browsers send a cookie along with requests that other sites cause.
    public enum SameSite: String, Sendable {
        /// Never.
        case strict = "Strict"
        /// Only when the user follows a link.
        case lax = "Lax"
        /// Always; browsers want the cookie to be secure then.
        case none = "None"
    }

    /// Which cookies browsers throw away last when there are too many.
    public enum Priority: String, Sendable {
        /// First.
        case low = "Low"
        /// As any other.
        case medium = "Medium"
        /// Last.
        case high = "High"
    }

    /// The cookie's name, a token as RFC 6265 defines it.
    public var name: String

    /// How long browsers keep the cookie; nil keeps it until the browser is closed.
    public var maxAge: Duration?

    /// The domain whose hosts get the cookie; nil means this host alone.
    public var domain: String?

    /// The path below which the cookie is sent; nil means the server's own path.
    public var path: String?

    /// Whether scripts cannot read the cookie.
    public var isHTTPOnly: Bool

    /// Whether the cookie is sent over TLS only.
    public var isSecure: Bool

    /// When browsers send the cookie with requests other sites cause; nil leaves it to the browser.
    public var sameSite: SameSite?

    /// Whether the cookie of a page inside another site's page is kept apart from that of other such sites.
    ///
    /// Browsers want the cookie to be secure then.
    public var isPartitioned: Bool

    /// How gladly browsers throw the cookie away; nil leaves it to the browser.
    public var priority: Priority?

    /// Makes a configuration; what is left out is as in Node.
    public init(
        name: String = "io",
        maxAge: Duration? = nil,
        domain: String? = nil,
        path: String? = "/",
        isHTTPOnly: Bool = true,
        isSecure: Bool = false,
        sameSite: SameSite? = .lax,
        isPartitioned: Bool = false,
        priority: Priority? = nil
    ) {
        self.name = name
        self.maxAge = maxAge
        self.domain = domain
        self.path = path
        self.isHTTPOnly = isHTTPOnly
        self.isSecure = isSecure
        self.sameSite = sameSite
        self.isPartitioned = isPartitioned
        self.priority = priority
    }

    /// The value of the `Set-Cookie` field, its attributes in Node's order.
    func headerValue(for sid: SessionID) -> String {
        let attributes = [
            self.maxAge.map { "Max-Age=\($0.components.seconds)" },
            self.domain.map { "Domain=\($0)" },
            self.path.map { "Path=\($0)" },
            self.isHTTPOnly ? "HttpOnly" : nil,
            self.isSecure ? "Secure" : nil,
            self.isPartitioned ? "Partitioned" : nil,
            self.priority.map { "Priority=\($0.rawValue)" },
            self.sameSite.map { "SameSite=\($0.rawValue)" },
        ]
        return (["\(self.name)=\(sid)"] + attributes.compactMap(\.self)).joined(separator: "; ")
    }
}
