/// Arguments that clients leave out.
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct DefaultedArgumentTests {
    private static let history = Event<String, Int>("history").defaulting(to: nil, 50)
    private static let all = Event<String, Int?, [String]>("all").defaulting(to: "lobby", 7, ["x"])
    private static let reply = Event<Int, Int>("reply").defaulting(to: 1, 2).replying(with: Int.self)
    private static let late = AckEvent<Int, Int, Int>("late").defaulting(to: nil, 3)
    private static let optional = Event<String, Int?>("optional")

    private static func register(_ server: SocketIOServer, log: Log) {
        server.logging(to: log)
        let namespace = server.namespace("/")
        namespace.on(self.history) { _, room, count in log.append("history \(room) \(count)") }
        namespace.on(self.all) { _, room, count, tags async in
            log.append("all \(room) \(count.map(String.init) ?? "-") \(tags)")
        }
        namespace.on(self.reply) { _, first, second in first + second }
        namespace.on(self.late) { _, first, second async in first * second }
        namespace.on(self.optional) { _, text, number in log.append("optional \(text) \(number ?? -1)") }
        namespace.once(Event<Int>("once").defaulting(to: 9)) { _, number in log.append("once \(number)") }
        namespace.once(Event<Int>("onceAsync").defaulting(to: 9)) { _, number async in log.append("once \(number)") }
    }

    private func withClient(_ body: (SocketIOTestClient, Log) async throws -> Void) async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { Self.register($0, log: log) },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await body(client, log)
            }
        )
    }

    @Test(arguments: [
        (#"["history","a"]"#, "history a 50"), (#"["history","a",null]"#, "history a 50"),
        (#"["history","a",3]"#, "history a 3"), (#"["all"]"#, #"all lobby 7 ["x"]"#),
        // A `null` is a value where the type has one.
        (#"["all",null,null,null]"#, #"all lobby - ["x"]"#), (#"["all","r"]"#, #"all r 7 ["x"]"#),
        (#"["all",null,1,[]]"#, "all lobby 1 []"), (#"["once"]"#, "once 9"), (#"["onceAsync",null]"#, "once 9"),
        (#"["optional","a"]"#, "optional a -1"), (#"["optional","a",null]"#, "optional a -1"),
        (#"["optional","a",4]"#, "optional a 4"),
    ])
    func `what is left out has its default`(event: String, line: String) async throws {
        try await self.withClient { client, log in
            try await client.send("21\(event)")
            try await client.expect("31[]")
            #expect(log.all == [line])
        }
    }

    @Test(arguments: [
        #"["history"]"#, #"["history",null]"#, #"["history","a","x"]"#, #"["history","a",1,2]"#, #"["history",1]"#,
        #"["all","a",1,null,1]"#, #"["all",1]"#, #"["optional"]"#, #"["optional",null]"#, #"["optional","a","b"]"#,
        #"["late"]"#,
    ])
    func `what must be there, or does not fit, is an error all the same`(event: String) async throws {
        try await self.withClient { client, log in
            try await client.send("21\(event)", #"22["reply"]"#)
            try await client.expect("32[3]")
            let lines = log.all
            #expect(lines.count == 1 && lines[0].hasPrefix("error in event"))
        }
    }

    @Test func `events with a reply have defaults too, given before or after`() async throws {
        try await self.withClient { client, _ in
            try await client.send(#"21["reply"]"#, #"22["reply",5]"#, #"23["reply",null,5]"#)
            for answer in ["31[3]", "32[7]", "33[6]"] { try await client.expect(answer) }
            try await client.send(#"24["late",5]"#, #"25["late",5,null]"#, #"26["late",5,5]"#)
            for answer in ["34[15]", "35[15]", "36[25]"] { try await client.expect(answer) }
        }
    }
}
