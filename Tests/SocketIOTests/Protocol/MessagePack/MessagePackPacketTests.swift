/// Packets of the msgpack parser, by the bytes that clients and servers were seen to send.
import EngineIO
import NIOCore
import Testing

@testable import SocketIO

private func bytes(_ hex: String) -> ByteBuffer {
    let digits = hex.filter { !$0.isWhitespace }
    var buffer = ByteBuffer()
    var rest = Substring(digits)
    while !rest.isEmpty {
        buffer.writeInteger(UInt8(rest.prefix(2), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
    }
    return buffer
}

private func decode(_ hex: String) throws(PacketViolation) -> DecodedPacket {
    try MessagePackPacket.decode(bytes(hex), limits: PacketLimits())
}

struct MessagePackPacketTests {
    // MARK: Reading

    @Test(arguments: [
        // Of the JavaScript client: data is `undefined`. Of python-socketio: nil.
        "83a47479706500a464617461d40000a36e7370a12f", "83a47479706500a464617461c0a36e7370a12f",
        "82a47479706500a36e7370a12f",
    ])
    func `CONNECT without data`(_ hex: String) throws {
        guard case .connect("/", nil) = try decode(hex) else { return #expect(Bool(false)) }
    }

    @Test func `CONNECT with data`() throws {
        let packet = try decode("83 a474797065 00 a36e7370 a22f78 a464617461 81a174a16b")
        guard case .connect("/x", let auth?) = packet else { return #expect(Bool(false)) }
        #expect(try auth.value["t"]?.stringValue == "k")
    }

    @Test func `an event with bytes, undefined and a date`() throws {
        let packet = try decode(
            """
            83 a474797065 02 a464617461 95 a26869 01 c4020102 81a164d40000 d7000000018bcfe5687b a36e7370 a12f
            """
        )
        guard case .event("/", let event) = packet else { return #expect(Bool(false)) }
        #expect(event.name == "hi" && event.ackID == nil)
        let values = try event.arguments.map { try $0.value }
        #expect(values[0].intValue == 1)
        #expect(values[1].binaryValue == ByteBuffer(bytes: [1, 2]))
        #expect(values[2].objectValue?.isEmpty == true)
        #expect(values[3].stringValue == "2023-11-14T22:13:20.123Z")
    }

    @Test func `an event with an id and options, as the JavaScript client sends it`() throws {
        let packet = try decode(
            "85a47479706502a46461746192a16d07a76f7074696f6e7381a8636f6d7072657373c3a2696400a36e7370a12f"
        )
        guard case .event("/", let event) = packet else { return #expect(Bool(false)) }
        #expect(event.name == "m" && event.ackID == 0)
        #expect(try event.arguments.map { try $0.value.intValue } == [7])
    }

    @Test func `an acknowledgement, and leaving`() throws {
        guard case .ack("/", 0, let arguments) = try decode("84a2696400a47479706503a46461746192a26f6b07a36e7370a12f")
        else { return #expect(Bool(false)) }
        #expect(arguments.count == 2)
        guard case .disconnect("/") = try decode("83a47479706501a464617461c0a36e7370a12f") else {
            return #expect(Bool(false))
        }
    }

    /// Values by their bytes, and what they are in JSON.
    static let formats: [(hex: String, json: String)] = [
        ("00", "0"), ("7f", "127"), ("ff", "-1"), ("e0", "-32"), ("cc ff", "255"), ("cd ffff", "65535"),
        ("ce ffffffff", "4294967295"), ("cf ffffffffffffffff", "18446744073709551615"), ("d0 80", "-128"),
        ("d1 8000", "-32768"), ("d2 80000000", "-2147483648"), ("d3 8000000000000000", "-9223372036854775808"),
        ("ca 3fc00000", "1.5"), ("cb 3ff8000000000000", "1.5"), ("cb 7ff0000000000000", "null"), ("c0", "null"),
        ("c2", "false"), ("c3", "true"), ("a0", #""""#), ("a3 e282ac", #""€""#), ("d9 01 61", #""a""#),
        ("da 0001 61", #""a""#), ("db 00000001 61", #""a""#), ("a1 01", #""\u0001""#), ("a1 ff", "\"\u{FFFD}\""),
        ("90", "[]"), ("91 d40000", "[null]"), ("dc 0001 01", "[1]"), ("dd 00000001 01", "[1]"), ("80", "{}"),
        ("82 a161 d40000 a162 01", #"{"b":1}"#), ("de 0001 a161 01", #"{"a":1}"#), ("df 00000001 a161 01", #"{"a":1}"#),
        ("d6ff 00000001", #""1970-01-01T00:00:01.000Z""#), ("d7ff 0000000000000001", #""1970-01-01T00:00:01.000Z""#),
        ("c7 0c ff 00000000 0000000000000001", #""1970-01-01T00:00:01.000Z""#),
    ]

    @Test(arguments: Self.formats)
    func `a value of every format`(_ hex: String, _ json: String) throws {
        let message = bytes(hex)
        let found = try message.withUnsafeReadableBytes { bytes throws(PacketViolation) in
            var reader = MessagePackReader(MessagePackCursor(bytes), of: message, limits: PacketLimits())
            var writer = JSONWriter()
            let isValue = try reader.copyValue(to: &writer)
            return (isValue, reader.cursor.isAtEnd, String(buffer: writer.buffer))
        }
        #expect(found == (true, true, json))
    }

    @Test(arguments: [
        "", "c1", "90", "82", "a3 61", "83a47479706505a464617461d40000a36e7370a12f",
        "83a474797065a130a464617461d40000a36e7370a12f", "82a47479706500a36e737001", "81a47479706500",
        // Trailing bytes, a key that is no text, an id below zero or no number, a namespace without slash or with comma.
        "82a47479706500a36e7370a12f00", "8301 01a47479706500a36e7370a12f", "83a47479706500a36e7370a12fa26964ff",
        "83a47479706500a36e7370a12fa26964a131", "82a47479706500a36e7370a161", "82a47479706500a36e7370a32f612c",
        // Data of the wrong kind: CONNECT with an array, an event with a map, an empty event.
        "83a47479706500a46461746190a36e7370a12f", "83a47479706502a46461746180a36e7370a12f",
        "83a47479706502a46461746190a36e7370a12f",
        // Numbers, which would be ids in the text, and no data where there must be some.
        "83a47479706503a46461746107a36e7370a12f", "84a47479706503a2696401a46461746117a36e7370a12f",
        "83a47479706500a46461746105a36e7370a12f", "83a47479706502a46461746105a36e7370a12f",
        "82a47479706502a36e7370a12f", "83a47479706503a2696401a36e7370a12f",
        // Bytes where none can be, an unknown extension, more announced than there is.
        "83a47479706500a46461746181a161c40101a36e7370a12f", "83a47479706502a46461746192a161d40500a36e7370a12f",
        "83a47479706502a464617461ddffffffff01a36e7370a12f", "83a47479706502a464617461dfffffffff01a36e7370a12f",
        "83a47479706502a464617461dbffffffff01a36e7370a12f",
    ])
    func `what is no packet is a violation`(_ hex: String) {
        #expect(throws: PacketViolation.self) { try decode(hex) }
    }

    @Test func `every truncation of a packet is a violation`() {
        let whole = "83a47479706502a46461746195a2686901c402010281a164d40000d7000000018bcfe5687ba36e7370a12f"
        for length in stride(from: 0, to: whole.count, by: 2) {
            #expect(throws: PacketViolation.self) { try decode(String(whole.prefix(length))) }
        }
    }

    @Test func `unknown keys are passed over, whatever they hold`() throws {
        let packet = try decode("83a47479706500a178" + String(repeating: "91", count: 5000) + "c400a36e7370a12f")
        guard case .connect("/", nil) = packet else { return #expect(Bool(false)) }
    }

    @Test func `nesting, attachments and look-alikes are bounded as in JSON`() {
        let nested = String(repeating: "91", count: 600) + "01"
        #expect(throws: PacketViolation.self) { try decode("83a47479706502a464617461" + nested + "a36e7370a12f") }
        let many = "9c a161" + String(repeating: "c400", count: 11)
        #expect(throws: PacketViolation.self) { try decode("83a47479706502a464617461" + many + "a36e7370a12f") }
        let lookalike = "93 a161 c400 82 ac5f706c616365686f6c646572 c3 a36e756d 00"
        #expect(throws: PacketViolation.self) { try decode("83a47479706502a464617461" + lookalike + "a36e7370a12f") }
    }

    // MARK: Writing

    private static func hex(_ unit: MessageUnit) -> String {
        // The frame's header is two bytes here.
        unit.frames.readableBytesView.dropFirst(2).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16)
        }.joined()
    }

    @Test func `packets are the bytes that Node's server sends`() throws {
        #expect(
            Self.hex(OutboundPacket.empty(.disconnect, namespace: "/", parser: .messagePack))
                == "82a47479706501a36e7370a12f"
        )
        var ack = OutboundPacket(namespace: "/", parser: .messagePack)
        ack.write { $0.write(.array(["ok", 7])) }
        #expect(Self.hex(ack.finished(type: .ack, id: 0)) == "84a2696400a47479706503a46461746192a26f6b07a36e7370a12f")
        var event = OutboundPacket.event("hi", namespace: "/", parser: .messagePack)
        try event.append(ByteBuffer(bytes: [1, 2]))
        event.endArray()
        #expect(Self.hex(event.finished(type: .event)) == "83a47479706502a46461746192a26869c4020102a36e7370a12f")
        var refusal = OutboundPacket(namespace: "/x", parser: .messagePack)
        refusal.write { $0.write(.object(["message": "no", "data": ["c": 1]])) }
        #expect(
            Self.hex(refusal.finished(type: .connectError))
                == "83a47479706504a46461746182a76d657373616765a26e6fa46461746181a16301a36e7370a22f78"
        )
    }

    @Test(arguments: [
        "[]", "[0,127,128,255,256,65535,65536,4294967295,4294967296,18446744073709551615]",
        "[-1,-32,-33,-128,-129,-32768,-32769,-2147483648,-2147483649,-9223372036854775808]", "[1.5,-0.25,1e+300]",
        #"["","a","€😀","\u0001\n\""]"#, #"{"a":{"b":[true,false,null]}}"#,
        "[\"\(String(repeating: "x", count: 31))\",\"\(String(repeating: "x", count: 32))\"]",
        "[\"\(String(repeating: "y", count: 256))\",\"\(String(repeating: "y", count: 65_536))\"]",
        "[\(Array(repeating: "1", count: 16).joined(separator: ","))]",
        "[\(Array(repeating: "1", count: 70_000).joined(separator: ","))]",
        "{\((0..<17).map { "\"k\($0)\":\($0)" }.joined(separator: ","))}",
    ])
    func `JSON comes back as it was`(_ json: String) throws {
        var writer = MessagePackWriter(capacity: 16)
        writer.write(JSONDocument(try EncodedValue(json: json)))
        let message = writer.buffer
        let found = try message.withUnsafeReadableBytes { bytes throws(PacketViolation) in
            var reader = MessagePackReader(MessagePackCursor(bytes), of: message, limits: PacketLimits())
            var writer = JSONWriter()
            _ = try reader.copyValue(to: &writer)
            return String(buffer: writer.buffer)
        }
        #expect(found == json)
    }
}
