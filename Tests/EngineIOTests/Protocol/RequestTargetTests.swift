/// Targets and hosts of requests, sound and broken.
import Testing

@testable import EngineIO

@Suite struct RequestTargetTests {
    @Test(arguments: ["/", "/a/b?c=d", "//a/b", "/a/../b", "/%2e%2e/", "/http://a/", "/a?b#c", "/*"])
    func `path and query stay as they are`(target: String) {
        let parsed = RequestTarget(target, mayBeAsterisk: false)
        #expect(parsed?.path == target)
        #expect(parsed?.authority == nil)
    }

    @Test(
        arguments: [
            ("http://a/b?c", "/b?c", "a"), ("http://a", "/", "a"), ("http://a?b=c", "/?b=c", "a"),
            ("http://a#b", "/#b", "a"), ("HTTP://A:80/b", "/b", "A:80"), ("https://[::1]:8080/", "/", "[::1]:8080"),
            ("http://a//b", "//b", "a"), ("http://a/http://b/", "/http://b/", "a"),
        ]
    )
    func `the absolute form is taken apart`(target: String, path: String, authority: String) {
        let parsed = RequestTarget(target, mayBeAsterisk: false)
        #expect(parsed?.path == path)
        #expect(parsed?.authority == authority)
    }

    @Test(
        arguments: [
            "", "a", "a:443", "a/b", "http:", "http:/a", "http:///a", "http://", "http://?a", "http://u@a/",
            "http://u:p@a/", "http://a b/", "http://a:x/", "http://a,b/", "ftp://a/", "ws://a/", "javascript://a/",
            "http ://a/", "*", "*/", "http://[::1/", "http://[1.2.3.4]/", "://a/",
        ]
    )
    func `what is no target of a server is none`(target: String) {
        #expect(RequestTarget(target, mayBeAsterisk: false) == nil)
    }

    @Test func `an asterisk is one where it makes sense`() {
        #expect(RequestTarget("*", mayBeAsterisk: true)?.path == "*")
        #expect(RequestTarget("**", mayBeAsterisk: true) == nil)
    }
}

@Suite struct HostFieldTests {
    @Test(
        arguments: [
            "", "a", "a.example", "a_b.example", "A-1:80", "a:", "127.0.0.1:65535", "[::1]", "[::1]:80",
            "[2001:db8::1]:",
            "%41.example", "a!b", "xn--nxasmq6b",
        ]
    )
    func `a host is one`(value: String) {
        #expect(HostField.isValid(value))
    }

    @Test(
        arguments: [
            "a b", " a", "a ", "a/b", "/a", "a,b", "a:80,b:80", "u@a", "a:x", "a:-1", "a:123456", "a:80:80", "a?b",
            "a#b",
            "a\\b", "[::1", "::1", "[::1]a", "[::1]:x", "[a]", "[1.2.3.4]", "[]", "ä.example", "a\tb", "a\u{0}", "<a>",
            "[\u{301}::1]", "[\u{200D}::1]:80", "[::1]\u{301}", "[::1\u{600}]",
        ]
    )
    func `what is no host is none`(value: String) {
        #expect(!HostField.isValid(value))
    }
}
