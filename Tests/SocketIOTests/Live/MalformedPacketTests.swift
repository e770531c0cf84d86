/// Packets that no client may send: the connection is closed, and nobody else notices.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct MalformedPacketTests {
    /// Sends messages after joining and expects the end of the connection.
    private func expectEnd(
        over transport: Transport = .webSocket,
        _ configuration: SocketIOConfiguration = .testing(),
        joining: Bool = true,
        after send: (SocketIOTestClient) async throws -> Void
    ) async throws {
        let log = Log()
        try await withSocketServer(
            configuration,
            setUp: { server in
                Bystander.prepare(server)
                _ = server.namespace("/other")
                server.namespace("/").onDisconnect { _, reason in log.append("\(reason)") }
            },
            body: { port in
                let bystander = try await Bystander(port: port)
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                if joining { try await client.join() }
                try await send(client)
                try await client.expectEnd()
                if joining {
                    let reason = try await log.count(1)[0]
                    #expect(reason == (transport == .polling ? "forced server close" : "forced close"))
                }
                try await bystander.expectService()
                #expect(log.all.count == (joining ? 1 : 0))
            }
        )
    }

    static let packets = [
        // Types.
        "", " ", "7", "7[]", "9", "-1", "x", "é",
        // Events.
        "2[]", "2[null]", "2[true]", "2[[]]", "2{}", #"2"a""#, #"2abc["a"]"#, #"2+5["a"]"#, #"2-1["a"]"#, #"21e3["m"]"#,
        #"2["a""#, #"2["a",]"#, #"2["a"]x"#, #"2["a"]["b"]"#, #"2['a']"#, #"2["a",undefined]"#, #"2["a",01]"#,
        #"2["a",.5]"#, #"2["a",NaN]"#, "2[\"a\u{1}\"]", #"2["\x"]"#, #"2["a" "b"]"#, "2null",
        #"2["connect"]"#, #"2["connect_error"]"#, #"2["disconnect"]"#, #"2["disconnecting"]"#, #"2["newListener"]"#,
        #"2["removeListener"]"#, #"2["\u0063onnect"]"#,
        // Acknowledgements.
        "31{}", #"31"a""#, "31null", "31[", "3x[]", #"31["a"]x"#,
        // Other namespaces.
        #"2/other,["a"]"#, "3/other,1[]", "1/other,", "2/nope,[\"a\"]", "2/other", "6/other,0-1[]",
        // Leaving, and what only servers send.
        "1{}", "1[]", "1x", "4", "4{}", #"4"no""#, "4[]", "4/other,{}",
        // Attachments.
        "5", "51", #"5["a"]"#, #"51["a"]"#, "5x-[\"a\"]", "51.5-[\"a\"]", "5-1-[\"a\"]", "511-[\"a\"]",
        "51000000000-[\"a\"]",
        "5" + String(repeating: "9", count: 100) + "-[\"a\"]", "61-{}", #"50-["a",{"_placeholder":true,"num":0}]"#,
        #"51-["a",{"_placeholder":true,"num":1}]"#, #"51-["a",{"_placeholder":true,"num":-1}]"#,
        #"51-["a",{"_placeholder":true,"num":"0"}]"#, #"51-["a",{"_placeholder":true}]"#,
        #"51-["a",{"_placeholder":true,"num":0.5}]"#, #"51-["a",{"_placeholder":true,"num":1e99}]"#,
        #"51-0["a"#,
    ]

    @Test(arguments: packets)
    func `a malformed packet closes its connection and no other`(packet: String) async throws {
        try await self.expectEnd { try await $0.send(packet) }
    }

    @Test(arguments: ["2{}", "2[]", "7", "1{}", #"2/other,["a"]"#, "511-[\"a\"]"])
    func `over polling as well`(packet: String) async throws {
        try await self.expectEnd(over: .polling) { try await $0.send(packet) }
    }

    @Test(arguments: ["1", #"2["a"]"#, "31[]", "4{}", #"51-["a",{"_placeholder":true,"num":0}]"#, "7", "abc", "2", "3"])
    func `anything but CONNECT before a namespace is joined closes the connection`(packet: String) async throws {
        try await self.expectEnd(joining: false) { client in
            try await client.send(packet)
            if packet.hasPrefix("5") { try await client.send(binary: [1]) }
        }
    }

    @Test func `what follows a malformed packet in the same payload is not handled`() async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { $0.namespace("/").on(Event<String>("say")) { _, text in log.append(text) } },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: .polling)
                try await client.join()
                try await client.engine.send(#"42["say","a"]"#, "42{}", #"42["say","b"]"#)
                try await client.expectEnd()
                #expect(log.all == ["a"])
            }
        )
    }

    // MARK: Attachments

    @Test(arguments: Transport.allCases)
    func `text where an attachment should come closes the connection`(transport: Transport) async throws {
        try await self.expectEnd(over: transport) { client in
            try await client.engine.send(#"451-["alive",{"_placeholder":true,"num":0}]"#, #"42["alive"]"#)
        }
    }

    @Test(arguments: Transport.allCases)
    func `an attachment that no packet announced closes the connection`(transport: Transport) async throws {
        try await self.expectEnd(over: transport) { try await $0.send(binary: [1]) }
    }

    @Test func `one attachment too many closes the connection`() async throws {
        try await self.expectEnd { client in
            try await client.send(#"51-["nobody",{"_placeholder":true,"num":0}]"#)
            try await client.send(binary: [1])
            try await client.send(binary: [2])
        }
    }

    @Test func `attachments over the limit of bytes close the connection`() async throws {
        try await self.expectEnd(.testing { $0.limits.attachmentBytes = 10 }) { client in
            try await client.send(#"52-["a",{"_placeholder":true,"num":0}]"#)
            try await client.send(binary: [UInt8](repeating: 1, count: 10))
            try await client.send(binary: [1])
        }
    }

    @Test func `attachments up to the limits are taken`() async throws {
        let configuration = SocketIOConfiguration.testing {
            $0.limits.attachmentBytes = 10
            $0.limits.attachmentsPerPacket = 3
        }
        try await withSocketServer(configuration, setUp: Bystander.prepare) { port in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.join()
            try await client.send(#"53-1["alive",{"_placeholder":true,"num":2}]"#)
            for count in [3, 3, 4] { try await client.send(binary: [UInt8](repeating: 1, count: count)) }
            try await client.expect(#"61-1[{"_placeholder":true,"num":0}]"#)
            #expect(try await client.receiveBinary() == [1, 1, 1, 1])
            try await client.send(#"54-1["alive"]"#)
            try await client.expectEnd()
        }
    }

    @Test func `attachments that do not come in time close the connection`() async throws {
        try await self.expectEnd(.testing { $0.limits.attachmentTimeout = .milliseconds(500) }) { client in
            try await client.send(#"52-["a",{"_placeholder":true,"num":0}]"#)
            try await client.send(binary: [1])
        }
    }

    @Test func `each packet's attachments have the whole time`() async throws {
        let timeout = Duration.seconds(1)
        try await withSocketServer(.testing { $0.limits.attachmentTimeout = timeout }, setUp: Bystander.prepare) {
            port in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.join()
            // Complete packets for half of the time: a deadline that was set for the first would come too early.
            let halfTime = ContinuousClock.now + timeout / 2
            while ContinuousClock.now < halfTime {
                try await client.send(#"51-1["alive",{"_placeholder":true,"num":0}]"#)
                try await client.send(binary: [1])
                try await client.expect(#"61-1[{"_placeholder":true,"num":0}]"#)
                #expect(try await client.receiveBinary() == [1])
            }
            let began = ContinuousClock.now
            try await client.send(#"51-2["alive",{"_placeholder":true,"num":0}]"#)
            try await client.expectEnd()
            #expect(ContinuousClock.now - began >= timeout)
        }
    }

    // MARK: Sizes

    @Test(arguments: ["[", #"{"a":"#])
    func `JSON nested a hundred thousand deep closes the connection`(opening: String) async throws {
        try await self.expectEnd { client in
            let depth = 100_000
            let closing = opening == "[" ? "]" : "}"
            let json = String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)
            try await client.send(#"2["alive",\#(json)]"#)
        }
    }

    @Test func `JSON is taken up to the limit of nesting`() async throws {
        try await withSocketServer(.testing { $0.limits.nestingDepth = 4 }, setUp: Bystander.prepare) { port in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.join()
            // The packet's own array is the first level.
            try await client.emit("alive", "[[[]]]", id: 1)
            try await client.expect("31[[[[]]]]")
            try await client.emit("alive", "[[[[]]]]", id: 1)
            try await client.expectEnd()
        }
    }

    @Test func `an auth value nested too deeply closes the connection`() async throws {
        try await self.expectEnd(joining: false) { client in
            let depth = 100_000
            let value = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            try await client.send(#"0{"a":\#(value)}"#)
        }
    }

    @Test func `an event's name is taken up to its limit`() async throws {
        let configuration = SocketIOConfiguration.testing { $0.limits.eventNameBytes = 8 }
        try await withSocketServer(configuration, setUp: Bystander.prepare) { port in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.join()
            try await client.emit("12345678")
            try await client.emit("alive", id: 1)
            try await client.expect("31[]")
            try await client.emit("123456789")
            try await client.expectEnd()
        }
    }
}
