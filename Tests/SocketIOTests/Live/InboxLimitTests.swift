/// A client that sends faster than its handlers work is made to wait; nothing is lost.
import Synchronization
import TestSupport
import Testing

@testable import EngineIO
@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct InboxLimitTests {
    private static let number = Event<Int>("number")

    /// A server whose handler of `number` waits at the gate; `/other` tells on the log what it is sent.
    private func withServer(
        limit: Int,
        gate: Gate,
        log: Log,
        setUp: (SocketIOServer) -> Void = { _ in },
        body: (Int) async throws -> Void
    ) async throws {
        try await withSocketServer(
            .testing {
                $0.threads = 1
                $0.limits.eventsPerInbox = limit
            },
            setUp: { server in
                Bystander.prepare(server)
                server.namespace("/").on(Self.number) { _, number async in
                    await gate.pass()
                    log.append("\(number)")
                }
                server.namespace("/other").on(Event<String>("say")) { _, text in log.append(text) }
                setUp(server)
            },
            body: body
        )
    }

    @Test func `over polling the answer to the POST is withheld until the handlers have caught up`() async throws {
        let gate = Gate()
        let log = Log()
        try await self.withServer(limit: 4, gate: gate, log: log) { port in
            let bystander = try await Bystander(port: port)
            let client = try await SocketIOTestClient.connect(port: port, over: .polling)
            try await client.join()
            try await client.join("/other")
            let polling = try #require(client.engine.polling)
            let events = (1...20).map { #"42["number",\#($0)]"# } + [#"42/other,["say","all read"]"#]
            try await polling.posts.send("POST", polling.target, body: events.joined(separator: "\u{1E}"))
            // The body is read as a whole; the one event loop then turns to somebody else, so an answer would be there.
            try await log.line("all read")
            try await bystander.expectService()
            await #expect(throws: TestTimeout.self) { try await polling.posts.receive(within: .milliseconds(50)) }
            gate.open()
            let answer = try await polling.posts.receive()
            #expect(answer.status == 200 && answer.text == "ok")
            #expect(try await log.count(21)[1...] == (1...20).map(String.init)[...])
            try await client.emit("alive", id: 1)
            try await client.expect("31[]")
        }
    }

    @Test func `a WebSocket is not read until the handlers have caught up`() async throws {
        let gate = Gate()
        let log = Log()
        try await self.withServer(limit: 4, gate: gate, log: log) { port in
            let bystander = try await Bystander(port: port)
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.join()
            try await client.join("/other")
            // One is being handled and four wait: the limit.
            for number in 1...5 { try await client.emit("number", "\(number)") }
            try await client.emit("say", #""too far""#, to: "/other")
            for number in 6...20 { try await client.emit("number", "\(number)") }
            for _ in 1...3 { try await bystander.expectService() }
            #expect(log.all == [])
            gate.open()
            let lines = try await log.count(21)
            #expect(lines.filter { $0 != "too far" } == (1...20).map(String.init))
            #expect(lines.contains("too far"))
        }
    }

    @Test func `handlers that run at the same time are limited as well`() async throws {
        let gate = Gate()
        let log = Log()
        try await self.withServer(
            limit: 4,
            gate: gate,
            log: log,
            setUp: { server in
                server.namespace("/").on(Event<Int>("beside"), order: .concurrent) { _, number async in
                    log.append("\(number) begins")
                    await gate.pass()
                }
            },
            body: { port in
                let bystander = try await Bystander(port: port)
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                for number in 1...8 { try await client.emit("beside", "\(number)", id: number) }
                let begun = try await log.count(4)
                for _ in 1...3 { try await bystander.expectService() }
                #expect(log.all.sorted() == begun.sorted() && begun.count == 4)
                gate.open()
                var answers: Set<String> = []
                for _ in 1...8 { answers.insert(try await client.receive()) }
                #expect(answers == Set((1...8).map { "3\($0)[]" }))
            }
        )
    }

    @Test func `over polling the answer to the POST waits for handlers that run at the same time`() async throws {
        let gates = (0..<6).map { _ in Gate() }
        let log = Log()
        try await self.withServer(
            limit: 4,
            gate: Gate(),
            log: log,
            setUp: { server in
                server.namespace("/").on(Event<Int>("beside"), order: .concurrent) { _, number async in
                    log.append("\(number) begins")
                    await gates[number].pass()
                    log.append("\(number) ends")
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: .polling)
                try await client.join()
                let session = try #require(client.engine.polling)
                let events = (0..<6).map { #"42["beside",\#($0)]"# }
                try await session.posts.send("POST", session.target, body: events.joined(separator: "\u{1E}"))
                async let answered: Void = self.logAnswer(of: session.posts, to: log)
                try await log.count(6)
                // Five still run, then four, then three: too many.
                for number in 0..<3 {
                    gates[number].open()
                    try await log.line("\(number) ends")
                }
                let bystander = try await Bystander(port: port)
                try await bystander.expectService()
                #expect(log.all[6...] == ["0 ends", "1 ends", "2 ends"])
                gates[3].open()
                try await answered
                #expect(log.all[6...] == ["0 ends", "1 ends", "2 ends", "3 ends", "answered ok"])
                for gate in gates { gate.open() }
                #expect(Set(try await log.count(13)).count == 13)
            }
        )
    }

    private func logAnswer(of client: HTTPTestClient, to log: Log) async throws {
        log.append("answered \(try await client.receive().text)")
    }

    @Test func `handlers that run at the same time and events that wait are counted together`() async throws {
        let (gate, besideGate) = (Gate(), Gate())
        let log = Log()
        try await self.withServer(
            limit: 4,
            gate: gate,
            log: log,
            setUp: { server in
                server.namespace("/").on("beside", order: .concurrent) { _, _ async in
                    await besideGate.pass()
                }
            },
            body: { port in
                let bystander = try await Bystander(port: port)
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.join("/other")
                for _ in 1...2 { try await client.emit("beside") }
                // One is being handled and two wait.
                for number in 1...3 { try await client.emit("number", "\(number)") }
                try await client.emit("say", #""too far""#, to: "/other")
                for number in 4...5 { try await client.emit("number", "\(number)") }
                for _ in 1...3 { try await bystander.expectService() }
                #expect(log.all == [])
                // The two that wait alone are not too many.
                besideGate.open()
                try await log.line("too far")
                gate.open()
                try await log.expect(["too far"] + (1...5).map(String.init))
            }
        )
    }

    @Test func `handlers of a socket that has left count for it no more`() async throws {
        let (early, late) = (Gate(), Gate())
        let log = Log()
        let sockets = EventLog<Socket>()
        try await self.withServer(
            limit: 2,
            gate: Gate(),
            log: log,
            setUp: { server in
                server.namespace("/").onConnect { sockets.append($0) }
                server.namespace("/").on(Event<String>("beside"), order: .concurrent) { _, name async in
                    log.append("\(name) begins")
                    await (name == "early" ? early : late).pass()
                    log.append("\(name) ends")
                }
            },
            body: { port in
                let bystander = try await Bystander(port: port)
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join("/other")
                try await client.join()
                for _ in 1...2 { try await client.emit("beside", #""early""#) }
                try await log.expect(["early begins", "early begins"])
                try await sockets.count(2)[1].disconnect()
                try await client.expect("1")
                try await client.join()
                for _ in 1...2 { try await client.emit("beside", #""late""#) }
                try await client.emit("say", #""too far""#, to: "/other")
                // Those of the socket that has left end now, and must not end the hold of those that came after it.
                try await log.count(4)
                early.open()
                try await log.count(6)
                for _ in 1...3 { try await bystander.expectService() }
                #expect(log.all[2...] == ["late begins", "late begins", "early ends", "early ends"])
                late.open()
                #expect(try await log.count(9)[6...].sorted() == ["late ends", "late ends", "too far"])
            }
        )
    }

    @Test func `events that wait for a middleware are limited as well`() async throws {
        let gate = Gate()
        let log = Log()
        try await self.withServer(
            limit: 4,
            gate: gate,
            log: log,
            setUp: { $0.namespace("/").use { _ async in await gate.pass() } },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join("/other")
                try await client.send("0")
                for number in 1...4 { try await client.emit("number", "\(number)") }
                try await client.emit("say", #""too far""#, to: "/other")
                let other = try await SocketIOTestClient.connect(port: port)
                for _ in 1...3 {
                    try await other.send("0/none,")
                    try await other.expect(#"4/none,{"message":"Invalid namespace"}"#)
                }
                #expect(log.all == [])
                gate.open()
                #expect(try await log.count(5).filter { $0 != "too far" } == ["1", "2", "3", "4"])
            }
        )
    }

    @Test(arguments: Transport.allCases)
    func `a connection is read again when the socket that held it is refused`(transport: Transport) async throws {
        let gate = Gate()
        let sockets = EventLog<Socket>()
        try await withSocketServer(
            .testing { $0.limits.eventsPerInbox = 2 },
            setUp: { server in
                server.namespace("/").acknowledge("e") { _, _ in [] }
                server.namespace("/").use { socket async throws in
                    sockets.append(socket)
                    await gate.pass()
                    throw ConnectRefusal("no")
                }
                _ = server.namespace("/other")
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                async let sent: Void = client.engine.send("40", #"42["e"]"#, #"42["e"]"#)
                if transport == .webSocket { try await sent }
                // An event that came after the refusal would end the connection.
                let session = try await sockets.count(1)[0].session
                try await eventually("the connection is held") { session.isInputHeld }
                gate.open()
                try await sent
                try await client.expect(#"4{"message":"no"}"#)
                try await client.join("/other")
            }
        )
    }

    @Test(arguments: Transport.allCases)
    func `a connection is read again when the socket that held it is disconnected`(transport: Transport) async throws {
        let gate = Gate()
        let sockets = EventLog<Socket>()
        try await withSocketServer(
            .testing { $0.limits.eventsPerInbox = 2 },
            setUp: { server in
                server.namespace("/").onConnect { sockets.append($0) }
                server.namespace("/").acknowledge("wait") { _, _ async in
                    await gate.pass()
                    return nil
                }
                _ = server.namespace("/other")
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.join()
                let socket = try await sockets.count(1)[0]
                let wait = #"42["wait"]"#
                async let sent: Void = client.engine.send(wait, wait, wait, wait)
                if transport == .webSocket { try await sent }
                socket.disconnect()
                try await sent
                try await client.expect("1")
                // The handler still runs, whatever it waits for; the connection does not wait with it.
                try await client.join("/other")
                gate.open()
            }
        )
    }

    @Test(arguments: Transport.allCases, [1, 2, 3])
    func `holding and releasing in quick succession loses nothing`(transport: Transport, limit: Int) async throws {
        let (rounds, batch) = transport == .polling ? (150, 4) : (30, 20)
        let log = EventLog<Int>()
        try await withSocketServer(
            .testing {
                $0.threads = 2
                $0.limits.eventsPerInbox = limit
            },
            setUp: { server in
                server.namespace("/").on(Self.number) { _, number async in
                    if number % 3 == 0 { await Task.yield() }
                    log.append(number)
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.join()
                for round in 0..<rounds {
                    let events = (0..<batch).map { #"42["number",\#(round * batch + $0)]"# }
                    if let polling = client.engine.polling {
                        try await polling.post(events.joined(separator: "\u{1E}"))
                    } else {
                        for event in events { try await client.engine.send(event) }
                    }
                }
                try await log.expect(Array(0..<(rounds * batch)))
            }
        )
    }
}
