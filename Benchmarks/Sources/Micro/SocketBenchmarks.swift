/// Socket.IO: packets, rooms, the inbox, and whole events in memory.
import HTTPTypes
import Logging
import NIOCore
import NIOEmbedded

@testable import EngineIO
@testable import SocketIO

/// A connection that throws away what is written.
private final class NullWebSocket: FrameSink {
    let context: LoopContext

    init(context: LoopContext) {
        self.context = context
    }

    var isWritable: Bool { true }

    func write(frames: FrameList) { use(frames) }
    func stage(frames: FrameList) { use(frames) }
    func close() {}
    func abort() {}
    func setReading(_ isReading: Bool) {}
    func becameTransport() {}
}

/// A server without a network: its loop runs when it is told to.
private final class Stage {
    private let loop = EmbeddedEventLoop()
    private let context: LoopContext
    private let environment: SessionEnvironment
    let server: SocketIOServer

    init() throws {
        var logger = Logger(label: "micro")
        logger.logLevel = .critical
        self.context = LoopContext(eventLoop: self.loop)
        self.environment = SessionEnvironment(configuration: EngineIOConfiguration(), logger: logger)
        self.server = try SocketIOServer(logger: logger)
    }

    /// Connects a client to `/`.
    func connect() -> Session {
        let head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/socket.io/?EIO=4")
        let session = Session(
            id: SessionID(),
            request: HandshakeRequest(head: head, remoteAddress: nil, isSecure: false, time: 0),
            handler: Connection(server: self.server),
            home: self.context,
            environment: self.environment,
            webSocket: NullWebSocket(context: self.context)
        )
        session.start()
        session.receive(.text(ByteBuffer(string: "0")))
        self.run()
        return session
    }

    func run() { self.loop.run() }
}

private struct Move: Codable, Sendable {
    var piece: String
    var from: Int
    var to: Int
    var time: Double
    var isCapture: Bool
}

func socketBenchmarks() throws -> [Benchmark] {
    let text = ByteBuffer(string: #"212["echo",{"text":"hello","number":1}]"#)
    let binary = ByteBuffer(string: #"51-12["upload",{"_placeholder":true,"num":0}]"#)
    let attachment = ByteBuffer(repeating: 1, count: 100)
    let limits = PacketLimits()
    return [
        Benchmark("packet/decode an event") { use(try? SocketIO.PacketDecoder.decode(text, limits: limits)) },
        Benchmark("packet/decode a binary event") {
            var decoder = SocketIO.PacketDecoder(limits: limits)
            use(try? decoder.decodeText(binary))
            use(try? decoder.decodeBinary(attachment))
        },
        Benchmark("packet/encode an event of one string") {
            var packet = OutboundPacket.event("message", namespace: "/")
            packet.write { writer in
                writer.write(punctuation: UInt8(ascii: ","))
                writer.write("hello")
            }
            packet.endArray()
            use(packet.finished(type: .event))
        },
        Benchmark("inbox/take the turn and give it back") {
            var inbox = Inbox()
            _ = inbox.begin()
            use(inbox.endTurn())
        },
    ] + (try roomBenchmarks()) + (try eventBenchmarks())
}

private func roomBenchmarks() throws -> [Benchmark] {
    let stage = try Stage()
    let namespace = stage.server.namespace("/")
    let sessions = (0..<200).map { _ in stage.connect() }
    for (index, socket) in namespace.sockets.enumerated() { socket.join(index % 2 == 0 ? "even" : "odd") }
    let everybody = BroadcastSelection()
    let one = namespace.to("even").selection
    let two = namespace.to("even").to("odd").selection
    let message = Event<String>("message")
    return [
        Benchmark("rooms/snapshot of everybody") { use(namespace.adapter.sockets(in: everybody)) },
        Benchmark("rooms/snapshot of one room of 100") { use(namespace.adapter.sockets(in: one)) },
        Benchmark("rooms/union of two rooms of 100") { use(namespace.adapter.sockets(in: two)) },
        Benchmark("rooms/join and leave") {
            guard let socket = namespace.sockets.first else { return }
            socket.join("third")
            socket.leave("third")
        },
        Benchmark("broadcast/to 200 sockets, flushed") {
            try? namespace.emit(message, "hello")
            stage.run()
            use(sessions)
        },
    ]
}

private func eventBenchmarks() throws -> [Benchmark] {
    let stage = try Stage()
    let namespace = stage.server.namespace("/")
    namespace.acknowledge("echo") { _, arguments in arguments }
    namespace.on(Event<Move>("move").replying(with: Move.self)) { _, move in move }
    namespace.on("note") { _, _ in }
    let session = stage.connect()
    let echo = ByteBuffer(string: #"212["echo",{"text":"hello","number":1}]"#)
    let move = ByteBuffer(
        string: #"212["move",{"piece":"queen","from":12,"to":28,"time":12.5,"isCapture":true}]"#
    )
    let note = ByteBuffer(string: #"2["note","hello"]"#)
    return [
        Benchmark("event/in, to a handler") { use(session.receive(.text(note))) },
        Benchmark("event/in, acknowledgement out, flushed") {
            session.receive(.text(echo))
            stage.run()
        },
        Benchmark("event/16 in, 16 acknowledgements out, one flush") {
            for _ in 0..<16 { session.receive(.text(echo)) }
            stage.run()
        },
        Benchmark("event/typed in, typed acknowledgement out, flushed") {
            session.receive(.text(move))
            stage.run()
        },
    ]
}
