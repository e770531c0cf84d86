/// How the offers of a client are read, and what is none.
import Testing

@testable import EngineIO

@Suite struct ExtensionOfferTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var values: [String]
        /// The offers as `name; parameter=value`; nil when the header is malformed.
        var offers: [String]?

        var testDescription: String { self.values.joined(separator: " | ") }

        init(_ values: String..., reads offers: [String]?) {
            self.values = values
            self.offers = offers
        }
    }

    static let cases = [
        Case(reads: []),
        Case("", reads: []),
        Case("permessage-deflate", reads: ["permessage-deflate"]),
        Case("a, b", reads: ["a", "b"]),
        Case("a", "b,c", reads: ["a", "b", "c"]),
        Case(" a ;\tx ; y = 1 , b ", reads: ["a; x; y=1", "b"]),
        Case(",a,,b,", reads: ["a", "b"]),
        Case("a;x=\"1\"", reads: ["a; x=1"]),
        Case("a;x=\"1\\0\"", reads: ["a; x=10"]),
        Case("a;x;x", reads: ["a; x; x"]),
        Case("!#$%&'*+-.^_`|~09azAZ", reads: ["!#$%&'*+-.^_`|~09azAZ"]),
        Case("a b", reads: nil),
        Case(";a", reads: nil),
        Case("a;", reads: nil),
        Case("a;,b", reads: nil),
        Case("a;x=", reads: nil),
        Case("a;=1", reads: nil),
        Case("a=1", reads: nil),
        Case("a;x=1=2", reads: nil),
        Case("a;x=\"", reads: nil),
        Case("a;x=\"1", reads: nil),
        Case("a;x=\"\"", reads: nil),
        Case("a;x=\"1 0\"", reads: nil),
        Case("a;x=\"1\"2", reads: nil),
        Case("a;x=\"1\\", reads: nil),
        Case("a;x=\"1\\\"", reads: nil),
        Case("ä", reads: nil),
        Case("a;x=ä", reads: nil),
        Case("a", "(b)", reads: nil),
        Case("\u{0}", reads: nil),
    ]

    @Test(arguments: cases)
    func `offers are read as RFC 6455 writes them`(_ input: Case) {
        let offers = try? ExtensionOffer.parse(input.values).map { offer in
            offer.parameters.reduce(offer.name) { $0 + "; \($1.name)" + ($1.value.map { "=\($0)" } ?? "") }
        }
        #expect(offers == input.offers)
    }

    @Test func `a header as long as may be is read in no time`() throws {
        let many = [String](repeating: "a;b;c=1", count: 2000).joined(separator: ",")
        #expect(try ExtensionOffer.parse([many]).count == 2000)
        #expect(throws: MalformedExtensions.self) { try ExtensionOffer.parse([many + ",\""]) }
    }
}
