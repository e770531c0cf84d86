/// Broadcasts that come from other servers: the contract of adapters for clusters.
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct OtherServersTests {
    /// How an adapter delivers what it hears of.
    enum Delivery: CaseIterable {
        /// By the adapter in memory.
        case inMemory
        /// Socket by socket.
        case oneByOne
    }

    /// Sends broadcasts on to the adapter of another server, as bytes.
    private final class LinkedAdapter: ForwardingAdapter {
        let base = InMemoryAdapter()
        private let delivery: Delivery
        private let peer = Mutex<LinkedAdapter?>(nil)

        init(_ delivery: Delivery) {
            self.delivery = delivery
        }

        func link(to other: LinkedAdapter?) { self.peer.withLock { $0 = other } }

        func broadcast(_ packet: BroadcastPacket, to selection: BroadcastSelection, flags: BroadcastFlags) {
            self.base.broadcast(packet, to: selection, flags: flags)
            guard !flags.isLocal, let peer = self.peer.withLock(\.self) else { return }
            peer.receive(packet.messages, selection, flags)
        }

        private func receive(
            _ messages: [BroadcastPacket.Message],
            _ selection: BroadcastSelection,
            _ flags: BroadcastFlags
        ) {
            let packet = BroadcastPacket(messages: messages)
            switch self.delivery {
            case .inMemory:
                self.base.broadcast(packet, to: selection, flags: flags)
            case .oneByOne:
                for socket in self.sockets(in: selection) { socket.deliver(packet, isVolatile: flags.isVolatile) }
            }
        }
    }

    /// Two servers with a client each; the second may look at what is sent.
    private func withServers(
        _ delivery: Delivery,
        setUp: (Namespace) -> Void = { _ in },
        body: (_ namespaces: [Namespace], _ clients: [SocketIOTestClient]) async throws -> Void
    ) async throws {
        let adapters = [LinkedAdapter(delivery), LinkedAdapter(delivery)]
        var configuration = SocketIOConfiguration.testing()
        configuration.port = 0
        let servers = try adapters.map { adapter in
            try SocketIOServer(configuration: configuration, logger: quietLogger(), makeAdapter: { _ in adapter })
        }
        adapters[0].link(to: adapters[1])
        adapters[1].link(to: adapters[0])
        setUp(servers[1].namespace("/"))
        var clients: [SocketIOTestClient] = []
        for server in servers {
            let client = try await SocketIOTestClient.connect(port: try await server.start())
            try await client.join()
            clients.append(client)
        }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(servers.map { $0.namespace("/") }, clients))
        } catch {
            result = .failure(error)
        }
        for adapter in adapters { adapter.link(to: nil) }
        for server in servers { await server.shutDown() }
        try result.get()
    }

    @Test(arguments: Delivery.allCases)
    func `a packet arrives as it was sent, attachments included`(delivery: Delivery) async throws {
        try await self.withServers(delivery) { namespaces, clients in
            try namespaces[0].emit("text", "hello", nil)
            try namespaces[0].emit("bytes", .bytes(1, 2), .array([.bytes(), .bytes(3)]))
            try namespaces[0].local.emit("local")
            try namespaces[1].emit("back")
            let texts = [
                #"2["text","hello",null]"#,
                #"53-["bytes",{"_placeholder":true,"num":0},"#
                    + #"[{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}]]"#,
            ]
            for client in clients {
                for text in texts { try await client.expect(text) }
                for bytes in [[1, 2], [], [3]] as [[UInt8]] { #expect(try await client.receiveBinary() == bytes) }
            }
            try await clients[0].expect(#"2["local"]"#)
            for client in clients { try await client.expect(#"2["back"]"#) }
        }
    }

    @Test(arguments: Delivery.allCases)
    func `a packet without messages is none`(delivery: Delivery) async throws {
        try await self.withServers(delivery) { namespaces, clients in
            let large = String(repeating: "x", count: 5000)
            let socket = try #require(namespaces[0].sockets.first)
            let nothing = BroadcastPacket(messages: [])
            for isVolatile in [false, true] {
                switch delivery {
                case .inMemory:
                    var flags = BroadcastFlags()
                    flags.isVolatile = isVolatile
                    namespaces[0].adapter.broadcast(nothing, to: BroadcastSelection(), flags: flags)
                case .oneByOne: socket.deliver(nothing, isVolatile: isVolatile)
                }
            }
            // Large ones are kept apart from what waits before them.
            try namespaces[0].emit("large", .string(large))
            for client in clients { try await client.expect(#"2["large","\#(large)"]"#) }
        }
    }

    @Test func `who is leaving is delivered nothing`() async throws {
        let log = Log()
        try await self.withServers(
            .oneByOne,
            setUp: { namespace in
                namespace.onDisconnecting { socket, _ in
                    let packet = BroadcastPacket(messages: [.text(ByteBuffer(string: #"2["gone"]"#))])
                    for socket in socket.namespace.adapter.sockets(in: BroadcastSelection()) { socket.deliver(packet) }
                    log.append("told")
                }
            },
            body: { namespaces, clients in
                let socket = try #require(namespaces[1].sockets.first)
                socket.disconnect()
                try await log.expect(["told"])
                try await clients[1].expect("1")
                try await clients[1].join()
                try namespaces[1].local.emit("here")
                try await clients[1].expect(#"2["here"]"#)
            }
        )
    }

    @Test(arguments: Delivery.allCases)
    func `it passes the interceptors and listeners of the server that delivers it`(
        delivery: Delivery
    ) async throws {
        let log = Log()
        try await self.withServers(
            delivery,
            setUp: { namespace in
                namespace.interceptOutgoing { _, event in event.name != "secret" }
                namespace.onAnyOutgoing { _, event in
                    let bytes = (try? event.arguments.first?.decode(as: ByteBuffer.self)).map {
                        Array($0.readableBytesView)
                    }
                    log.append("\(event.name) \(bytes ?? []) \(event.wantsAcknowledgement)")
                }
            },
            body: { namespaces, clients in
                // The first server looks at nothing, and so tells nothing of what it sends.
                try namespaces[0].emit("secret", .bytes(1))
                try namespaces[0].emit("open", .bytes(2))
                try await clients[1].expect(#"51-["open",{"_placeholder":true,"num":0}]"#)
                #expect(try await clients[1].receiveBinary() == [2])
                try await clients[0].expect(#"51-["secret",{"_placeholder":true,"num":0}]"#)
                try await log.expect(["open [2] false"])
            }
        )
    }

    @Test(arguments: ["", "9", "2", "0{}", "2[1]", "[]", "2[\"x\""])
    func `what is no event is none for those who look`(text: String) {
        let message = BroadcastPacket.Message.text(ByteBuffer(string: text))
        let packet = BroadcastPacket(messages: [message])
        #expect(packet.event == nil)
        #expect(packet.messages == [message])
    }

    @Test func `an event that wants an acknowledgement is seen as such`() {
        let packet = BroadcastPacket(messages: [.text(ByteBuffer(string: #"2/chat,12["ask",1]"#))])
        #expect(packet.event?.name == "ask")
        #expect(packet.event?.wantsAcknowledgement == true)
        #expect(packet.event?.arguments.count == 1)
    }

    @Test(arguments: PacketParser.allCases)
    func `a packet is read back from its messages, whatever the parser`(parser: PacketParser) throws {
        var packet = OutboundPacket.event("news", namespace: "/chat", parser: parser)
        try packet.append([1, 2])
        try packet.append(ByteBuffer(bytes: [3]))
        packet.endArray()
        let unit = packet.finished(type: .event, id: 7)
        let copy = BroadcastPacket(messages: BroadcastPacket(unit: unit).messages)
        #expect(copy.unit.messages == unit.messages)
        #expect(copy.event?.name == "news")
        #expect(try copy.event?.arguments.first?.decode(as: [Int].self) == [1, 2])
        #expect(try copy.event?.arguments.last?.decode(as: ByteBuffer.self) == ByteBuffer(bytes: [3]))
        #expect(copy.event?.wantsAcknowledgement == true)
    }
}
