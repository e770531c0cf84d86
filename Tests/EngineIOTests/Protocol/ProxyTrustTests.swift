/// What is believed of proxies' headers, and what a client cannot make a server believe.
import Testing

@testable import EngineIO

@Suite struct ProxyTrustTests {
    private static let proxies = ["10.0.0.0/8", "fd00::/8"].compactMap { AddressBlock($0) }

    private func client(_ kind: ProxyHeaders = .xForwarded, _ fields: [(String, String)]) -> ForwardedClient {
        ProxyTrust(proxies: Self.proxies, headers: kind).client { name in
            fields.filter { $0.0.lowercased() == name }.map(\.1)
        }
    }

    // MARK: X-Forwarded

    @Test(
        arguments: [
            (["203.0.113.7"], "203.0.113.7"),
            (["203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            (["203.0.113.7", "10.0.0.2,10.0.0.3"], "203.0.113.7"),
            (["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
            (["1.1.1.1, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            (["10.0.0.9, 203.0.113.7"], "203.0.113.7"),
            (["garbage, \u{1}\u{2}, , 203.0.113.7"], "203.0.113.7"),
            (["203.0.113.7:8080"], "203.0.113.7"),
            (["[2001:db8::1]:8080"], "2001:db8::1"), (["[2001:db8::1]"], "2001:db8::1"),
            (["2001:db8::1"], "2001:db8::1"),
            (["::ffff:203.0.113.7"], "203.0.113.7"),
            (["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
            (["garbage, 10.0.0.2"], "10.0.0.2"),
            (["unknown"], nil), ([""], nil), ([","], nil), ([], nil), (["203.0.113.7,"], nil),
            (["203.0.113.7, garbage"], nil), (["203.0.113.7:x"], nil), (["203.0.113.7 10.0.0.1"], nil),
            (["[2001:db8::1"], nil), (["2001:db8::1]:80"], nil), (["a.example"], nil),
        ] as [([String], String?)]
    )
    func `the client is the last address that is not trusted`(lines: [String], address: String?) {
        let client = self.client(.xForwarded, lines.map { ("X-Forwarded-For", $0) })
        #expect(client.address == address.flatMap { IPAddress($0) })
    }

    @Test func `no more hops are looked at than there can be`() {
        let hops = ["203.0.113.7"] + (0..<100_000).map { "10.0.0.\($0 % 256)" }
        let client = self.client(.xForwarded, [("x-forwarded-for", hops.joined(separator: ","))])
        #expect(client.address.map { Self.proxies[0].contains($0) } == true)
    }

    @Test(
        arguments: [
            ("203.0.113.7", "https", true), ("203.0.113.7", "HTTPS", true), ("203.0.113.7", "http", false),
            ("203.0.113.7", "wss", true), ("203.0.113.7", "ftp", nil), ("203.0.113.7", "", nil),
            // One value for all hops, as most proxies send it.
            ("203.0.113.7, 10.0.0.2", "https", true),
            // One for each hop: that of the proxy that the client is connected to counts.
            ("203.0.113.7, 10.0.0.2", "https, http", true), ("203.0.113.7, 10.0.0.2", "http, https", false),
            // What the client has written itself stands in front.
            ("203.0.113.7", "https, http", false), ("1.1.1.1, 203.0.113.7, 10.0.0.2", "https, http, http", false),
        ] as [(String, String, Bool?)]
    )
    func `whether the client's connection is encrypted`(hops: String, scheme: String, isSecure: Bool?) {
        let client = self.client(.xForwarded, [("X-Forwarded-For", hops), ("X-Forwarded-Proto", scheme)])
        #expect(client.isSecure == isSecure)
    }

    @Test(
        arguments: [
            ("a.example", "a.example"), ("a.example:8443", "a.example:8443"), ("evil.example, a.example", "a.example"),
            ("", nil), ("a b", nil), ("a/b", nil), ("u@a", nil),
        ] as [(String, String?)]
    )
    func `the host that the client has named`(field: String, host: String?) {
        #expect(self.client(.xForwarded, [("X-Forwarded-Host", field)]).host == host)
    }

    // MARK: Forwarded

    @Test(
        arguments: [
            (["for=203.0.113.7"], ForwardedClient(address: IPAddress("203.0.113.7"))),
            (["For=\"[2001:db8::1]:4711\""], ForwardedClient(address: IPAddress("2001:db8::1"))),
            (
                ["for=203.0.113.7;proto=https;host=a.example;by=10.0.0.2"],
                ForwardedClient(address: IPAddress("203.0.113.7"), isSecure: true, host: "a.example")
            ),
            (
                ["for=1.1.1.1;proto=http;host=evil, for=203.0.113.7;proto=https;host=\"a.example:1\", for=10.0.0.2"],
                ForwardedClient(address: IPAddress("203.0.113.7"), isSecure: true, host: "a.example:1")
            ),
            (
                ["for=203.0.113.7", "for=10.0.0.2;proto=https"],
                ForwardedClient(address: IPAddress("203.0.113.7"), isSecure: true)
            ),
            // A client that is hidden, and what it may have written itself.
            (["for=1.1.1.1, for=_hidden;proto=https"], ForwardedClient(isSecure: true)),
            (["for=1.1.1.1, for=unknown"], ForwardedClient()),
            (["proto=https"], ForwardedClient(isSecure: true)),
            // A client's own line in front of the proxy's.
            (["for=\"", "for=203.0.113.7"], ForwardedClient(address: IPAddress("203.0.113.7"))),
            (["for=\", for=203.0.113.7"], ForwardedClient()),
            (["for=203.0.113.7, nonsense"], ForwardedClient()),
            ([""], ForwardedClient()), ([], ForwardedClient()),
        ] as [([String], ForwardedClient)]
    )
    func `the client as RFC 7239 tells of it`(lines: [String], client: ForwardedClient) {
        #expect(self.client(.forwarded, lines.map { ("Forwarded", $0) }) == client)
    }

    @Test func `the headers of the other kind say nothing`() {
        let fields = [("Forwarded", "for=1.1.1.1;proto=https;host=evil"), ("X-Forwarded-For", "203.0.113.7")]
        #expect(self.client(.xForwarded, fields) == ForwardedClient(address: IPAddress("203.0.113.7")))
        let others = [
            ("Forwarded", "for=203.0.113.7"), ("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "evil"),
        ]
        #expect(self.client(.forwarded, others) == ForwardedClient(address: IPAddress("203.0.113.7")))
    }
}

@Suite struct ForwardedElementTests {
    @Test(
        arguments: [
            ("", 0), (",", 0), (" , ,", 0), (";", 0), ("for=a", 1), ("for=a,for=b", 2), ("for=a , for=b ", 2),
            ("for=a;proto=b;host=c", 1), ("for=a; proto=b ;host=c", 1), (";for=a;", 1), ("FOR=a", 1),
            ("for=\"a,b;c\"", 1), ("for=\"a\\\"b\"", 1), ("for=\"\"", 1), ("secret=x;for=a", 1),
        ]
    )
    func `a line is a list of elements`(line: String, count: Int) {
        #expect(ForwardedElement.elements(of: line)?.count == count)
    }

    @Test(
        arguments: [
            "for", "for=", "=a", "for =a", "for= a", "for=a b", "for=a;for=b", "for=\"a", "for=\"a\\", "for=a\"",
            "for=[::1]",
            "for=a:80", "for=a;=", "for=a;;=", "for=ä",
        ]
    )
    func `a line that breaks the grammar says nothing`(line: String) {
        #expect(ForwardedElement.elements(of: line) == nil)
    }

    @Test func `quotation marks are undone`() {
        let element = ForwardedElement.elements(of: "for=\"a\\\"b\\\\c,d\"")?.first
        #expect(element?.node == "a\"b\\c,d")
    }
}
