/// Decides which web pages may talk to the server.

/// The origins whose pages may open sessions, over polling and WebSocket alike.
///
/// Browsers name the page's origin in the `Origin` field and let scripts neither change nor omit it; programs that are
/// no browsers usually send none and are let in by every policy. A page from an origin that is not allowed is refused
/// with status 400 and the body `{"code":3,"message":"Bad request"}`.
public struct OriginPolicy: Sendable {
    enum Rule: Sendable {
        case sameOrigin
        case sameOriginOrList(Set<[UInt8]>)
        case any
        case list(Set<[UInt8]>)
        case custom(@Sendable (String) -> Bool)
    }

    let rule: Rule

    /// Only pages served under the scheme and host the request itself names; the default.
    ///
    /// The origin must equal `http://` or `https://` with the `Host` field behind it, character by character.
    public static let sameOrigin = OriginPolicy(rule: .sameOrigin)

    /// Pages served as in `sameOrigin`, and pages of the origins listed, as in `list`.
    public static func sameOrigin(and origins: [String]) -> OriginPolicy {
        OriginPolicy(rule: .sameOriginOrList(Self.normalized(origins)))
    }

    /// Every page.
    public static let any = OriginPolicy(rule: .any)

    /// Pages of the origins listed, as `https://example.com` or `http://localhost:8080`; no slash at the end.
    ///
    /// Upper and lower case are the same: browsers send scheme and host in lower case.
    public static func list(_ origins: [String]) -> OriginPolicy {
        OriginPolicy(rule: .list(Self.normalized(origins)))
    }

    /// Pages of the origins `isAllowed` returns true for.
    ///
    /// It is called on an event loop, once for each request with an `Origin` field, and must not block.
    public static func custom(_ isAllowed: @escaping @Sendable (_ origin: String) -> Bool) -> OriginPolicy {
        OriginPolicy(rule: .custom(isAllowed))
    }

    /// Whether no page is refused.
    var allowsEverybody: Bool {
        if case .any = self.rule { true } else { false }
    }

    /// As bytes: what Unicode calls the same is not the same name on the net.
    private static func normalized(_ origins: [String]) -> Set<[UInt8]> {
        Set(origins.map { Array($0.lowercased().utf8) })
    }

    /// - Parameters:
    ///   - origin: the `Origin` field; nil when the request has none.
    ///   - host: the `Host` field. Forwarded fields are not consulted: anybody can send them.
    ///   - isSecure: whether the request came over TLS.
    func allows(origin: String?, host: String?, isSecure: Bool) -> Bool {
        guard let origin else { return true }
        guard Self.isWellFormed(origin) else { return false }
        switch self.rule {
        case .sameOrigin: return Self.isOwn(origin, host: host, isSecure: isSecure)
        case .sameOriginOrList(let origins):
            return origins.contains(Array(origin.utf8)) || Self.isOwn(origin, host: host, isSecure: isSecure)
        case .any: return true
        case .list(let origins): return origins.contains(Array(origin.utf8))
        case .custom(let isAllowed): return isAllowed(origin)
        }
    }

    private static func isOwn(_ origin: String, host: String?, isSecure: Bool) -> Bool {
        host.map { origin.utf8.elementsEqual("\(isSecure ? "https" : "http")://\($0)".utf8) } ?? false
    }

    /// The value may be sent back in a response, so that control characters must not get through.
    private static func isWellFormed(_ origin: String) -> Bool {
        origin.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}
