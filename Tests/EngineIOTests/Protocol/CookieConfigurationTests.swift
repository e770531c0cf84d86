/// The cookie's text.
import Testing

@testable import EngineIO

@Suite struct CookieConfigurationTests {
    private static let sid = SessionID("2g7xoCwor8NLKxnUAAAA")!

    @Test func `the default is Node's`() {
        let value = CookieConfiguration().headerValue(for: Self.sid)
        #expect(value == "io=2g7xoCwor8NLKxnUAAAA; Path=/; HttpOnly; SameSite=Lax")
    }

    @Test func `each attribute has its place`() {
        let cookie = CookieConfiguration(
            name: "foo",
            maxAge: .seconds(86_400),
            domain: "a.example",
            path: "/x",
            isSecure: true,
            sameSite: .strict
        )
        let value = cookie.headerValue(for: Self.sid)
        let attributes = "Max-Age=86400; Domain=a.example; Path=/x; HttpOnly; Secure; SameSite=Strict"
        #expect(value == "foo=2g7xoCwor8NLKxnUAAAA; \(attributes)")
    }

    @Test func `newer attributes stand where Node's library writes them`() {
        let cookie = CookieConfiguration(
            isSecure: true,
            sameSite: CookieConfiguration.SameSite.none,
            isPartitioned: true,
            priority: .high
        )
        let value = cookie.headerValue(for: Self.sid)
        #expect(value.hasSuffix("; Path=/; HttpOnly; Secure; Partitioned; Priority=High; SameSite=None"))
    }

    @Test func `attributes can be left out`() {
        let cookie = CookieConfiguration(path: nil, isHTTPOnly: false, sameSite: nil)
        #expect(cookie.headerValue(for: Self.sid) == "io=2g7xoCwor8NLKxnUAAAA")
    }

    @Test(arguments: [(.strict, "Strict"), (.lax, "Lax"), (.none, "None")] as [(CookieConfiguration.SameSite, String)])
    func `SameSite is written as RFC 6265 does`(_ sameSite: CookieConfiguration.SameSite, _ text: String) {
        let value = CookieConfiguration(sameSite: sameSite).headerValue(for: Self.sid)
        #expect(value.hasSuffix("; SameSite=\(text)"))
    }
}
