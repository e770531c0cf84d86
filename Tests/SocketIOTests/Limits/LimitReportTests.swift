/// Every limit that a client can reach is counted and logged, and disturbs nobody else.
import EngineIO
import Synchronization
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct LimitReportTests {
    /// A way to reach a limit.
    struct Way: Sendable, CustomTestStringConvertible {
        let limit: String
        let set: @Sendable (inout SocketIOConfiguration) -> Void
        /// What a client that has joined `/` sends, as Engine.IO packets; the texts begin with `4`.
        let packets: [String]
        let attachments: [[UInt8]]
        /// Whether it ends the connection.
        let ends: Bool

        var testDescription: String { self.limit }

        init(
            _ limit: String,
            _ set: @escaping @Sendable (inout SocketIOConfiguration.Limits) -> Void,
            sending packets: String...,
            attachments: [[UInt8]] = [],
            ends: Bool = true
        ) {
            self.limit = limit
            self.set = { set(&$0.limits) }
            self.packets = packets
            self.attachments = attachments
            self.ends = ends
        }
    }

    private static let placeholder = #"{"_placeholder":true,"num":0}"#

    static let ways = [
        Way("attachmentsPerPacket", { $0.attachmentsPerPacket = 2 }, sending: #"453-["alive"]"#),
        Way(
            "attachmentsPerPacket",
            { $0.attachmentsPerPacket = 2 },
            sending: #"451-["alive",\#(placeholder),\#(placeholder),\#(placeholder)]"#
        ),
        Way(
            "attachmentBytes",
            { $0.attachmentBytes = 4 },
            sending: #"451-["alive",\#(placeholder)]"#,
            attachments: [[1, 2, 3, 4, 5]]
        ),
        Way(
            "attachmentTimeout",
            { $0.attachmentTimeout = .milliseconds(50) },
            sending: #"451-["alive",\#(placeholder)]"#
        ),
        Way("nestingDepth", { $0.nestingDepth = 4 }, sending: #"42["alive",[[[[1]]]]]"#),
        Way("nestingDepth", { $0.nestingDepth = 4 }, sending: #"40/a,{"a":{"b":{"c":{"d":{}}}}}"#),
        Way("namespaceBytes", { $0.namespaceBytes = 8 }, sending: "40/12345678,"),
        Way("eventNameBytes", { $0.eventNameBytes = 8 }, sending: #"42["123456789"]"#),
        Way("acknowledgementDigits", { $0.acknowledgementDigits = 3 }, sending: #"421234["alive"]"#),
        Way("namespacesPerConnection", { $0.namespacesPerConnection = 1 }, sending: "40/other,", ends: false),
        Way("dynamicNamespaces", { $0.dynamicNamespaces = 1 }, sending: "40/d1,", "40/d2,", ends: false),
        // Full once, whether the first waits still or is at work already when the last comes.
        Way(
            "eventsPerInbox",
            { $0.eventsPerInbox = 4 },
            sending: #"42["hang"]"#,
            #"42["hang"]"#,
            #"42["hang"]"#,
            #"42["hang"]"#,
            #"42["hang"]"#,
            ends: false
        ),
        Way(
            "eventsPerInbox",
            { $0.eventsPerInbox = 4 },
            sending: #"42["beside"]"#,
            #"42["beside"]"#,
            #"42["beside"]"#,
            #"42["beside"]"#,
            #"42["beside"]"#,
            ends: false
        ),
        Way(
            "inboxBytes",
            { $0.inboxBytes = 8 },
            sending: #"42["hang"]"#,
            #"42["hang"]"#,
            ends: false
        ),
        Way(
            "eventsPerSecond",
            { $0.eventsPerSecond = RateLimit(0.001, burst: 2, beyond: .close) },
            sending: #"42["x"]"#,
            #"42["x"]"#,
            #"42["x"]"#
        ),
        Way(
            "bytesPerSecond",
            { $0.bytesPerSecond = RateLimit(0.001, burst: 10, beyond: .close) },
            sending: #"42["0123456789"]"#,
            #"42["x"]"#
        ),
        Way("roomsPerSocket", { $0.roomsPerSocket = 1 }, sending: #"42["rooms","a","b"]"#, ends: false),
        Way("roomNameBytes", { $0.roomNameBytes = 3 }, sending: #"42["rooms","long"]"#, ends: false),
        Way("acknowledgementsPerSocket", { $0.acknowledgementsPerSocket = 1 }, sending: #"42["ask"]"#, ends: false),
    ]

    private static func prepare(_ server: SocketIOServer) {
        let namespace = server.namespace("/")
        _ = server.namespace("/other")
        _ = server.namespaces { name, _ in name.hasPrefix("/d") }
        namespace.on("hang") { _, _ async in await untilCancelled() }
        namespace.on("beside", order: .concurrent) { _, _ async in await untilCancelled() }
        namespace.on("rooms") { socket, arguments in
            socket.join(try arguments.map { Room(try $0.decode(as: String.self)) })
        }
        namespace.on("ask") { socket, _ async in
            async let first = socket.emitWithAck("question")
            async let second = socket.emitWithAck("question")
            _ = try? await (first, second)
        }
    }

    @Test(arguments: ways)
    func `a limit is counted and logged once when it is reached once`(way: Way) async throws {
        var configuration = SocketIOConfiguration.testing()
        way.set(&configuration)
        try await WatchedServer.run(configuration, setUp: Self.prepare) { watched in
            let bystander = try await Bystander(port: watched.port)
            let client = try await SocketIOTestClient.connect(port: watched.port)
            try await client.join()
            for packet in way.packets { try await client.engine.send(packet) }
            for attachment in way.attachments { try await client.send(binary: attachment) }
            try await watched.expectLimit(way.limit)
            if way.ends { try await client.expectEnd() }
            try await bystander.expectService()
            #expect(watched.lines.all.count { $0.message == "limit reached" } == 1)
            try await client.engine.cut()
        }
    }

    @Test func `a client that joins nothing in time is counted`() async throws {
        let configuration = SocketIOConfiguration.testing { $0.connectTimeout = .milliseconds(50) }
        try await WatchedServer.run(configuration) { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            try await client.expectEnd()
            try await watched.expectLimit("connectTimeout")
        }
    }

    @Test func `searches that take their time are limited as well`() async throws {
        let configuration = SocketIOConfiguration.testing { $0.limits.namespacesPerConnection = 2 }
        try await WatchedServer.run(
            configuration,
            setUp: { server in
                _ = server.namespaces { name, _ async in
                    await untilCancelled()
                    return false
                }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.send("0/a,", "0/b,", "0/c,")
                try await client.expect(#"4/c,{"message":"Too many namespaces"}"#)
                try await watched.expectLimit("namespacesPerConnection")
                // Whoever is asked need not know that the client has gone: the task is cancelled.
                try await client.engine.cut()
                try await eventually("nobody searches") { watched.server.environment.tasks.count == 0 }
                #expect(watched.lines.all.allSatisfy { $0.message != "namespace predicate failed" })
            }
        )
    }

    @Test func `the names that a client was made to leave are limited too`() async throws {
        let configuration = SocketIOConfiguration.testing {
            $0.limits.namespacesPerConnection = 3
            $0.removesEmptyNamespaces = true
        }
        let connections = EventLog<Connection>()
        try await WatchedServer.run(
            configuration,
            setUp: { server in
                server.namespaces { name, _ in name.hasPrefix("/d") }.onConnect { socket in
                    connections.append(socket.connection)
                    socket.disconnect()
                }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                for number in 0..<20 {
                    try await client.send("0/d\(number),")
                    #expect(try await client.receive().hasPrefix("0/d\(number),"))
                    try await client.expect("1/d\(number),")
                }
                #expect(connections.all[0].state.withLock { $0.leftByServer.count } == 3)
                // What crosses with the disconnect is still no offence.
                try await client.send(#"2/d19,["late"]"#)
                try await client.join()
            }
        )
    }

    @Test func `a client that reaches a limit again and again fills no log`() async throws {
        let times: Int64 = 2000
        let configuration = SocketIOConfiguration.testing {
            $0.limits.eventsPerSecond = RateLimit(0.001, burst: 2, beyond: .drop)
        }
        try await WatchedServer.run(configuration) { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            try await client.join()
            let began = ContinuousClock.now
            for _ in 0..<times { try await client.emit("x") }
            try await eventually("all are counted") { watched.count(ofLimit: "eventsPerSecond") == times - 1 }
            let seconds = Int((ContinuousClock.now - began).components.seconds) + 2
            // Ten a second at most.
            #expect(watched.lines.all.count { $0.message == "limit reached" } <= 10 * seconds)
        }
    }
}
