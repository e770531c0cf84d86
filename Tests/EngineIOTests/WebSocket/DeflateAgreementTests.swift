/// What is answered to offers of permessage-deflate.
import Testing

@testable import EngineIO

@Suite struct DeflateAgreementTests {
    private static func answer(_ offers: String, _ options: PerMessageDeflate = PerMessageDeflate()) throws -> String? {
        DeflateAgreement.negotiate(try ExtensionOffer.parse([offers]), options: options)?.headerValue
    }

    /// Offers, and the parameters of the answer by the default options.
    static let accepted: [(offers: String, answer: String)] = [
        ("permessage-deflate", ""),
        ("permessage-deflate; client_max_window_bits", ""),
        ("permessage-deflate; client_max_window_bits=15", "; client_max_window_bits=15"),
        ("permessage-deflate; client_max_window_bits=9", "; client_max_window_bits=9"),
        // To decompress with a window of 256 bytes is no trouble.
        ("permessage-deflate; client_max_window_bits=8", "; client_max_window_bits=8"),
        ("permessage-deflate; client_max_window_bits=\"10\"", "; client_max_window_bits=10"),
        ("permessage-deflate; server_max_window_bits=9", "; server_max_window_bits=9"),
        ("permessage-deflate; server_max_window_bits=15", "; server_max_window_bits=15"),
        ("permessage-deflate; server_no_context_takeover", "; server_no_context_takeover"),
        ("permessage-deflate; client_no_context_takeover", "; client_no_context_takeover"),
        (
            "permessage-deflate; client_max_window_bits; server_max_window_bits=10; client_no_context_takeover; "
                + "server_no_context_takeover",
            "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10"
        ),
        // The first that can be accepted is; others are declined.
        ("x-webkit-deflate-frame, permessage-deflate", ""),
        ("permessage-deflate; server_max_window_bits=8, permessage-deflate", ""),
        ("permessage-deflate; unknown, permessage-deflate; server_no_context_takeover", "; server_no_context_takeover"),
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", "; server_max_window_bits=10"),
    ]

    @Test(arguments: accepted)
    func `the first offer that can be is accepted`(offers: String, answer: String) throws {
        #expect(try Self.answer(offers) == "permessage-deflate" + answer)
    }

    static let declined = [
        "", "permessage-bzip2", "Permessage-Deflate",
        "permessage-deflate; unknown", "permessage-deflate; unknown=1",
        "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7", "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=010", "permessage-deflate; server_max_window_bits=+10",
        "permessage-deflate; server_max_window_bits=1e1",
        "permessage-deflate; server_max_window_bits=99999999999999999999",
        "permessage-deflate; client_max_window_bits=7", "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=09", "permessage-deflate; CLIENT_MAX_WINDOW_BITS",
        // zlib has no window of 256 bytes to compress with.
        "permessage-deflate; server_max_window_bits=8",
    ]

    @Test(arguments: declined)
    func `an offer with a parameter that cannot be is declined`(offers: String) throws {
        #expect(try Self.answer(offers) == nil)
    }

    @Test func `the server's own wishes are in the answer`() throws {
        let options = PerMessageDeflate.changed { options in
            options.serverNoContextTakeover = true
            options.clientNoContextTakeover = true
            options.serverMaxWindowBits = 12
            options.clientMaxWindowBits = 11
        }
        let parameters = "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits="
        #expect(
            try Self.answer("permessage-deflate; client_max_window_bits", options)
                == "permessage-deflate\(parameters)12; client_max_window_bits=11"
        )
        #expect(
            try Self.answer("permessage-deflate; client_max_window_bits=10; server_max_window_bits=9", options)
                == "permessage-deflate\(parameters)9; client_max_window_bits=10"
        )
        #expect(
            try Self.answer("permessage-deflate; client_max_window_bits=14; server_max_window_bits=14", options)
                == "permessage-deflate\(parameters)12; client_max_window_bits=11"
        )
    }

    @Test func `a client that does not let the server choose its window is declined where that is small`() throws {
        let options = PerMessageDeflate.changed { $0.clientMaxWindowBits = 14 }
        #expect(try Self.answer("permessage-deflate", options) == nil)
        let second = "permessage-deflate, permessage-deflate; client_max_window_bits"
        #expect(try Self.answer(second, options) == "permessage-deflate; client_max_window_bits=14")
    }
}
