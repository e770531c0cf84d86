/// Packets as a client's library writes them, or nearly so.
import NIOCore

@testable import EngineIO
@testable import SocketIO

/// Engine.IO packets of one message of Socket.IO or of the session itself.
struct ClientPacket {
    /// Texts with their type in front, and binary messages.
    var packets: [InboundPacket]

    /// The frames of a WebSocket.
    ///
    /// - Parameter deflater: What compresses those that are worth it, if anything does.
    func frames(_ wire: WireFormat, _ deflater: MessageDeflater?) -> [UInt8] {
        self.packets.flatMap { packet -> [UInt8] in
            guard case .binary(let bytes) = packet else { return Self.frame(.text, packet.text, deflater) }
            guard wire != .revision4 else { return Self.frame(.binary, bytes, deflater) }
            var message = ByteBuffer(integer: PacketType.message.number)
            message.writeImmutableBuffer(bytes)
            return Self.frame(.binary, message, deflater)
        }
    }

    private static func frame(
        _ opcode: WebSocketOpcode,
        _ payload: ByteBuffer,
        _ deflater: MessageDeflater?
    ) -> [UInt8] {
        var compressed = ByteBuffer()
        guard let deflater, payload.readableBytes > 10, deflater.deflate(payload, into: &compressed) else {
            return maskedFrame(opcode.rawValue, payload.readableBytesView)
        }
        var frame = maskedFrame(opcode.rawValue, compressed.readableBytesView)
        frame[0] |= 0x40
        return frame
    }

    // MARK: Making them

    /// A packet of a session's client.
    init(_ source: inout ByteSource, for session: ClientSession, parser: PacketParser) {
        let namespace = source.choice(Stage.namespaces)
        switch source.number(below: 12) {
        case 0:
            self.init(
                .connect,
                namespace,
                source.choice([nil, "{}", #"{"token":1}"#, #"{"pid":"x"}"#]),
                parser: parser
            )
        case 1: self.init(.disconnect, namespace, nil, parser: parser)
        case 2:
            self.init([
                source.choice([.pong(ByteBuffer()), .noop, .upgrade, .close, .ping(ByteBuffer(string: "probe"))])
            ])
        case 3:
            // What is anything may ask for anything.
            session.becomeWild()
            self.init([.text(ByteBuffer(bytes: source.bytes()))])
        case 4: self.init(answering: session, &source, parser: parser)
        case 5: self.init(.event, namespace, #"["concurrent",{"a":[1]}]"#, parser: parser)
        case 6: self.init(binaryTo: namespace, &source, parser: parser)
        case 7: self.init(.event, namespace, Self.event(&source), parser: parser)
        default:
            self.init(.event, namespace, Self.event(&source), id: session.ask(in: namespace), parser: parser)
        }
    }

    init(_ packets: [InboundPacket]) {
        self.packets = packets
    }

    init(_ type: SocketIO.PacketType, _ namespace: String, _ payload: String?, id: UInt64? = nil, parser: PacketParser)
    {
        guard parser == .standard else {
            var writer = MessagePackWriter(capacity: 64)
            let value = payload.map { EncodedValue(validated: ByteBuffer(string: $0)) }
            writer.write(type: type, namespace: namespace, id: id, payload: value)
            self.packets = [.binary(writer.buffer)]
            return
        }
        let prefix = namespace == "/" ? "" : namespace + ","
        self.packets = [
            .text(ByteBuffer(string: "\(type.rawValue)\(prefix)\(id.map(String.init) ?? "")\(payload ?? "")"))
        ]
    }

    private static func event(_ source: inout ByteSource) -> String {
        let name = source.choice(Stage.events)
        let argument = source.choice([
            "", #","text""#, ",1,2", #","lobby""#, #",{"from":1,"to":[2,3]}"#, #",{"from":"x"}"#, ",[[[[]]]]",
            #",null,{"a":1}"#,
            #","\#(String(repeating: "long ", count: 60))""#,
        ])
        return #"["\#(name)"\#(argument)]"#
    }

    private init(answering session: ClientSession, _ source: inout ByteSource, parser: PacketParser) {
        let question = session.takeQuestion() ?? ("/", UInt64(source.byte()))
        self.init(.ack, question.namespace, source.choice(["[]", "[1]", "[null,[]]"]), id: question.id, parser: parser)
    }

    /// An event with attachments, of which some may be missing, or too many.
    private init(binaryTo namespace: String, _ source: inout ByteSource, parser: PacketParser) {
        let announced = source.number(below: 5)
        let places = (0..<announced).map { #",{"_placeholder":true,"num":\#($0)}"# }.joined()
        let text = #"5\#(announced)-\#(namespace == "/" ? "" : namespace + ",")["echo"\#(places)]"#
        let count = max(0, announced + source.choice([0, 0, 0, -1, 1]))
        self.packets = [.text(ByteBuffer(string: text))]
        self.packets += (0..<count).map { _ in .binary(ByteBuffer(bytes: source.bytes())) }
    }
}

extension InboundPacket {
    /// The packet in text, as it goes into a payload or a frame of text.
    var text: ByteBuffer {
        switch self {
        case .open: ByteBuffer(string: "0")
        case .close: ByteBuffer(string: "1")
        case .ping(let data): Self.text("2", data)
        case .pong(let data): Self.text("3", data)
        case .text(let data): Self.text("4", data)
        case .upgrade: ByteBuffer(string: "5")
        case .noop: ByteBuffer(string: "6")
        case .binary(let data): Self.text("b", Self.base64(data))
        }
    }

    private static func text(_ type: StaticString, _ data: ByteBuffer) -> ByteBuffer {
        var text = ByteBuffer(staticString: type)
        text.writeImmutableBuffer(data)
        return text
    }

    private static func base64(_ data: ByteBuffer) -> ByteBuffer {
        var text = ByteBuffer()
        Base64.encode(data, into: &text)
        return text
    }
}
