/// Addresses and blocks of them, and what only looks like one.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct IPAddressTests {
    @Test(
        arguments: [
            ("0.0.0.0", "0.0.0.0"), ("192.0.2.1", "192.0.2.1"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::00ff", "2001:db8::ff"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("::192.0.2.1", "::192.0.2.1"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:192.0.2.33", "1:2:3:4:5:6:c000:221"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"),
            ("0:0:0:0:0:ffff:10.0.0.1", "10.0.0.1"),
        ]
    )
    func `an address is read, whatever its form`(text: String, canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test(
        arguments: [
            "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "01.2.3.4", "1.2.3.04",
            "1.2.3.4 ", " 1.2.3.4", "0x1.2.3.4", "1.2.3.-4", "1.2.3.+4", "1234.1.1.1", "a.b.c.d", "1.2.3.4:80",
            "1.2.3.4/8", "١.2.3.4", ":", ":::", "::1::", "1::2::3", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "g::", "-1::", "::1.2.3", "::1.2.3.4:5", "1.2.3.4::",
            "1:2:3:4:5:6:7:1.2.3.4", "fe80::1%eth0", "[::1]", "::ffff:256.1.1.1",
            String(repeating: "1:", count: 100_000), String(repeating: ":", count: 100_000),
        ]
    )
    func `what is no address is none`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: ["192.0.2.1", "2001:db8::1", "::", "fe80::1:2:3:4"])
    func `the system's form and ours are the same`(text: String) throws {
        let system = try SocketAddress(ipAddress: text, port: 80)
        let address = try #require(IPAddress(system))
        #expect(address == IPAddress(text))
        #expect(address.socketAddress?.ipAddress == text)
    }

    @Test func `a peer without an address has none`() throws {
        #expect(IPAddress(SocketAddress?.none) == nil)
        #expect(IPAddress(try SocketAddress(unixDomainSocketPath: "/tmp/socket")) == nil)
    }

    @Test func `an address is cut to its first bits`() throws {
        let address = try #require(IPAddress("2001:db8:1:2:3:4:5:6"))
        #expect(address.prefix(64) == IPAddress("2001:db8:1:2::"))
        #expect(address.prefix(48) == IPAddress("2001:db8:1::"))
        #expect(address.prefix(128) == address)
        #expect(address.prefix(0) == IPAddress("::"))
        #expect(address.prefix(1) == IPAddress("::"))
        #expect(!address.isIPv4)
        #expect(try #require(IPAddress("10.0.0.1")).isIPv4)
    }
}

@Suite struct AddressBlockTests {
    @Test(
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.9.9.9/8", "10.1.2.3", true),
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("192.0.2.1/32", "192.0.2.2", false),
            ("0.0.0.0/0", "203.0.113.7", true), ("0.0.0.0/0", "::1", false), ("::/0", "203.0.113.7", true),
            ("::/0", "2001:db8::1", true), ("fd00::/8", "fdff::1", true), ("fd00::/8", "fc00::1", false),
            ("2001:db8::/33", "2001:db8:7fff::", true), ("2001:db8::/33", "2001:db8:8000::", false),
            ("::1", "::1", true), ("::1/128", "::2", false), ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "11.1.2.3", false), ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ]
    )
    func `a block has the addresses that begin like it`(block: String, address: String, contains: Bool) throws {
        let address = try #require(IPAddress(address))
        #expect(try #require(AddressBlock(block)).contains(address) == contains)
    }

    @Test(
        arguments: [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0/ 8",
            "10.0.0/8", "::/129", "::/1000", "::/x", "10.0.0.0/255.0.0.0", "localhost", "loopback",
        ]
    )
    func `what is no block is none`(text: String) {
        #expect(AddressBlock(text) == nil)
    }
}
