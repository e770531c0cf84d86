/// The limits of one address, and of connections that lead to no session.
import EngineIO
import HTTPTypes
import NIOCore
import TestSupport
import Testing

@testable import EngineIO

extension LiveTests {
    @Suite struct AddressLimitLiveTests {
        private static let handshake = "/engine.io/?EIO=4&transport=polling"

        private func configuration(
            _ change: (inout EngineIOConfiguration.Limits) -> Void
        ) -> EngineIOConfiguration {
            var configuration = EngineIOConfiguration()
            change(&configuration.limits)
            return configuration
        }

        // MARK: Connections

        @Test func `an address has as many connections as it may, until one ends`() async throws {
            let configuration = self.configuration { $0.connectionsPerAddress = 3 }
            try await withEngineServer(configuration) { server in
                var clients: [HTTPTestClient] = []
                for _ in 0..<3 {
                    clients.append(try await HTTPTestClient.connect(port: server.port))
                    #expect(try await clients.last?.request("GET", "/").status == 404)
                }
                let fourth = try await RawConnection.connect(port: server.port)
                #expect(try await fourth.readToEnd() == [])
                #expect(server.server.limits.count(of: .connectionsPerAddress) == 1)
                try await clients.removeFirst().connection.close()
                try await eventually("there is room") {
                    let client = try await HTTPTestClient.connect(port: server.port)
                    return (try? await client.request("GET", "/").status) == 404
                }
            }
        }

        // MARK: Handshakes

        @Test(arguments: [EngineIOTestClient.Transport.polling, .webSocket])
        func `handshakes beyond the burst are refused, and sessions go on`(
            transport: EngineIOTestClient.Transport
        ) async throws {
            let configuration = self.configuration {
                $0.handshakesPerSecondPerAddress = 0.01
                $0.handshakeBurstPerAddress = 3
            }
            try await withEngineServer(configuration) { server in
                var clients: [EngineIOTestClient] = []
                for _ in 0..<3 {
                    clients.append(try await EngineIOTestClient.connect(port: server.port, over: transport))
                }
                let client = try await HTTPTestClient.connect(port: server.port)
                let refused: HTTPTestResponse
                switch transport {
                case .polling: refused = try await client.request("GET", Self.handshake)
                case .webSocket:
                    let target = "/engine.io/?EIO=4&transport=websocket"
                    try await client.send("GET", target, headers: WebSocketTestClient.headers)
                    refused = try await client.receive()
                }
                #expect(refused.status == 429)
                #expect(refused.reason == "Too Many Requests")
                #expect(refused["retry-after"].flatMap { Int($0) }.map { (90...100).contains($0) } == true)
                let json = #"{"code":4,"message":"Too many handshakes"}"#
                #expect(refused.text == (transport == .polling ? json : "Too many handshakes"))
                #expect(server.server.limits.count(of: .handshakesPerSecondPerAddress) == 1)
                for client in clients {
                    try await client.send("4a")
                    #expect(try await client.receiveText() == "4a")
                }
            }
        }

        @Test func `who waits as told may come in`() async throws {
            let configuration = self.configuration {
                $0.handshakesPerSecondPerAddress = 0.5
                $0.handshakeBurstPerAddress = 1
            }
            let clock = ManualShutdown()
            try await withEngineServer(configuration, clock: clock) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                #expect(try await client.request("GET", Self.handshake).status == 200)
                let refused = try await client.request("GET", Self.handshake)
                #expect(refused.status == 429)
                #expect(refused["retry-after"] == "2")
                await clock.move(to: .milliseconds(1999))
                #expect(try await client.request("GET", Self.handshake).status == 429)
                await clock.move(to: .seconds(2))
                #expect(try await client.request("GET", Self.handshake).status == 200)
            }
        }

        // MARK: Requests

        @Test func `requests beyond the limit are refused, and the session goes on`() async throws {
            let configuration = self.configuration { $0.openRequestsPerAddress = 2 }
            try await withEngineServer(configuration) { server in
                let waiting = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(waiting.sid)
                let client = try await PollingTestClient.connect(port: server.port)
                try await waiting.startPoll()
                try await eventually("the poll waits") { session.holdsPoll }
                // The poll and a body under way are two.
                try await client.posts.connection.send(
                    "POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
                )
                #expect(try await client.posts.receive().status == 100)
                #expect(try await client.polls.request("POST", client.target, body: "4lost").status == 429)
                let refused = try await client.polls.request("GET", client.target)
                #expect(refused.text == #"{"code":4,"message":"Too many requests"}"#)
                #expect(refused["retry-after"] == "1")
                let page = try await client.polls.request("GET", "/page")
                #expect(page.status == 429)
                #expect(page.body == [])
                #expect(server.server.limits.count(of: .openRequestsPerAddress) == 3)
                // As soon as one of the two has its answer there is room.
                try await client.posts.connection.send("ab")
                #expect(try await client.posts.receive().status == 404)
                try await client.post("4a")
                #expect(try await client.poll() == ["4a"])
                session.send(MessageUnit(text: "b"))
                #expect(try await waiting.receivePoll() == ["4b"])
            }
        }

        @Test func `requests whose connection was lost count no more`() async throws {
            let configuration = self.configuration { $0.openRequestsPerAddress = 1 }
            try await withEngineServer(configuration) { server in
                for _ in 0..<5 {
                    let client = try await PollingTestClient.connect(port: server.port)
                    let session = try await server.session(client.sid)
                    try await client.startPoll()
                    try await eventually("the poll waits") { session.holdsPoll }
                    try await client.polls.connection.reset()
                    try await eventually("there is room") {
                        try await client.posts.request("GET", "/page").status == 404
                    }
                }
            }
        }

        @Test func `a WebSocket's upgrade is no open request any more`() async throws {
            let configuration = self.configuration { $0.openRequestsPerAddress = 1 }
            try await withEngineServer(configuration) { server in
                for _ in 0..<5 { _ = try await EngineIOTestClient.connect(port: server.port, over: .webSocket) }
                let client = try await PollingTestClient.connect(port: server.port)
                #expect(try await client.polls.request("GET", "/page").status == 404)
            }
        }

        // MARK: Memory

        @Test func `an address that has gone is forgotten`() async throws {
            let limits = AddressLimits(connections: 10, openRequests: 10)
            let table = try #require(AddressTable(limits: limits))
            for number in 0..<10_000 {
                let address = try #require(IPAddress("10.0.\(number / 256).\(number % 256)"))
                let record = try #require(table.enter(address, asConnection: true))
                #expect(record.beginRequest(most: 10))
                record.endRequest()
                table.leave(record, asConnection: true, now: .now())
            }
            #expect(table.count == 0)
        }

        // MARK: Connections without a session

        @Test func `the oldest connection without a session makes room, and no session is touched`() async throws {
            let configuration = self.configuration { $0.connectionsWithoutHandshake = 3 }
            // With one loop the server sees connections in the order in which they were made.
            try await withEngineServer(configuration, threads: 1) { server in
                let webSocket = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let polling = try await PollingTestClient.connect(port: server.port)
                try await polling.post("4a")
                let idle = try await RawConnection.connect(port: server.port)
                let slow = try await RawConnection.connect(port: server.port)
                try await slow.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na")
                let page = try await HTTPTestClient.connect(port: server.port)
                #expect(try await page.request("GET", "/page").status == 404)
                // Each newcomer costs the oldest its place: who says nothing, who is slow, who has been answered.
                var newcomers: [HTTPTestClient] = []
                for victim in [idle, slow, page.connection] {
                    newcomers.append(try await HTTPTestClient.connect(port: server.port))
                    #expect(try await victim.readToEnd() == [])
                }
                for newcomer in newcomers {
                    #expect(try await newcomer.request("GET", Self.handshake).status == 200)
                }
                #expect(server.server.limits.count(of: .connectionsWithoutHandshake) == 3)
                try await webSocket.send("4b")
                #expect(try await webSocket.receiveText() == "4b")
                #expect(try await polling.poll() == ["4a"])
            }
        }

        @Test func `a request the application works on is answered before its connection makes room`() async throws {
            let configuration = self.configuration { $0.connectionsWithoutHandshake = 1 }
            let requests = EventLog<String>()
            let goOn = EventLog<Void>()
            let responder: HTTPResponder = { request, _ in
                requests.append(request.path ?? "")
                try await goOn.count(1)
                return .text("answer")
            }
            try await withEngineServer(configuration, responder: responder) { server in
                let working = try await HTTPTestClient.connect(port: server.port)
                try await working.send("GET", "/page")
                try await requests.count(1)
                let newcomer = try await HTTPTestClient.connect(port: server.port)
                #expect(try await newcomer.request("GET", Self.handshake).status == 200)
                try await eventually("the limit was reached") {
                    server.server.limits.count(of: .connectionsWithoutHandshake) == 1
                }
                goOn.append(())
                let response = try await working.receive()
                #expect(response.text == "answer")
                #expect(response["connection"] == "close")
                try await working.expectEnd()
            }
        }
    }
}
