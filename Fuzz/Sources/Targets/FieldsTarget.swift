/// What else is read from a request's head: host, addresses, proxies' words, codings, and the target's form.
import NIOCore

@testable import EngineIO

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension FuzzTarget {
    /// The whole input is tried as each of them.
    static let fields = FuzzTarget("fields") { input in
        let text = String(decoding: input.bytes, as: UTF8.self)
        try input.bounded(perByte: 400) {
            try Self.checkHost(text)
            try Self.checkAddress(text)
            try Self.checkProxies(text)
            try Self.checkTarget(text)
            _ = AcceptEncoding.preferred([text])
        }
        let lines = text.split(separator: ",").map(String.init)
        try expectSame(AcceptEncoding.preferred(lines), AcceptEncoding.preferred([text]), "codings, line by line")
    }

    private static func checkHost(_ text: String) throws {
        guard HostField.isValid(text) else { return }
        let others = Set("-._~%!$&'()*+;=:[]".utf8)
        let isPlain = text.utf8.allSatisfy { byte in
            Unicode.Scalar(byte).properties.isAlphabetic && byte < 0x80 || (0x30...0x39).contains(byte)
                || others.contains(byte)
        }
        try expect(isPlain, "a host of other characters: \(text.debugDescription)")
    }

    /// The system's own parser takes the same texts for the same addresses.
    private static func checkAddress(_ text: String) throws {
        let address = IPAddress(text)
        if !text.utf8.contains(0) {
            try expectSame(address?.bits, Self.systemAddress(text), "the address \(text.debugDescription)")
        }
        guard let address else { return }
        try expectSame(IPAddress(address.description), address, "the address \(text), written and read")
        try expect(AddressBlock(text)?.contains(address) == true, "\(text) is not in its own block")
        for length in ["0", "1", "31", "32", "64", "128"] {
            guard let block = AddressBlock("\(text)/\(length)") else { continue }
            try expect(block.contains(address), "\(text) is not in \(text)/\(length)")
        }
    }

    private static func systemAddress(_ text: String) -> UInt128? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            return 0xFFFF << 32 | bytes.prefix(4).reduce(0) { $0 << 8 | UInt128($1) }
        }
        return inet_pton(AF_INET6, text, &bytes) == 1 ? bytes.reduce(0) { $0 << 8 | UInt128($1) } : nil
    }

    /// A list in one field means what it means in several.
    private static func checkProxies(_ text: String) throws {
        let blocks = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"].compactMap { AddressBlock($0) }
        let lines = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let lists = ProxyTrust(proxies: blocks, headers: .xForwarded)
        try expectSame(lists.client { _ in lines }, lists.client { _ in [text] }, "a list, line by line")
        let elements = ForwardedElement.elements(of: text)
        let client = ProxyTrust(proxies: blocks, headers: .forwarded).client { _ in [text] }
        try expect(elements != nil || client == ForwardedClient(), "believed, though it cannot be read: \(text)")
        if let host = client.host { try expect(HostField.isValid(host), "no host: \(host.debugDescription)") }
    }

    private static func checkTarget(_ text: String) throws {
        guard let target = RequestTarget(text, mayBeAsterisk: true) else { return }
        try expect(target.path == "*" || target.path.utf8.first == UInt8(ascii: "/"), "no path: \(target.path)")
        if let authority = target.authority { try expect(HostField.isValid(authority), "no host: \(authority)") }
        let again = RequestTarget(target.path, mayBeAsterisk: true)
        try expectSame(again?.path, target.path, "the path of a path")
        try expect(again?.authority == nil, "a path with a host: \(target.path)")
    }
}
