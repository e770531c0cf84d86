/// Clients that take their time: with a head, with a body, with reading.
import EngineIO
import TestSupport
import Testing

extension LiveTests {
    @Suite struct SlowRequestLiveTests {
        private func configuration() -> EngineIOConfiguration {
            var configuration = EngineIOConfiguration()
            configuration.limits.headTimeout = .milliseconds(150)
            configuration.limits.bodyTimeout = .milliseconds(150)
            return configuration
        }

        /// Sends a byte now and then until the server has had enough.
        private func trickle(_ byte: String, into client: RawConnection) async throws {
            try await eventually("the connection is cut") {
                do {
                    try await client.send(byte)
                    return false
                } catch {
                    return true
                }
            }
        }

        @Test(arguments: [
            "", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: y", "GET / HTTP/1.1\r\nHost: a\r\n\r",
        ])
        func `a head that stops ends the connection, and is counted once begun`(sent: String) async throws {
            try await withEngineServer(self.configuration()) { server in
                let client = try await RawConnection.connect(port: server.port)
                if !sent.isEmpty { try await client.send(sent) }
                #expect(try await client.readToEnd() == [])
                #expect(server.server.limits.count(of: .init("headTimeout")) == (sent.isEmpty ? 0 : 1))
            }
        }

        @Test func `a head that stops behind a request is counted as well`() async throws {
            try await withEngineServer(self.configuration()) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                #expect(try await client.request("GET", "/page").status == 404)
                try await client.connection.send("GET / HTTP/1.1\r\n")
                try await client.expectEnd()
                #expect(server.server.limits.count(of: .init("headTimeout")) == 1)
            }
        }

        @Test(arguments: ["/page", "/engine.io/?EIO=4&transport=polling&sid=none"])
        func `a body that stops is answered 408`(target: String) async throws {
            try await withEngineServer(self.configuration()) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                try await client.connection.send("POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab")
                #expect(try await client.receive().status == 408)
                try await client.expectEnd()
                #expect(server.server.limits.count(of: .init("bodyTimeout")) == 1)
            }
        }

        @Test(arguments: ["Content-Length: 900000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n1;"])
        func `a body that trickles gains no time`(framing: String) async throws {
            try await withEngineServer(self.configuration()) { server in
                let client = try await RawConnection.connect(port: server.port)
                try await client.send("POST /page HTTP/1.1\r\nHost: a\r\n\(framing)")
                try await self.trickle("x", into: client)
                #expect(server.server.limits.count(of: .init("bodyTimeout")) == 1)
            }
        }

        @Test func `a post that stops ends its session`() async throws {
            try await withEngineServer(self.configuration()) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.posts.connection.send(
                    "POST \(client.target) HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n4a"
                )
                #expect(try await client.posts.receive().status == 408)
                #expect(try await server.closeReason(of: client.sid) == .transportError)
                #expect(server.texts(of: client.sid) == [])
            }
        }

        @Test func `a crowd of slow clients keeps nobody else from being served`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.headTimeout = .seconds(20)
            try await OddRequestStage.run(configuration) { stage in
                var slow: [RawConnection] = []
                for index in 0..<100 {
                    let client = try await RawConnection.connect(port: stage.server.port)
                    try await client.send(
                        index.isMultiple(of: 2) ? "GET / HT" : "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
                    )
                    slow.append(client)
                }
                for _ in 0..<20 { try await stage.checkBystander() }
                let client = try await HTTPTestClient.connect(port: stage.server.port)
                #expect(try await client.request("GET", "/page").text == "/page")
                for client in slow { try await client.close() }
            }
        }
    }
}
