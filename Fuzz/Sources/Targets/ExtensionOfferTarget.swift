/// What a client offers in `Sec-WebSocket-Extensions`, and what the server makes of it.

@testable import EngineIO

extension FuzzTarget {
    /// The first byte chooses what the server allows; the rest are the header's values, with bytes between that are in no
    /// text.
    static let extensionOffer = FuzzTarget("extension-offer") { input in
        let parts = FuzzInput(Array(input.bytes.dropFirst())).parts()
        let values = parts.map { String(decoding: $0, as: UTF8.self) }
        let parsed = try input.bounded(perByte: 400) {
            Outcome { () throws(MalformedExtensions) in try ExtensionOffer.parse(values) }
        }
        // Several fields mean what one with commas between them does (RFC 9110 §5.2).
        let joined = Outcome { () throws(MalformedExtensions) in
            try ExtensionOffer.parse([values.joined(separator: ",")])
        }
        try expectSame(joined, parsed, "in one field")
        guard let offers = parsed.value else { return }
        try expectSame(try ExtensionOffer.parse([written(offers)]), offers, "written and read")
        try checkAnswer(to: offers, allowed(input.bytes.first ?? 0))
    }

    private static func allowed(_ choice: UInt8) -> PerMessageDeflate {
        var options = PerMessageDeflate()
        options.serverMaxWindowBits = 9 + Int(choice & 7) % 7
        options.clientMaxWindowBits = 9 + Int(choice >> 3 & 7) % 7
        options.serverNoContextTakeover = choice & 64 != 0
        options.clientNoContextTakeover = choice & 128 != 0
        return options
    }

    private static func written(_ offers: [ExtensionOffer]) -> String {
        offers.map { offer in
            offer.name + offer.parameters.map { "; \($0.name)" + ($0.value.map { "=\"\($0)\"" } ?? "") }.joined()
        }.joined(separator: ", ")
    }

    /// What is answered is an answer to one of the offers, within what the server allows (RFC 7692 §7.1).
    private static func checkAnswer(to offers: [ExtensionOffer], _ options: PerMessageDeflate) throws {
        let mine = offers.filter { $0.name == "permessage-deflate" }
        guard let agreement = DeflateAgreement.negotiate(offers, options: options) else { return }
        let answers = try ExtensionOffer.parse([agreement.headerValue])
        guard answers.count == 1, let answer = answers.first, answer.name == "permessage-deflate" else {
            throw Finding("no answer: \(agreement.headerValue)")
        }
        try expect(
            mine.contains { Self.isAnswer(answer, to: $0) },
            "\(agreement.headerValue) answers none of \(Self.written(mine))"
        )
        try expect((9...options.serverMaxWindowBits).contains(agreement.serverWindowBits), "\(agreement)")
        try expect((8...options.clientMaxWindowBits).contains(agreement.clientWindowBits), "\(agreement)")
        // What is not named is 15, so that both sides know.
        try expectSame(answer.windowBits("server_max_window_bits"), agreement.serverWindowBits, "the server's window")
        try expectSame(answer.windowBits("client_max_window_bits"), agreement.clientWindowBits, "the client's window")
        let serverForgets = answer.has("server_no_context_takeover")
        try expectSame(serverForgets, agreement.serverNoContextTakeover, "the server's context")
        let clientForgets = answer.has("client_no_context_takeover")
        try expectSame(clientForgets, agreement.clientNoContextTakeover, "the client's context")
        try expect(serverForgets || !options.serverNoContextTakeover, "the server keeps its context")
    }

    private static func isAnswer(_ answer: ExtensionOffer, to offer: ExtensionOffer) -> Bool {
        let known = [
            "server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits",
            "client_max_window_bits",
        ]
        let names = offer.parameters.map(\.name)
        guard Set(names).isSubset(of: known), Set(names).count == names.count else { return false }
        guard !offer.has("server_no_context_takeover") || answer.has("server_no_context_takeover") else { return false }
        guard !answer.has("client_max_window_bits") || offer.has("client_max_window_bits") else { return false }
        return ["server_max_window_bits", "client_max_window_bits"].allSatisfy { name in
            offer.value(name) == nil || answer.windowBits(name) <= offer.windowBits(name)
        }
    }
}

extension ExtensionOffer {
    fileprivate func has(_ name: String) -> Bool { self.parameters.contains { $0.name == name } }

    fileprivate func value(_ name: String) -> String? { self.parameters.first { $0.name == name }?.value }

    /// The window that a parameter names; without it the largest.
    fileprivate func windowBits(_ name: String) -> Int { self.value(name).flatMap(Int.init) ?? 15 }
}
