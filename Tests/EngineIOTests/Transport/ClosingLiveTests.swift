/// Every way a session ends, over both transports, and what each side is told.
import EngineIO
import NIOCore
import TestSupport
import Testing

extension LiveTests {
    @Suite struct ClosingLiveTests {
        // MARK: By the client

        @Test(arguments: [TransportName.polling, .webSocket])
        func `a session closed as it opens leaves nothing behind`(over transport: TransportName) async throws {
            let close: SessionRecorder.Reaction = { event in
                if case .opened(let session) = event { session.close() }
            }
            try await withEngineServer(reaction: close) { server in
                if transport == .webSocket {
                    let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                    try await client.expectEnd()
                } else {
                    let client = try await PollingTestClient.connect(port: server.port)
                    #expect(try await client.poll() == ["1"])
                }
                try await eventually("no session is left") { server.server.sessionCount == 0 }
            }
        }

        @Test func `a close packet over polling is answered, and the poll gets a noop`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPoll()
                let session = try await server.session(client.sid)
                try await eventually("the poll waits") { session.holdsPoll }
                try await client.post("1")
                #expect(try await client.receivePoll() == ["6"])
                #expect(try await server.closeReason(of: client.sid) == .transportClose)
                #expect(try await client.polls.request("GET", client.target).status == 400)
                #expect(server.server.sessionCount == 0)
            }
        }

        @Test func `a close packet over a WebSocket ends the session`() async throws {
            try await withEngineServer { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                try await client.send("1")
                #expect(try await client.webSocket?.expectClose() == .some(nil))
                #expect(try await server.closeReason(of: client.open.sid) == .transportClose)
            }
        }

        @Test func `a close frame is answered with its code and ends the session`() async throws {
            for code in [nil, 1000, 1001, 3000, 4999] as [UInt16?] {
                try await withEngineServer { server in
                    let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                    let webSocket = try #require(client.webSocket)
                    try await webSocket.send(.close(code, reason: code == nil ? [] : Array("bye".utf8)))
                    #expect(try await webSocket.receiveClose() == code)
                    // The server ends the connection first, as RFC 6455 §7.1.1 asks.
                    #expect(try await webSocket.connection.readToEnd() == [])
                    #expect(try await server.closeReason(of: client.open.sid) == .transportClose)
                }
            }
        }

        @Test(arguments: [false, true])
        func `a WebSocket that is cut off ends the session`(withReset: Bool) async throws {
            try await withEngineServer { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                if withReset {
                    try await client.cut()
                } else {
                    try await client.webSocket?.connection.close()
                }
                #expect(try await server.closeReason(of: client.open.sid)?.rawValue.hasPrefix("transport") == true)
                try await eventually("it is forgotten") { server.server.sessionCount == 0 }
            }
        }

        // MARK: By the server

        @Test func `a poll that waits gets the close packet`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPoll()
                let session = try await server.session(client.sid)
                try await eventually("the poll waits") { session.holdsPoll }
                session.close()
                #expect(try await client.receivePoll() == ["1"])
                #expect(try await server.closeReason(of: client.sid) == .forcedClose)
            }
        }

        @Test func `the next poll gets what was sent, the one behind it the close packet`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(client.sid)
                session.send(MessageUnit(text: "farewell"))
                session.close()
                #expect(try await client.poll() == ["4farewell"])
                #expect(try await client.poll() == ["1"])
                #expect(try await server.closeReason(of: client.sid) == .forcedServerClose)
                #expect(try await client.polls.request("GET", client.target).status == 400)
            }
        }

        @Test func `a session nobody polls is given up after the closing timeout`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.closingTimeout = .milliseconds(50)
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await server.session(client.sid).close()
                #expect(server.server.sessionCount == 1)
                try await eventually("it is given up") { server.server.sessionCount == 0 }
            }
        }

        @Test func `a WebSocket gets what was sent, then a close frame without a code`() async throws {
            try await withEngineServer { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let session = try await server.session(client.open.sid)
                session.send(MessageUnit(text: "farewell"))
                session.close()
                #expect(try await client.receiveText() == "4farewell")
                #expect(try await client.webSocket?.expectClose() == .some(nil))
                #expect(try await server.closeReason(of: client.open.sid) == .forcedClose)
            }
        }

        @Test func `a client that does not answer the close frame is cut off`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.closeHandshakeTimeout = .milliseconds(80)
            try await withEngineServer(configuration) { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let webSocket = try #require(client.webSocket)
                try await server.session(client.open.sid).close()
                #expect(try await webSocket.receiveClose() == nil)
                // Talking goes on in vain, and does not prolong anything.
                try await webSocket.send("4a")
                #expect(try await webSocket.connection.readToEnd() == [])
                #expect(server.texts(of: client.open.sid) == [])
            }
        }

        @Test func `a client that answers the close frame but keeps the connection is cut off`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.closeHandshakeTimeout = .milliseconds(80)
            try await withEngineServer(configuration) { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let webSocket = try #require(client.webSocket)
                try await webSocket.send(.close(1000))
                #expect(try await webSocket.receiveClose() == 1000)
                #expect(try await webSocket.connection.readToEnd() == [])
                try await eventually("sending fails") {
                    do {
                        try await webSocket.send("4a")
                        return false
                    } catch {
                        return true
                    }
                }
            }
        }

        @Test func `a handler that closes inside a message delivers nothing more of the payload`() async throws {
            let leave: SessionRecorder.Reaction = { event in
                if event.text == "bye" { event.session.close() }
            }
            try await withEngineServer(reaction: leave) { server in
                for transport in EngineIOTestClient.Transport.allCases {
                    let client = try await EngineIOTestClient.connect(port: server.port, over: transport)
                    try await client.send("4a", "4bye", "4b")
                    try await client.expectEnd()
                    #expect(server.texts(of: client.open.sid) == ["a", "bye"])
                }
            }
        }

        // MARK: Shutdown

        @Test func `a shutdown tells every client, sends what waits, and frees the port`() async throws {
            try await withEngineServer { server in
                let waiting = try await PollingTestClient.connect(port: server.port)
                try await waiting.startPoll()
                let session = try await server.session(waiting.sid)
                try await eventually("the poll waits") { session.holdsPoll }
                let webSocket = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                try await server.session(webSocket.open.sid).send(MessageUnit(text: "last"))
                let idle = try await RawConnection.connect(port: server.port)
                _ = try await HTTPTestClient(idle).request("GET", "/")

                async let end = server.server.shutDown(timeout: .seconds(10))
                #expect(try await waiting.receivePoll() == ["1"])
                #expect(try await webSocket.receiveText() == "4last")
                #expect(try await webSocket.webSocket?.expectClose() == .some(nil))
                #expect(try await idle.readToEnd() == [])
                try await webSocket.webSocket?.connection.close()
                _ = await end
                #expect(try await server.closeReason(of: waiting.sid) == .serverShuttingDown)
                #expect(try await server.closeReason(of: webSocket.open.sid) == .serverShuttingDown)
                await #expect(throws: (any Error).self) { try await RawConnection.connect(port: server.port) }
                try await self.bindsAgain(port: server.port)
            }
        }

        private func bindsAgain(port: Int) async throws {
            let next = try EngineIOServer(threads: 1, logger: quietLogger()) {
                SessionRecorder(log: EventLog()) { _ in }
            }
            #expect(try await next.bind(host: "127.0.0.1", port: port).port == port)
            await next.shutDown()
        }

        @Test func `a shutdown cuts off those who do not go`() async throws {
            try await withEngineServer { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let start = ContinuousClock.now
                await server.server.shutDown(timeout: .milliseconds(100))
                #expect(ContinuousClock.now - start < .seconds(5))
                let webSocket = try #require(client.webSocket)
                #expect(try await webSocket.receiveClose() == nil)
                #expect(try await webSocket.connection.readToEnd() == [])
            }
        }

        @Test func `a server starts once, and stops as often as it is told`() async throws {
            try await withEngineServer { server in
                let error = await #expect(throws: EngineIOError.self) {
                    try await server.server.bind(host: "127.0.0.1", port: 0)
                }
                #expect(error?.code == .alreadyRunning)
                await server.server.shutDown(timeout: .seconds(1))
                await server.server.shutDown(timeout: .seconds(1))
            }
        }

        @Test func `shutdowns at the same time are one`() async throws {
            try await withEngineServer { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let webSocket = try #require(client.webSocket)
                let polling = try await PollingTestClient.connect(port: server.port)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 { group.addTask { _ = await server.server.shutDown(timeout: .seconds(10)) } }
                    #expect(try await webSocket.expectClose() == nil)
                    try await webSocket.connection.close()
                    #expect(try await polling.poll() == ["1"])
                    for connection in [polling.polls.connection, polling.posts.connection] {
                        #expect(try await connection.readToEnd() == [])
                    }
                    try await group.waitForAll()
                }
                let reasons = server.events.all.compactMap(\.closeReason)
                #expect(reasons == [.serverShuttingDown, .serverShuttingDown])
                try await self.bindsAgain(port: server.port)
            }
        }

        private func idleServer() throws -> EngineIOServer {
            try EngineIOServer(threads: 1, logger: quietLogger()) {
                SessionRecorder(log: EventLog(), reaction: SessionRecorder.silent)
            }
        }

        @Test func `a server shut down before its start does not start`() async throws {
            let server = try self.idleServer()
            await server.shutDown()
            let error = await #expect(throws: EngineIOError.self) { try await server.bind(host: "127.0.0.1", port: 0) }
            #expect(error?.code == .shutDown)
        }

        @Test func `a server shut down about the time of its start does not listen after it`() async throws {
            for turns in 0..<30 {
                let server = try self.idleServer()
                let start = Task { try await server.bind(host: "127.0.0.1", port: 0) }
                for _ in 0..<turns { await Task.yield() }
                await server.shutDown()
                switch await start.result {
                case .success(let address):
                    let port = try #require(address.port)
                    await #expect(throws: (any Error).self) { try await RawConnection.connect(port: port) }
                case .failure(let error):
                    #expect((error as? EngineIOError)?.code == .shutDown)
                }
            }
        }

        @Test func `a port in use and an address of nobody are refused in one clear line`() async throws {
            try await withEngineServer { server in
                for (host, port) in [("127.0.0.1", server.port), ("192.0.2.1", 0)] {
                    let other = try EngineIOServer(threads: 1, logger: quietLogger()) {
                        SessionRecorder(log: EventLog()) { _ in }
                    }
                    let error = await #expect(throws: EngineIOError.self) {
                        try await other.bind(host: host, port: port)
                    }
                    #expect(error?.code == .cannotBind)
                    #expect(error?.message.hasPrefix("cannot listen on \(host):\(port): ") == true)
                }
            }
        }
    }
}
