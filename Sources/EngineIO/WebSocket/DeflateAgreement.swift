/// Negotiates permessage-deflate (RFC 7692 §7.1).

/// What a client and the server have agreed on.
package struct DeflateAgreement: Sendable, Equatable {
    static let extensionName = "permessage-deflate"

    var serverNoContextTakeover = false
    var clientNoContextTakeover = false
    var serverWindowBits = 15
    var clientWindowBits = 15
    /// Whether the answer names the windows: that of the client only if the client has asked for it.
    private var namesServerWindow = false
    private var namesClientWindow = false

    /// The answer, for `Sec-WebSocket-Extensions`.
    package var headerValue: String {
        var value = Self.extensionName
        if self.serverNoContextTakeover { value += "; server_no_context_takeover" }
        if self.clientNoContextTakeover { value += "; client_no_context_takeover" }
        if self.namesServerWindow { value += "; server_max_window_bits=\(self.serverWindowBits)" }
        if self.namesClientWindow { value += "; client_max_window_bits=\(self.clientWindowBits)" }
        return value
    }

    /// Accepts the first offer that can be; none when each has to be declined.
    ///
    /// - Parameters:
    ///   - offers: What the client offers, other extensions included.
    ///   - options: What the server allows.
    static func negotiate(_ offers: [ExtensionOffer], options: PerMessageDeflate) -> DeflateAgreement? {
        for offer in offers where offer.name == Self.extensionName {
            if let wishes = DeflateOffer(offer.parameters), let agreement = Self(wishes, options) { return agreement }
        }
        return nil
    }

    private init?(_ offer: DeflateOffer, _ options: PerMessageDeflate) {
        self.serverNoContextTakeover = offer.serverNoContextTakeover || options.serverNoContextTakeover
        self.clientNoContextTakeover = offer.clientNoContextTakeover || options.clientNoContextTakeover
        self.serverWindowBits = min(offer.serverWindowBits ?? 15, options.serverMaxWindowBits)
        // zlib cannot compress with a window of 256 bytes.
        guard self.serverWindowBits >= 9 else { return nil }
        self.namesServerWindow = offer.serverWindowBits != nil || self.serverWindowBits < 15
        switch offer.clientWindow {
        case .notOffered:
            // The answer may not name it, so that the client will use all of it.
            guard options.clientMaxWindowBits == 15 else { return nil }
        case .offered(let bits):
            self.clientWindowBits = min(bits ?? 15, options.clientMaxWindowBits)
            self.namesClientWindow = bits != nil || self.clientWindowBits < 15
        }
    }
}

/// The parameters of an offer, when they are valid ones.
struct DeflateOffer: Equatable {
    enum ClientWindow: Equatable {
        case notOffered
        /// The server may choose, no more than this.
        case offered(bits: Int?)
    }

    private(set) var serverNoContextTakeover = false
    private(set) var clientNoContextTakeover = false
    private(set) var serverWindowBits: Int?
    private(set) var clientWindow = ClientWindow.notOffered

    /// Nil for parameters that are unknown, there twice, or have a value they cannot have: such an offer is declined.
    init?(_ parameters: [ExtensionOffer.Parameter]) {
        for (index, parameter) in parameters.enumerated() {
            guard !parameters[..<index].contains(where: { $0.name == parameter.name }) else { return nil }
            guard self.take(parameter) else { return nil }
        }
    }

    private mutating func take(_ parameter: ExtensionOffer.Parameter) -> Bool {
        switch (parameter.name, parameter.value) {
        case ("server_no_context_takeover", nil): self.serverNoContextTakeover = true
        case ("client_no_context_takeover", nil): self.clientNoContextTakeover = true
        case ("client_max_window_bits", nil): self.clientWindow = .offered(bits: nil)
        case ("server_max_window_bits", let value?):
            guard let bits = Self.windowBits(value) else { return false }
            self.serverWindowBits = bits
        case ("client_max_window_bits", let value?):
            guard let bits = Self.windowBits(value) else { return false }
            self.clientWindow = .offered(bits: bits)
        default: return false
        }
        return true
    }

    /// 8 to 15, without leading zeros.
    private static func windowBits(_ text: String) -> Int? {
        (8...15).first { "\($0)" == text }
    }
}
