/// What a connection itself has to know of a request's head, found in one pass over the headers.
import NIOCore
import NIOHTTP1

/// The parts of a head that decide how a request is received.
///
/// Every poll and every post has one, and looking a header up goes through all of them: so all are found at once.
struct RequestTraits {
    /// The status that the request is answered with, and nothing else, when it cannot be served as it is.
    private(set) var fault: HTTPResponseStatus?
    private(set) var host: String?
    private(set) var origin: String?
    /// The length of the body, if the client has said it; a number that is too large for any body is `Int.max`.
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    /// Whether the client waits for `100 Continue` before it sends the body.
    private(set) var expectsContinue = false
    /// Whether the client asks to switch protocols.
    ///
    /// This has to agree with the HTTP parser, which reads nothing behind a request it takes for an upgrade.
    private(set) var isUpgrade = false
    /// Whether the parser may see an upgrade where this server does not.
    ///
    /// It knows only spaces around the elements of `Connection`, no tabs. The connection ends with the answer then.
    private(set) var isAmbiguous = false

    private var hasUpgradeField = false
    private var asksForUpgrade = false

    /// Looks at a head, and brings its target into the form of path and query.
    init(_ head: inout HTTPRequestHead) {
        for (name, value) in head.headers { self.receive(name, value, head.version) }
        self.isUpgrade = self.hasUpgradeField && self.asksForUpgrade && !self.isAmbiguous
        if self.host == nil, head.version == .http1_1 { self.fault = .badRequest }
        self.normalizeTarget(of: &head)
    }

    /// Whether a body follows the head.
    var hasBody: Bool { self.isChunked || (self.contentLength ?? 0) > 0 }

    private mutating func receive(_ name: String, _ value: String, _ version: HTTPVersion) {
        // Lengths first: most comparisons end there.
        switch name.utf8.count {
        case 4 where name.isField("host"): self.receiveHost(value.withoutTrailingBlanks)
        case 6 where name.isField("origin"): self.origin = self.origin ?? value.withoutTrailingBlanks
        case 6 where name.isField("expect"):
            let isContinue = version == .http1_1 && value.withoutTrailingBlanks.isField("100-continue")
            self.expectsContinue = self.expectsContinue || isContinue
        case 7 where name.isField("upgrade"): self.hasUpgradeField = true
        case 10 where name.isField("connection"): self.receiveConnection(value)
        case 14 where name.isField("content-length"): self.contentLength = Self.length(value)
        case 17 where name.isField("transfer-encoding"):
            self.receiveTransferEncoding(value.withoutTrailingBlanks, version)
        default: break
        }
    }

    /// There must be one, and it must be a host (RFC 9112 §3.2): proxies may route by another than this server sees.
    private mutating func receiveHost(_ value: String) {
        if self.host != nil || !HostField.isValid(value) { self.fault = .badRequest }
        self.host = value
    }

    /// A body in another coding than `chunked` cannot be read, and one in HTTP/1.0 is framed who knows how (RFC 9112
    /// §6.1).
    private mutating func receiveTransferEncoding(_ value: String, _ version: HTTPVersion) {
        if version != .http1_1 {
            self.fault = .badRequest
        } else if self.isChunked || !value.isField("chunked") {
            self.fault = self.fault ?? .notImplemented
        }
        self.isChunked = true
    }

    private mutating func receiveConnection(_ value: String) {
        self.isAmbiguous = self.isAmbiguous || value.utf8.contains(UInt8(ascii: "\t"))
        for element in value.utf8.split(separator: UInt8(ascii: ",")) {
            let start = element.drop { $0 == UInt8(ascii: " ") }
            let word = start.prefix { $0 != UInt8(ascii: " ") }
            self.asksForUpgrade = self.asksForUpgrade || Substring(word).isField("upgrade")
        }
    }

    /// The parser has seen to it that there are digits alone.
    private static func length(_ value: String) -> Int {
        Int(value.filter { $0 != " " && $0 != "\t" }) ?? .max
    }

    private mutating func normalizeTarget(of head: inout HTTPRequestHead) {
        guard self.fault == nil else { return }
        // This server is nobody's tunnel.
        guard head.method != .CONNECT else {
            self.fault = .notImplemented
            return
        }
        guard let target = RequestTarget(head.uri, mayBeAsterisk: head.method == .OPTIONS) else {
            self.fault = .badRequest
            return
        }
        guard let authority = target.authority else { return }
        head.uri = target.path
        head.headers.replaceOrAdd(name: "Host", value: authority)
        self.host = authority
    }
}

extension String {
    /// The value of a field without the blanks behind it, which the parser leaves there (RFC 9110 §5.5).
    fileprivate var withoutTrailingBlanks: String {
        guard let last = self.utf8.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") else { return self }
        let end = self.utf8.lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        return end.map { String(self[...$0]) } ?? ""
    }
}

extension StringProtocol {
    /// Whether a text is this one in any case; the other is in lower case, letters and hyphens alone.
    fileprivate func isField(_ other: StaticString) -> Bool {
        guard self.utf8.count == other.utf8CodeUnitCount else { return false }
        return other.withUTF8Buffer { other in
            zip(self.utf8, other).allSatisfy { $0 == $1 || $0 | 0x20 == $1 && (0x41...0x5A).contains($0) }
        }
    }
}
