/// Reads the extensions that a WebSocket client offers (RFC 6455 §9.1).

/// The header's value is none.
struct MalformedExtensions: Error, Equatable {}

/// An extension with its parameters, as the client wrote them.
struct ExtensionOffer: Equatable {
    struct Parameter: Equatable {
        var name: String
        /// `nil` for a parameter without a value.
        var value: String?
    }

    var name: String
    var parameters: [Parameter] = []

    /// Reads all offers, the one that the client likes best first.
    ///
    /// Empty elements of the list are skipped (RFC 9110 §5.6.1.2).
    ///
    /// - Parameter values: The values of the `Sec-WebSocket-Extensions` fields, in order.
    static func parse(_ values: [String]) throws(MalformedExtensions) -> [ExtensionOffer] {
        var offers: [ExtensionOffer] = []
        for value in values {
            var scanner = HeaderScanner(value)
            repeat {
                if let name = scanner.takeToken() {
                    offers.append(ExtensionOffer(name: name, parameters: try Self.parameters(from: &scanner)))
                }
            } while scanner.take(UInt8(ascii: ","))
            guard scanner.isAtEnd else { throw MalformedExtensions() }
        }
        return offers
    }

    private static func parameters(from scanner: inout HeaderScanner) throws(MalformedExtensions) -> [Parameter] {
        var parameters: [Parameter] = []
        while scanner.take(UInt8(ascii: ";")) {
            guard let name = scanner.takeToken() else { throw MalformedExtensions() }
            var parameter = Parameter(name: name)
            if scanner.take(UInt8(ascii: "=")) {
                guard let value = scanner.takeToken() ?? scanner.takeQuotedToken() else { throw MalformedExtensions() }
                parameter.value = value
            }
            parameters.append(parameter)
        }
        return parameters
    }
}
