/// The bytes of every kind of packet that the server sends.
import EngineIO
import NIOCore
import Testing

@testable import SocketIO

@Suite struct OutboundPacketTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var type: PacketType
        var namespace = "/"
        var id: UInt64?
        var payload: Value?
        var expected: String

        var testDescription: String { self.expected }
    }

    static let rows: [Row] = [
        Row(type: .connect, payload: ["sid": "abc"], expected: #"0{"sid":"abc"}"#),
        Row(type: .connect, namespace: "/admin", payload: ["sid": "abc"], expected: #"0/admin,{"sid":"abc"}"#),
        Row(type: .disconnect, expected: "1"),
        Row(type: .disconnect, namespace: "/admin", expected: "1/admin,"),
        Row(type: .event, payload: ["foo", 1, ["a": [true, nil]]], expected: #"2["foo",1,{"a":[true,null]}]"#),
        Row(type: .event, id: 0, payload: ["foo"], expected: #"20["foo"]"#),
        Row(type: .event, namespace: "/admin", id: 12, payload: ["foo"], expected: #"2/admin,12["foo"]"#),
        Row(type: .event, id: .max, payload: ["foo"], expected: #"218446744073709551615["foo"]"#),
        Row(type: .event, namespace: "/ü🎉", payload: ["é"], expected: #"2/ü🎉,["é"]"#),
        Row(type: .ack, id: 13, payload: [], expected: "313[]"),
        Row(type: .ack, namespace: "/admin", id: 13, payload: ["bar"], expected: #"3/admin,13["bar"]"#),
        Row(type: .connectError, payload: ["message": "no"], expected: #"4{"message":"no"}"#),
        Row(
            type: .connectError,
            namespace: "/admin",
            payload: ["message": "no", "data": ["code": 7]],
            expected: #"4/admin,{"message":"no","data":{"code":7}}"#
        ),
    ]

    @Test(arguments: rows)
    func `packets are written as the protocol says`(row: Row) {
        var packet = OutboundPacket(namespace: row.namespace)
        if let payload = row.payload { packet.write { $0.write(payload) } }
        #expect(packet.finished(type: row.type, id: row.id).messages == [.text("4" + row.expected)])
    }

    @Test func `a packet without payload is its prefix`() {
        #expect(OutboundPacket.empty(.disconnect, namespace: "/").messages == [.text("41")])
        #expect(OutboundPacket.empty(.disconnect, namespace: "/a").messages == [.text("41/a,")])
    }

    @Test func `an event is built argument by argument`() throws {
        var packet = OutboundPacket.event("move \"x\"", namespace: "/")
        try packet.append(1.5)
        try packet.append(["y": [Int?.none, 2]])
        packet.endArray()
        #expect(packet.finished(type: .event).messages == [.text(#"42["move \"x\"",1.5,{"y":[null,2]}]"#)])
    }

    @Test func `binary arguments turn an event into its binary kind and follow it`() {
        var packet = OutboundPacket(namespace: "/")
        packet.write { $0.write(["baz", .bytes(1, 2)]) }
        #expect(
            packet.finished(type: .event).messages == [
                .text(#"451-["baz",{"_placeholder":true,"num":0}]"#), .binary([1, 2]),
            ]
        )
    }

    @Test func `attachments are counted in the order of the arguments`() {
        var packet = OutboundPacket(namespace: "/admin")
        packet.write { $0.write(["p", ["a": .bytes(1)], [.bytes(), .bytes(2, 3)]]) }
        let text =
            #"453-/admin,456["p",{"a":{"_placeholder":true,"num":0}},"#
            + #"[{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}]]"#
        #expect(
            packet.finished(type: .event, id: 456).messages == [
                .text(text), .binary([1]), .binary([]), .binary([2, 3]),
            ]
        )
    }

    @Test func `binary arguments turn an acknowledgement into its binary kind`() {
        var packet = OutboundPacket(namespace: "/")
        packet.write { $0.write([.bytes(9)]) }
        #expect(
            packet.finished(type: .ack, id: 15).messages == [
                .text(#"461-15[{"_placeholder":true,"num":0}]"#), .binary([9]),
            ]
        )
    }

    @Test func `more than ten attachments take two digits`() {
        var packet = OutboundPacket(namespace: "/")
        packet.write { $0.write(.array(["m"] + (0..<12).map { .bytes($0) })) }
        let messages = packet.finished(type: .event).messages
        #expect(messages.count == 13)
        let placeholders = (0..<12).map { #"{"_placeholder":true,"num":\#($0)}"# }
        #expect(messages[0] == .text(#"4512-["m",\#(placeholders.joined(separator: ","))]"#))
        #expect(messages[12] == .binary([11]))
    }

    @Test(arguments: [0, 118, 119, 120, 65_528, 65_529, 65_530, 200_000])
    func `texts of every size of frame header are whole`(size: Int) {
        let text = String(repeating: "x", count: size)
        var packet = OutboundPacket(namespace: "/", capacity: 16)
        packet.write { $0.write(["e", .string(text)]) }
        #expect(packet.finished(type: .event).messages == [.text(#"42["e",""# + text + #""]"#)])
    }

    @Test func `the longest namespace and id fit before the payload`() {
        let namespace = "/" + String(repeating: "n", count: 511)
        var packet = OutboundPacket(namespace: namespace)
        packet.write { $0.write(["e", .bytes(1)]) }
        #expect(
            packet.finished(type: .event, id: .max).messages.first
                == .text(#"451-\#(namespace),18446744073709551615["e",{"_placeholder":true,"num":0}]"#)
        )
    }
}
