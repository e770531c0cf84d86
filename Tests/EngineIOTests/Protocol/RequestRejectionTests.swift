/// The error table of the handshake, byte for byte.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct RequestRejectionTests {
    @Test(
        arguments: [
            (.unknownTransport, 400, #"{"code":0,"message":"Transport unknown"}"#),
            (.unknownSession, 400, #"{"code":1,"message":"Session ID unknown"}"#),
            (.badHandshakeMethod, 400, #"{"code":2,"message":"Bad handshake method"}"#),
            (.badRequest, 400, #"{"code":3,"message":"Bad request"}"#),
            (.forbidden(), 403, #"{"code":4,"message":"Forbidden"}"#),
            (.forbidden("not today"), 403, #"{"code":4,"message":"not today"}"#),
            (.unsupportedProtocolVersion, 400, #"{"code":5,"message":"Unsupported protocol version"}"#),
            (.tooManyHandshakes(retryAfter: 7), 429, #"{"code":4,"message":"Too many handshakes"}"#),
            (.tooManyRequests, 429, #"{"code":4,"message":"Too many requests"}"#),
            (.tooManyConnections, 429, #"{"code":4,"message":"Too many connections"}"#),
            (.shuttingDown, 503, #"{"code":4,"message":"Server shutting down"}"#),
        ] as [(RequestRejection, Int, String)]
    )
    func `each rejection has its status and body`(_ rejection: RequestRejection, _ status: Int, _ body: String) {
        #expect(rejection.status(isUpgrade: false) == status)
        #expect(rejection.status(isUpgrade: true) == ([429, 503].contains(status) ? status : 400))
        #expect(RequestRejection.codes.contains(rejection.code))
        #expect(String(buffer: rejection.body) == body)
        #expect(String(buffer: rejection.upgradeBody) == rejection.message)
    }

    @Test func `the application's words are escaped`() {
        let rejection = RequestRejection.forbidden("\"a\\b\"\n\r\t\u{8}\u{C}\u{1}\u{1F}\u{7F}é😀</script>")
        let escaped = #"\"a\\b\"\n\r\t\b\f\u0001\u001f"# + "\u{7F}é😀</script>"
        #expect(String(buffer: rejection.body) == #"{"code":4,"message":""# + escaped + #""}"#)
    }

    @Test func `no markup gets into the plain text of a refused upgrade`() {
        let rejection = RequestRejection.forbidden("<b onload='x'>&amp;</b>")
        #expect(String(buffer: rejection.upgradeBody) == "b onload='x'amp;/b")
    }
}
