/// Starting and stopping: exit statuses, and what an operator reads.
import ArgumentParser
import Foundation
import SocketIO
import TestSupport
import Testing

@testable import ChatApp

@Suite struct ChatProcessTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
        try self.folder.write("<p>chat", to: "templates/index.html")
        try self.folder.write("body {}", to: "static/site.css")
    }

    /// Runs the chat to its end.
    private func failure(
        _ arguments: String,
        environment: [String: String] = [:]
    ) async throws -> (status: Int32, lines: [String]) {
        let chat = try ChatProcess(in: self.folder, arguments, environment: environment)
        let status = try await chat.status()
        try await chat.lines.count(1)
        return (status, chat.lines.all)
    }

    // MARK: Failing to start

    @Test(arguments: [
        ("--port http", #"ChatApp: --port is "http", expected 0 to 65535"#),
        ("--temp-ttl 0", #"ChatApp: --temp-ttl is "0", expected a number of seconds, more than 0 and at most a year"#),
        ("--nonsense", "ChatApp: Unknown option '--nonsense'"), ("5050", "ChatApp: Unexpected argument '5050'"),
        ("--port", "ChatApp: Missing value for '--port <port>'"),
    ])
    func `a bad option is one line and a status of its own`(arguments: String, line: String) async throws {
        let (status, lines) = try await self.failure(arguments)
        #expect(status == 64)
        #expect(lines == [line])
    }

    @Test func `a bad variable is one line, too`() async throws {
        let (status, lines) = try await self.failure("", environment: ["CHAT_PING_TIMEOUT": "soon"])
        #expect(status == 64)
        let expected = "expected a number of seconds, more than 0 and at most a year"
        #expect(lines == [#"ChatApp: CHAT_PING_TIMEOUT is "soon", \#(expected)"#])
    }

    @Test func `an unreadable page is one line`() async throws {
        let (status, lines) = try await self.failure("--port 0 --templates nowhere")
        #expect(status == 1)
        #expect(lines.count == 1)
        #expect(lines[0].hasSuffix(" critical cannot read nowhere/index.html: No such file or directory"))
    }

    @Test func `a port in use is one line, also in the file`() async throws {
        try await withSocketServer { port in
            let (status, lines) = try await self.failure("--host 127.0.0.1 --port \(port)")
            #expect(status == 1)
            #expect(lines.count == 1)
            #expect(lines[0].hasSuffix(" critical cannot listen on 127.0.0.1:\(port): the port is in use"))
            #expect(try self.folder.text(of: "app.log") == lines[0] + "\n")
        }
    }

    @Test func `a host that does not exist is one line`() async throws {
        let (status, lines) = try await self.failure("--host nowhere.invalid --port 0")
        #expect(status == 1)
        #expect(lines.count == 1)
        #expect(lines[0].hasSuffix(" critical cannot listen on nowhere.invalid:0: there is no such host"))
    }

    // MARK: Serving and stopping

    @Test(arguments: [SIGTERM, SIGINT, SIGQUIT])
    func `a signal ends the chat: clients are told, the port is free, the status is 0`(signal: Int32) async throws {
        let chat = try ChatProcess(in: self.folder, "--host 127.0.0.1 --port 0")
        let port = try await chat.port()
        let webSocket = try await SocketIOTestClient.connect(port: port)
        let polling = try await SocketIOTestClient.connect(port: port, over: .polling)
        for client in [webSocket, polling] { try await client.join() }
        chat.send(signal)
        // What the chat has said before comes first.
        while case .text = try await webSocket.engine.receive() {}
        do {
            while case .text = try await polling.engine.receive() {}
        } catch is UnexpectedEnd {
            // No request of this client happened to wait for an answer: its connection ends all the same.
        }
        #expect(try await chat.status(within: .seconds(5)) == 0)
        try await chat.lines.first("the last line") { $0.contains(" info stopped") }
        let again = try ChatProcess(in: self.folder, "--host 127.0.0.1 --port \(port)")
        #expect(try await again.port() == port)
        again.send(SIGTERM)
        #expect(try await again.status() == 0)
    }

    @Test func `pages and files are served, and variables are heard`() async throws {
        let environment = ["CHAT_HOST": "127.0.0.1", "CHAT_PORT": "0", "CHAT_PING_INTERVAL": "1.5"]
        let chat = try ChatProcess(in: self.folder, "--ping-timeout 7", environment: environment)
        let port = try await chat.port()
        let client = try await HTTPTestClient.connect(port: port)
        let page = try await client.request("GET", "/")
        #expect(page.status == 200)
        #expect(page["content-type"] == "text/html; charset=utf-8")
        #expect(page.text == "<p>chat")
        let head = try await client.request("HEAD", "/")
        #expect(head.status == 200)
        #expect(head["content-length"] == "7")
        #expect(head.text == "")
        #expect(try await client.request("GET", "/static/site.css").text == "body {}")
        #expect(try await client.request("GET", "/static/%2e%2e/templates/index.html").status == 404)
        #expect(try await client.request("GET", "/socket.io").status == 404)
        #expect(try await client.request("POST", "/", body: "x").status == 405)
        let open = try await SocketIOTestClient.connect(port: port).engine.open
        #expect(open.pingInterval == 1500)
        #expect(open.pingTimeout == 7000)
    }

    @Test(arguments: [
        ("", "http://127.0.0.1", true), ("", "http://a.example", false),
        ("--allowed-origin http://a.example", "http://a.example", true),
        ("--allowed-origin http://a.example", "http://127.0.0.1", true),
        ("--allowed-origin http://a.example", "http://b.example", false),
        ("--allowed-origin *", "http://b.example", true),
    ])
    func `pages of other origins are let in when they are allowed`(
        arguments: String,
        origin: String,
        isAllowed: Bool
    ) async throws {
        let chat = try ChatProcess(in: self.folder, "--host 127.0.0.1 --port 0 \(arguments)")
        let client = try await HTTPTestClient.connect(port: try await chat.port())
        let response = try await client.request(
            "GET",
            "/socket.io/?EIO=4&transport=polling",
            headers: [("Origin", origin)]
        )
        #expect(response.status == (isAllowed ? 200 : 400))
        let isNamed = isAllowed && !arguments.isEmpty
        #expect(response["access-control-allow-origin"] == (isNamed ? origin : nil))
    }

    @Test func `the chat goes on while old temporary messages are removed`() async throws {
        let chat = try ChatProcess(in: self.folder, "--host 127.0.0.1 --port 0 --temp-ttl 0.01 --cleanup-interval 0.01")
        let client = try await SocketIOTestClient.connect(port: try await chat.port())
        try await client.join()
        for _ in 0..<2 { _ = try await client.receive() }
        for number in 0..<50 {
            try await client.emit("send_message", #"{"message":1,"temp":1}"#, id: number)
            #expect(try await client.receive().hasSuffix(#""message":1,"temp":true}]"#))
            try await client.expect("3\(number)[]")
        }
        chat.send(SIGTERM)
        #expect(try await chat.status() == 0)
    }

    @Test(arguments: [true, false])
    func `health endpoints are there when they are asked for`(isOn: Bool) async throws {
        let arguments = "--host 127.0.0.1 --port 0" + (isOn ? " --health-endpoints" : "")
        let chat = try ChatProcess(in: self.folder, arguments)
        let client = try await HTTPTestClient.connect(port: try await chat.port())
        for path in ["/healthz", "/readyz"] {
            #expect(try await client.request("GET", path).status == (isOn ? 200 : 404))
        }
    }

    @Test func `a shutdown may take its time to tell the clients`() async throws {
        let chat = try ChatProcess(in: self.folder, "--host 127.0.0.1 --port 0 --drain-duration 0.1")
        let port = try await chat.port()
        let clients = [
            try await SocketIOTestClient.connect(port: port), try await SocketIOTestClient.connect(port: port),
        ]
        chat.send(SIGTERM)
        for client in clients {
            try await client.expectEnd()
            try await client.engine.webSocket?.connection.close()
        }
        #expect(try await chat.status() == 0)
    }

    @Test func `a shutdown that takes its time can be hurried`() async throws {
        let chat = try ChatProcess(in: self.folder, "--host 127.0.0.1 --port 0 --drain-duration 300")
        let port = try await chat.port()
        let clients = [
            try await SocketIOTestClient.connect(port: port), try await SocketIOTestClient.connect(port: port),
        ]
        chat.send(SIGTERM)
        try await chat.lines.first("the beginning of the end") { $0.contains(" info shutting down") }
        chat.send(SIGQUIT)
        for client in clients {
            try await client.expectEnd()
            try await client.engine.webSocket?.connection.close()
        }
        #expect(try await chat.status() == 0)
    }

    @Test func `code that never returns has an exit status of its own`() async throws {
        var configuration = SocketIOConfiguration()
        configuration.port = 0
        configuration.threads = 1
        configuration.shutdownTimeout = .milliseconds(10)
        configuration.cancellationGrace = .milliseconds(10)
        let server = try SocketIOServer(configuration: configuration, logger: quietLogger())
        let events = EventLog<String>()
        server.namespace("/").on("hang") { _, _ async in
            events.append("begun")
            await Task { _ = try? await events.first("the end") { $0 == "end" } }.value
        }
        let running = Task { try await server.run() }
        try await eventually("the server listens") { server.port != nil }
        let client = try await SocketIOTestClient.connect(port: try #require(server.port))
        try await client.join()
        try await client.emit("hang")
        try await events.count(1)
        running.cancel()
        let error = try #require(await #expect(throws: SocketIOError.self) { try await running.value })
        #expect(LoggedError(error).exitCode == ExitCode(70))
        #expect(LoggedError(CancellationError()).exitCode == ExitCode(1))
        events.append("end")
    }

    // MARK: The log file

    /// Waits until a file holds a line of the chat's that ends so.
    private func line(endingWith end: String, in name: String) async throws {
        try await eventually("\(name) has \(end)") {
            (try? self.folder.text(of: name))?.split(separator: "\n").contains { $0.hasSuffix(end) } ?? false
        }
    }

    @Test func `the log goes on under its name when the file is renamed`() async throws {
        let chat = try ChatProcess(in: self.folder, "--host 127.0.0.1 --port 0")
        let port = try await chat.port()
        try await self.line(endingWith: "port=\(port)", in: "app.log")
        try FileManager.default.moveItem(
            atPath: "\(self.folder.path)/app.log",
            toPath: "\(self.folder.path)/app.log.1"
        )
        chat.send(SIGHUP)
        // Made at once, with nothing to write yet.
        try await eventually("there is another file") { (try? self.folder.text(of: "app.log")) == "" }
        chat.send(SIGTERM)
        #expect(try await chat.status() == 0)
        try await self.line(endingWith: " info stopped", in: "app.log")
        #expect(try !self.folder.text(of: "app.log.1").contains("stopped"))
    }

    @Test func `a log folder that vanishes does not disturb the chat, and comes back`() async throws {
        try self.folder.makeFolder("logs")
        let chat = try ChatProcess(in: self.folder, "--host 127.0.0.1 --port 0 --log-file logs/app.log")
        let port = try await chat.port()
        try await self.line(endingWith: "port=\(port)", in: "logs/app.log")
        try FileManager.default.removeItem(atPath: "\(self.folder.path)/logs")
        chat.send(SIGHUP)
        try await chat.lines.first("the report") { line in
            line.hasSuffix(" error cannot write logs/app.log: No such file or directory")
        }
        let client = try await SocketIOTestClient.connect(port: port)
        try await client.join()
        try await client.emit("send_message", #"{"message":"still here"}"#, id: 1)
        while try await client.receive() != "31[]" {}
        try await client.engine.cut()
        try await chat.lines.first("the end of the client") { $0.contains(" info left ") }
        try self.folder.makeFolder("logs")
        try await chat.lines.first("the report") { line in
            line.hasSuffix(" error logs/app.log can be written again, no line was lost")
        }
        chat.send(SIGTERM)
        #expect(try await chat.status() == 0)
        try await self.line(endingWith: " info stopped", in: "logs/app.log")
        // What was said meanwhile is there, too.
        #expect(try self.folder.text(of: "logs/app.log").contains(" joined"))
    }
}
