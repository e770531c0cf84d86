/// Bytes anywhere inside of `Codable` arguments, in both directions.
import Foundation
import NIOCore
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct BinaryLeafTests {
    private struct Leaf: Codable, Sendable, Equatable {
        var name: String
        var bytes: Data
    }

    private enum Node: Codable, Sendable, Equatable {
        case leaf(Leaf)
        case buffers([ByteBuffer])
        indirect case pair(left: Node, right: Node?)
    }

    private struct Document: Codable, Sendable, Equatable {
        var title: String
        var data: Data
        var missing: Data?
        var present: Data?
        var list: [Data]
        var nested: [[String: Leaf]]
        var tree: Node
        /// Numbers, not an attachment.
        var numbers: [UInt8]

        static let sample = Document(
            title: "title",
            data: Data([1]),
            missing: nil,
            present: Data([2]),
            list: [Data([3]), Data(), Data([4, 4])],
            nested: [["a": Leaf(name: "a", bytes: Data([5]))], [:], ["b": Leaf(name: "b", bytes: Data([6]))]],
            tree: .pair(
                left: .leaf(Leaf(name: "l", bytes: Data([7]))),
                right: .pair(left: .buffers([ByteBuffer(bytes: [8]), ByteBuffer()]), right: nil)
            ),
            numbers: [9, 9]
        )

        /// The attachments, in the order in which a client of ours would send them: that of the properties.
        static let attachments: [[UInt8]] = [[1], [2], [3], [], [4, 4], [5], [6], [7], [8], []]
    }

    private static let store = Event<Document, Data?>("store").replying(with: Document.self)
    private static let ask = Event<Document>("ask").replying(with: [String: Document?].self)

    private static func receive(_ count: Int, from client: SocketIOTestClient) async throws -> [[UInt8]] {
        var attachments: [[UInt8]] = []
        for _ in 0..<count { attachments.append(try await client.receiveBinary()) }
        return attachments
    }

    /// A packet with other ids, type and arguments around the same values.
    private static func packet(_ type: Int, _ arguments: String, id: Int, count: Int) -> String {
        "\(type)\(count)-\(id)[\(arguments)]"
    }

    @Test(arguments: Transport.allCases)
    func `they come as attachments, are decoded in place, and go back`(transport: Transport) async throws {
        let log = EventLog<Document>()
        try await withSocketServer(
            .testing { $0.limits.attachmentsPerPacket = 20 },
            setUp: { server in
                server.namespace("/").on(Self.store) { _, document, more in
                    log.append(document)
                    #expect(more == Data([0xFF]))
                    return document
                }
                server.namespace("/").on("go") { socket, _ async throws in
                    let answer = try await socket.emitWithAck(Self.ask, .sample)
                    #expect(answer == ["same": Document.sample, "none": nil])
                    try socket.emit("done")
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.join()
                // The server is the only one here that can write such a packet: its own is sent back.
                try await client.emit("go")
                let count = Document.attachments.count
                let asked = try await client.receive()
                let beginning = "5\(count)-0[\"ask\","
                #expect(asked.hasPrefix(beginning))
                let json = String(asked.dropFirst(beginning.utf8.count).dropLast())
                #expect(json.contains(#""numbers":[9,9]"#))
                #expect(try await Self.receive(count, from: client) == Document.attachments)

                try await client.send(Self.packet(6, #"{"same":\#(json),"none":null}"#, id: 0, count: count))
                for attachment in Document.attachments { try await client.send(binary: attachment) }
                try await client.expect(#"2["done"]"#)

                let more = #"{"_placeholder":true,"num":\#(count)}"#
                try await client.send(Self.packet(5, #""store",\#(json),\#(more)"#, id: 3, count: count + 1))
                // The last of them twice: the other leaf of ten must not become the eleventh.
                for attachment in Document.attachments + [[0xFF]] { try await client.send(binary: attachment) }
                #expect(try await client.receive() == Self.packet(6, json, id: 3, count: count))
                #expect(try await Self.receive(count, from: client) == Document.attachments)
                #expect(log.all == [.sample])
            }
        )
    }

    @Test(arguments: [
        #"{"_placeholder":true,"num":0}"#, #"{"name":"n","bytes":"AQ=="}"#, #"{"name":"n","bytes":[1]}"#,
        #"{"name":{"_placeholder":true,"num":0},"bytes":{"_placeholder":true,"num":0}}"#, #"{"name":"n","bytes":null}"#,
    ])
    func `bytes where something else is expected, and something else where bytes are, never reach the handler`(
        argument: String
    ) async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.logging(to: log)
                server.namespace("/").on(Event<Leaf>("leaf")) { _, _ in log.append("handled") }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.send(#"51-["leaf",\#(argument)]"#)
                try await client.send(binary: [1])
                try await log.line(beginning: "error in event \"leaf\"")
            }
        )
    }
}
