/// Requests behind which the HTTP parser reads nothing: upgrades, what looks like one, and CONNECT.
import EngineIO
import HTTPTypes
import TestSupport
import Testing

extension LiveTests {
    @Suite struct ParserEndLiveTests {
        private static let upgrade = """
            GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r
            Host: localhost\r
            Upgrade: websocket\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r

            """

        @Test(arguments: ["Upgrade\t", "upgrade\t,x", "x,\tupgrade", "\tUpgrade", "Upgrade\t, Upgrade"])
        func `a tab around Connection's elements never hands requests to a WebSocket`(value: String) async throws {
            try await withEngineServer { server in
                let client = HTTPTestClient(try await RawConnection.connect(port: server.port))
                let next = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
                try await client.connection.send("\(Self.upgrade)Connection: \(value)\r\n\r\n\(next)")
                // A leading tab is white space before the value for the parser, so that this one is an upgrade.
                let response = try await client.receive()
                #expect([101, 400].contains(response.status))
                #expect(try await server.isAlive())
            }
        }

        @Test func `CONNECT is answered, and its connection ends with the answer`() async throws {
            try await withEngineServer { server in
                let client = HTTPTestClient(try await RawConnection.connect(port: server.port))
                try await client.connection.send("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")
                let response = try await client.receive()
                #expect(response["connection"] == "close")
                try await client.expectEnd()
            }
        }

        @Test func `a refused request that asks before it sends its body is told at once`() async throws {
            try await withEngineServer { server in
                let client = HTTPTestClient(try await RawConnection.connect(port: server.port))
                try await client.connection.send(
                    "POST /engine.io/?EIO=4&transport=polling&sid=nope HTTP/1.1\r\nHost: localhost\r\n"
                        + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
                )
                let response = try await client.receive()
                #expect(response.status == 400)
                #expect(response.text == #"{"code":1,"message":"Session ID unknown"}"#)
            }
        }
    }
}

extension EngineTestServer {
    /// Whether somebody else is still served.
    fileprivate func isAlive() async throws -> Bool {
        let client = try await HTTPTestClient.connect(port: self.port)
        return try await client.request("GET", "/engine.io/?EIO=4&transport=polling").status == 200
    }
}
