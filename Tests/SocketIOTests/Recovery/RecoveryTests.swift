/// Clients that lose their connection and come back, over real sockets.
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import EngineIO
@testable import SocketIO

@Suite(.timeLimit(.minutes(1))) struct RecoveryTests {
    /// What the answer to CONNECT says.
    struct Reply: Decodable {
        var sid: String
        var pid: String?
    }

    private enum NameKey: SocketValueKey { typealias Value = String }

    static func configuration(
        _ change: (inout ConnectionStateRecovery) -> Void = { _ in }
    )
        -> SocketIOConfiguration
    {
        .testing { configuration in
            var recovery = ConnectionStateRecovery()
            change(&recovery)
            configuration.connectionStateRecovery = recovery
        }
    }

    private static func reply(of packet: String) throws -> Reply {
        try JSONDecoder().decode(Reply.self, from: Data(packet.dropFirst().utf8))
    }

    /// Leaves so that the client may come back.
    static func lose(_ client: SocketIOTestClient) async throws {
        if client.engine.polling == nil { try await client.engine.cut() } else { try await client.close() }
    }

    /// Joins, and reads the packets before the answer to CONNECT.
    static func join(
        _ port: Int,
        over transport: Transport = .webSocket,
        pid: String? = nil,
        offset: String? = nil
    ) async throws -> (client: SocketIOTestClient, reply: Reply, before: [String]) {
        let client = try await SocketIOTestClient.connect(port: port, over: transport)
        var auth: [String] = []
        if let pid { auth.append("\"pid\":\"\(pid)\"") }
        if let offset { auth.append("\"offset\":\"\(offset)\"") }
        try await client.send("0{\(auth.joined(separator: ","))}")
        var before: [String] = []
        while true {
            let packet = try await client.receive()
            if packet.hasPrefix("0") { return (client, try Self.reply(of: packet), before) }
            before.append(packet)
        }
    }

    /// The offset at the end of an event.
    static func offset(of packet: String) throws -> String {
        try #require(packet.split(separator: "\"").dropLast().last.map(String.init))
    }

    /// A packet without its offset.
    static func bare(_ packet: String) throws -> String {
        packet.replacingOccurrences(of: ",\"\(try Self.offset(of: packet))\"", with: "")
    }

    /// A server whose sockets enter `lobby` when they are new, and what happens in it.
    static func withServer(
        _ configuration: SocketIOConfiguration = Self.configuration(),
        setUp: (Namespace) -> Void = { _ in },
        body: (_ port: Int, _ chat: Namespace, _ log: Log) async throws -> Void
    ) async throws {
        let log = Log()
        var chat: Namespace?
        try await withSocketServer(configuration) { server in
            let namespace = server.namespace("/")
            namespace.use { socket in
                log.append("middleware")
                if socket[NameKey.self] == nil { socket[NameKey.self] = "Ada" }
            }
            namespace.onConnect { socket in
                if !socket.isRecovered { socket.join("lobby") }
                log.append("in: \(socket.isRecovered) \(socket[NameKey.self] ?? "")")
            }
            namespace.onDisconnect { _, reason in log.append("out: \(reason)") }
            setUp(namespace)
            chat = namespace
        } body: { port in
            try await body(port, try #require(chat), log)
        }
    }

    @Test(arguments: Transport.allCases)
    func `a client that comes back has its id, rooms and values, and first gets what it missed`(
        _ transport: Transport
    ) async throws {
        try await Self.withServer { port, chat, log in
            let (first, reply, _) = try await Self.join(port, over: transport)
            let pid = try #require(reply.pid)
            try await log.line("in: false Ada")
            try chat.emit("seen", 1)
            let seen = try await first.receive()
            let socket = try #require(chat.socket(SocketID(rawValue: reply.sid)))
            socket[NameKey.self] = "Grace"
            try await Self.lose(first)
            try await log.line(beginning: "out: transport ")
            try chat.emit("all", 2)
            try chat.to("lobby").emit("room", 3)
            try chat.to("elsewhere").emit("not", 4)
            try chat.except("lobby").emit("not", 5)
            try chat.to(Room(reply.sid)).emit("mine", 6)
            try socket.emit("held", 7)
            try chat.volatile.emit("not", 8)
            let offset = try Self.offset(of: seen)
            let (second, again, before) = try await Self.join(port, over: transport, pid: pid, offset: offset)
            #expect(again.sid == reply.sid && again.pid == pid)
            #expect(
                try before.map(Self.bare)
                    == [#"2["all",2]"#, #"2["room",3]"#, #"2["mine",6]"#, #"2["held",7]"#]
            )
            try await log.line("in: true Grace")
            #expect(log.all.filter { $0 == "middleware" }.count == 1)
            try chat.to("lobby").emit("live", 9)
            #expect(try Self.bare(try await second.receive()) == #"2["live",9]"#)
        }
    }

    @Test func `attachments are kept with their event`() async throws {
        try await Self.withServer { port, chat, log in
            let (first, reply, _) = try await Self.join(port)
            try await log.line("in: false Ada")
            try await Self.lose(first)
            try await log.line(beginning: "out")
            try chat.emit("bytes", .binary(ByteBuffer(bytes: [1, 2])))
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.send(#"0{"pid":"\#(reply.pid ?? "")"}"#)
            let text = try await client.receive()
            #expect(try Self.bare(text) == #"51-["bytes",{"_placeholder":true,"num":0}]"#)
            #expect(try await client.receiveBinary() == [1, 2])
            #expect(try Self.reply(of: try await client.receive()).sid == reply.sid)
        }
    }

    @Test func `a client that has seen no event since it joined gets all since then`() async throws {
        try await Self.withServer { port, chat, log in
            try chat.emit("before", 1)
            let (first, reply, _) = try await Self.join(port)
            try await log.line("in: false Ada")
            try await Self.lose(first)
            try await log.line(beginning: "out")
            try chat.emit("after", 2)
            let (_, again, before) = try await Self.join(port, pid: reply.pid)
            #expect(again.sid == reply.sid)
            #expect(try before.map(Self.bare) == [#"2["after",2]"#])
        }
    }

    @Test func `acknowledged and volatile events carry no offset`() async throws {
        try await Self.withServer { port, chat, log in
            let (client, reply, _) = try await Self.join(port)
            try await log.line("in: false Ada")
            let socket = try #require(chat.socket(SocketID(rawValue: reply.sid)))
            try chat.volatile.emit("volatile", 1)
            try await client.expect(#"2["volatile",1]"#)
            async let answer = socket.emitWithAck("ask", [2])
            try await client.expect(#"20["ask",2]"#)
            try await client.send("30[3]")
            #expect(try await answer.first?.decode(as: Int.self) == 3)
        }
    }

    /// A client that says something else than what it was given.
    enum Claim: CaseIterable {
        case unknownSocket, unknownOffset, foreignOffset, numbers, used, ended

        func auth(pid: String, offset: String) -> String {
            switch self {
            case .unknownSocket: #"{"pid":"AAAAAAAAAAAAAAAAAAAA","offset":"\#(offset)"}"#
            case .unknownOffset: #"{"pid":"\#(pid)","offset":"\#(offset)zzz"}"#
            case .foreignOffset: #"{"pid":"\#(pid)","offset":"Q82XjzW"}"#
            case .numbers: #"{"pid":1,"offset":{}}"#
            case .used, .ended: #"{"pid":"\#(pid)","offset":"\#(offset)"}"#
            }
        }
    }

    @Test(arguments: Claim.allCases)
    func `whoever cannot come back joins anew`(_ claim: Claim) async throws {
        try await Self.withServer { port, chat, log in
            let (first, reply, _) = try await Self.join(port)
            try await log.line("in: false Ada")
            try chat.emit("seen", 1)
            let offset = try Self.offset(of: try await first.receive())
            let pid = try #require(reply.pid)
            if claim == .ended { try await first.send("1") } else { try await Self.lose(first) }
            try await log.line(beginning: "out")
            // As long as that client is there.
            let second = claim == .used ? try await Self.join(port, pid: pid, offset: offset).client : nil
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.send("0" + claim.auth(pid: pid, offset: offset))
            let again = try Self.reply(of: try await client.receive())
            #expect(again.sid != reply.sid && again.pid != pid)
            try await second?.close()
        }
    }

    @Test func `middlewares are asked again on option, and may refuse`() async throws {
        let configuration = Self.configuration { $0.skipsMiddlewares = false }
        try await Self.withServer(configuration) { chat in
            chat.use { socket in
                if socket.isRecovered { throw ConnectRefusal("not again") }
            }
        } body: { port, _, log in
            let (first, reply, _) = try await Self.join(port)
            try await log.line("in: false Ada")
            try await Self.lose(first)
            try await log.line(beginning: "out")
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.send(#"0{"pid":"\#(reply.pid ?? "")"}"#)
            try await client.expect(#"4{"message":"not again"}"#)
        }
    }

    @Test func `without the option nothing is added and nobody comes back`() async throws {
        try await Self.withServer(.testing()) { port, chat, log in
            let (client, reply, _) = try await Self.join(port)
            try await log.line("in: false Ada")
            #expect(reply.pid == nil)
            try chat.emit("plain", 1)
            try await client.expect(#"2["plain",1]"#)
        }
    }

    @Test func `what several threads send arrives in the order of its offsets, across a loss, each once`() async throws
    {
        try await Self.withServer { port, chat, log in
            let (first, reply, _) = try await Self.join(port)
            try await log.line("in: false Ada")
            let sending = Task {
                await withTaskGroup(of: Void.self) { group in
                    for sender in 0..<4 {
                        group.addTask {
                            for number in 0..<500 { try? chat.emit("n", .int(Int64(sender * 1000 + number))) }
                        }
                    }
                }
            }
            var seen: [String] = []
            for _ in 0..<50 { seen.append(try await first.receive()) }
            try await Self.lose(first)
            try await log.line(beginning: "out")
            let offset = try Self.offset(of: try #require(seen.last))
            let (second, again, before) = try await Self.join(port, pid: reply.pid, offset: offset)
            #expect(again.sid == reply.sid)
            seen += before
            while seen.count < 2000 { seen.append(try await second.receive()) }
            await sending.value
            let numbers = try seen.map { try #require(Int($0.dropFirst(6).prefix { $0.isNumber })) }
            #expect(Set(numbers).count == 2000)
            for sender in 0..<4 {
                let own = numbers.filter { $0 / 1000 == sender }
                #expect(own == own.sorted())
            }
        }
    }

    @Test func `an interceptor that emits while an event is on its way does not wait for itself`() async throws {
        try await Self.withServer { chat in
            chat.interceptOutgoing { _, event in
                if event.name == "outer" { try? chat.emit("inner", 1) }
                return true
            }
        } body: { port, chat, log in
            let (client, _, _) = try await Self.join(port)
            try await log.line("in: false Ada")
            try chat.emit("outer", 2)
            #expect(try Self.bare(try await client.receive()) == #"2["inner",1]"#)
            #expect(try Self.bare(try await client.receive()) == #"2["outer",2]"#)
        }
    }

    @Test func `values without sense are refused`() {
        for change: (inout ConnectionStateRecovery) -> Void in [
            { $0.maximumDisconnectionDuration = .zero }, { $0.maximumEvents = 0 }, { $0.maximumBytes = -1 },
            { $0.maximumSockets = 1 << 40 },
        ] {
            let error = #expect(throws: SocketIOError.self) { try Self.configuration(change).validate() }
            #expect(error?.code == .invalidConfiguration)
            #expect(error?.message.hasPrefix("connectionStateRecovery.maximum") == true)
        }
    }

    @Test func `an event that an interceptor kept from a client is not sent when it comes back`() async throws {
        try await Self.withServer { chat in
            chat.interceptOutgoing { _, event in event.name != "secret" }
        } body: { port, chat, log in
            let (first, reply, _) = try await Self.join(port)
            try await log.line("in: false Ada")
            try chat.emit("secret", 1)
            try await Self.lose(first)
            try await log.line(beginning: "out")
            try chat.emit("secret", 2)
            try chat.emit("open", 3)
            let (_, again, before) = try await Self.join(port, pid: reply.pid)
            #expect(again.sid == reply.sid)
            #expect(try before.map(Self.bare) == [#"2["open",3]"#])
        }
    }

    @Test func `the room of a socket that is away cannot be entered`() async throws {
        try await Self.withServer { port, chat, log in
            let (first, reply, _) = try await Self.join(port)
            try await log.line("in: false Ada")
            let (second, other, _) = try await Self.join(port)
            try await log.count(4)
            try await Self.lose(first)
            try await log.line(beginning: "out")
            let socket = try #require(chat.socket(SocketID(rawValue: other.sid)))
            #expect(!socket.join(Room(reply.sid)))
            #expect(!socket.rooms.contains(Room(reply.sid)))
            try await second.close()
        }
    }

    @Test func `a client lost twice without having seen anything gets everything the second time`() async throws {
        try await Self.withServer { port, chat, log in
            let (first, reply, _) = try await Self.join(port)
            try await log.line("in: false Ada")
            try await Self.lose(first)
            try await log.count(3)
            try chat.emit("one", 1)
            let (second, _, _) = try await Self.join(port, pid: reply.pid)
            try await log.count(4)
            try await Self.lose(second)
            try await log.count(5)
            let (_, _, before) = try await Self.join(port, pid: reply.pid)
            #expect(try before.map(Self.bare) == [#"2["one",1]"#])
        }
    }

    @Test func `an offset from before it joined gives a client no older events`() async throws {
        try await Self.withServer { port, chat, log in
            let (watcher, _, _) = try await Self.join(port)
            try chat.emit("early", 1)
            let early = try Self.offset(of: try await watcher.receive())
            try chat.emit("before", 2)
            let (first, reply, _) = try await Self.join(port)
            try await log.count(4)
            try await Self.lose(first)
            try await log.line(beginning: "out")
            try chat.emit("after", 3)
            let (_, again, before) = try await Self.join(port, pid: reply.pid, offset: early)
            #expect(again.sid == reply.sid)
            #expect(try before.map(Self.bare) == [#"2["after",3]"#])
        }
    }
}
