/// Which origins get in.
import Synchronization
import Testing

@testable import EngineIO

@Suite struct OriginPolicyTests {
    static let policies: [OriginPolicy] = [.sameOrigin, .any, .list(["https://a.example"]), .custom { _ in false }]

    @Test(arguments: policies)
    func `a request without an origin is allowed`(_ policy: OriginPolicy) {
        #expect(policy.allows(origin: nil, host: "a.example", isSecure: false))
        #expect(policy.allows(origin: nil, host: nil, isSecure: true))
    }

    @Test(arguments: policies + [.custom { _ in true }])
    func `an origin with control characters is refused`(_ policy: OriginPolicy) {
        for character in ["\r", "\n", "\u{0}", "\u{1F}", "\u{7F}"] {
            let origin = "https://a.example\(character)"
            #expect(!policy.allows(origin: origin, host: "a.example\(character)", isSecure: true))
        }
    }

    @Test(
        arguments: [
            ("http://a.example", "a.example", false, true), ("https://a.example", "a.example", true, true),
            ("http://127.0.0.1:5050", "127.0.0.1:5050", false, true), ("http://[::1]:5050", "[::1]:5050", false, true),
            ("https://a.example", "a.example", false, false), ("http://a.example", "a.example", true, false),
            ("http://localhost:5050", "127.0.0.1:5050", false, false),
            ("http://a.example:80", "a.example", false, false),
            ("http://a.example/", "a.example", false, false), ("http://A.example", "a.example", false, false),
            ("http://b.example", "a.example", false, false), ("http://a.example.evil", "a.example", false, false),
            ("null", "a.example", false, false), ("", "a.example", false, false),
            ("a.example", "a.example", false, false),
            ("http://", "", false, true), ("http://a.example", nil, false, false),
        ] as [(String, String?, Bool, Bool)]
    )
    func `the same origin is scheme and host, exactly`(
        _ origin: String,
        _ host: String?,
        _ isSecure: Bool,
        _ isAllowed: Bool
    ) {
        #expect(OriginPolicy.sameOrigin.allows(origin: origin, host: host, isSecure: isSecure) == isAllowed)
    }

    @Test func `an origin of other bytes is another, also when Unicode calls it the same`() {
        let origins = [("http://\u{212A}.example", "K.example"), ("http://e\u{301}.example", "\u{E9}.example")]
        for (origin, host) in origins {
            #expect(origin == "http://\(host)")
            #expect(!OriginPolicy.sameOrigin.allows(origin: origin, host: host, isSecure: false))
            #expect(!OriginPolicy.sameOrigin(and: []).allows(origin: origin, host: host, isSecure: false))
        }
        let both = OriginPolicy.list(origins.map(\.0) + origins.map { "http://\($0.1)" })
        #expect(both.allows(origin: origins[1].0, host: nil, isSecure: false))
        #expect(both.allows(origin: "http://\(origins[1].1)", host: nil, isSecure: false))
        #expect(!OriginPolicy.list(["http://\u{E9}.example"]).allows(origin: origins[1].0, host: nil, isSecure: false))
        #expect(
            OriginPolicy.list(["http://\u{E9}.example"]).allows(
                origin: "http://\u{E9}.example",
                host: nil,
                isSecure: false
            )
        )
    }

    @Test(arguments: ["http://b.example", "null", "", "file://"])
    func `any lets everybody in`(_ origin: String) {
        #expect(OriginPolicy.any.allows(origin: origin, host: "a.example", isSecure: false))
    }

    @Test func `a list lets its members in, and nobody else`() {
        let policy = OriginPolicy.list(["https://a.example", "http://localhost:8080"])
        let isAllowed = { policy.allows(origin: $0, host: "b.example", isSecure: true) }
        #expect(isAllowed("https://a.example"))
        #expect(isAllowed("http://localhost:8080"))
        #expect(!isAllowed("http://a.example"))
        #expect(!isAllowed("https://b.example"))
        #expect(!isAllowed("null"))
    }

    @Test func `the same origin and a list let in both, and nobody else`() {
        let policy = OriginPolicy.sameOrigin(and: ["https://a.example"])
        let isAllowed = { policy.allows(origin: $0, host: "b.example", isSecure: false) }
        #expect(isAllowed("https://a.example"))
        #expect(isAllowed("http://b.example"))
        #expect(!isAllowed("https://b.example"))
        #expect(!isAllowed("http://a.example"))
        #expect(!policy.allows(origin: "http://b.example", host: nil, isSecure: false))
    }

    @Test func `a rule of one's own sees the origin once`() {
        let seen = Mutex<[String]>([])
        let policy = OriginPolicy.custom { origin in
            seen.withLock { $0.append(origin) }
            return origin.hasSuffix(".example")
        }
        #expect(policy.allows(origin: "https://a.example", host: nil, isSecure: false))
        #expect(!policy.allows(origin: "https://a.test", host: nil, isSecure: false))
        #expect(seen.withLock { $0 } == ["https://a.example", "https://a.test"])
    }
}
