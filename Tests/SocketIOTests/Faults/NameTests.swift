/// Rooms, namespaces and events with the oddest names.
import EngineIO
import Logging
import NIOCore
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct NameTests {
    private static let million = String(repeating: "x", count: 1_000_000)
    private static let controls = "a\u{0}b\n\r\t\u{1B}[31m\u{7F}\u{200B}\u{202E}"

    /// A server whose event `enter` joins the rooms that the client names, and tells it what came of it.
    private static func enterRooms(_ server: SocketIOServer) {
        server.namespace("/").acknowledge("enter") { socket, arguments in
            let rooms = try arguments.map { Room(try $0.decode(as: String.self)) }
            return [.bool(socket.join(rooms)), .int(Int64(socket.rooms.count))]
        }
        server.namespace("/").onError { _, _, _ in }
    }

    // MARK: Rooms

    @Test func `a room's name of a million characters is refused, and leaves nothing behind`() async throws {
        try await WatchedServer.run(setUp: Self.enterRooms) { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            let id = try await client.join()
            let socket = try #require(watched.namespace.socket(SocketID(rawValue: id)))
            #expect(!socket.join(Room(Self.million)))
            #expect(watched.namespace.rooms.isEmpty)
            try await watched.expectLimit("roomNameBytes")
            // As long as a payload can be.
            try await client.emit("enter", "\"\(Self.million.dropFirst(100))\"", id: 1)
            try await client.expect("31[false,1]")
            #expect(watched.namespace.rooms.isEmpty)
            // To emit to a room that does not exist reaches nobody, and makes no room.
            try watched.namespace.to(Room(Self.million)).emit("nobody")
            #expect(watched.namespace.to(Room(Self.million)).socketCount == 0)
            #expect(watched.namespace.rooms.isEmpty)
            try await client.emit("alive", id: 2)
            try await client.expect("32[]")
        }
    }

    @Test(arguments: ["", " ", controls, "/", ",", "[\"", "ünï🎉", "a\u{301}", "__proto__", "null"])
    func `any other name is a room like all others`(name: String) async throws {
        try await WatchedServer.run(setUp: Self.enterRooms) { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            let other = try await SocketIOTestClient.connect(port: watched.port)
            try await client.join()
            try await other.join()
            let json = String(decoding: try JSONWriter.text(name), as: UTF8.self)
            try await client.emit("enter", json, json, id: 1)
            try await client.expect("31[true,2]")
            #expect(watched.namespace.rooms == [Room(name)])
            try watched.namespace.to(Room(name)).emit("inside")
            try watched.namespace.except(Room(name)).emit("outside")
            try await client.expect(#"2["inside"]"#)
            try await other.expect(#"2["outside"]"#)
            try await client.close()
            try await eventually("the room is gone") { watched.namespace.rooms.isEmpty }
        }
    }

    @Test func `the room of another socket is refused, whoever asks how`() async throws {
        try await WatchedServer.run(setUp: Self.enterRooms) { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            let other = try await SocketIOTestClient.connect(port: watched.port)
            try await client.join()
            let victim = try await other.join()
            try await client.emit("enter", "\"\(victim)\"", "\"fine\"", id: 1)
            try await client.expect("31[false,2]")
            #expect(watched.namespace.rooms == ["fine"])
            watched.namespace.except(Room(victim)).socketsJoin(Room(victim))
            watched.namespace.in("fine").socketsJoin([Room(victim)])
            try watched.namespace.to(Room(victim)).emit("secret")
            try await other.expect(#"2["secret"]"#)
            try await client.emit("alive", id: 2)
            try await client.expect("32[]")
            // Nor can it be left by anybody.
            watched.namespace.in(Room(victim)).socketsLeave(Room(victim))
            try watched.namespace.to(Room(victim)).emit("still")
            try await other.expect(#"2["still"]"#)
        }
    }

    @Test func `names of clients stand in no line of the log as they are`() async throws {
        try await WatchedServer.run(
            setUp: { server in
                server.namespace("/").on("enter") { socket, arguments in
                    socket.join(Room(try arguments[0].decode(as: String.self)))
                }
                server.namespace("/").reportUnknownEvents()
                server.namespaces(matching: { name, _ in name.hasPrefix("/dyn") }).on("throw") { _, _ in
                    throw EventRefusal("no")
                }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                let other = try await SocketIOTestClient.connect(port: watched.port)
                let victim = try await other.join()
                try await client.join()
                try await client.emit("enter", #""\#(String(repeating: #"\n"#, count: 600))""#)
                try await client.emit("enter", "\"\(victim)\"")
                try await client.send("2[\"\\u001b[31m\\n\"]")
                try await client.send("0/dyn\u{1B}[31m\n,")
                #expect(try await client.receive().hasPrefix("0/dyn\u{1B}[31m\n,"))
                try await client.send("2/dyn\u{1B}[31m\n,[\"throw\"]")
                try await eventually("all are logged") {
                    watched.lines.all.count { $0.level == .warning } >= 5
                }
                for line in watched.lines.all {
                    let text = "\(line.message) \(line.metadata.map { "\($0)=\($1)" }.sorted())"
                    #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "\(text)")
                    #expect(text.utf8.count < 1000)
                }
            }
        )
    }

    // MARK: Namespaces

    @Test func `a namespace's name of a million characters ends the connection, and no other`() async throws {
        let configuration = SocketIOConfiguration.testing { $0.engine.maximumPayloadBytes = 2_000_000 }
        try await WatchedServer.run(
            configuration,
            setUp: { server in _ = server.namespaces { _, _ in true } },
            body: { watched in
                let bystander = try await Bystander(port: watched.port)
                for packet in [
                    "0/\(Self.million),", "0/\(Self.million)", "2/\(Self.million),[\"x\"]", "1/\(Self.million)",
                ] {
                    let client = try await SocketIOTestClient.connect(port: watched.port)
                    try await client.join()
                    try await client.send(packet)
                    try await client.expectEnd()
                }
                #expect(watched.count(ofLimit: "namespaceBytes") == 4)
                #expect(watched.server.directory.all.map(\.name) == ["/"])
                try await bystander.expectService()
            }
        )
    }

    @Test(arguments: ["/", "/\u{0}", "/a\nb", "/\u{1B}[31m", "/ü🎉", "/%2F..", "/a/../b", "/\"", "/?x=1"])
    func `a namespace that is not there is refused with its name as it came`(name: String) async throws {
        try await WatchedServer.run { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            try await client.send("0\(name),")
            if name == "/" {
                #expect(try await client.receive().hasPrefix("0{"))
            } else {
                try await client.expect("4\(name),{\"message\":\"Invalid namespace\"}")
            }
            #expect(watched.server.directory.all.map(\.name) == ["/"])
        }
    }

    @Test(arguments: ["/\u{0}", "/a\nb", "/ü🎉", "/\"", "/a b"])
    func `a namespace may have such a name, where the application lets it`(name: String) async throws {
        try await WatchedServer.run(
            .testing { $0.removesEmptyNamespaces = true },
            setUp: { server in
                server.namespaces { _, _ in true }.acknowledge("echo") { _, arguments in arguments }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join(name)
                try await client.emit("echo", "1", to: name, id: 1)
                try await client.expect("3\(name),1[1]")
                // Asked for by its name it would stay.
                try #require(watched.server.directory.namespace(name)).emit("news")
                try await client.expect("2\(name),[\"news\"]")
                try await client.send("1\(name),")
                try await eventually("it is gone") { watched.server.directory.all.map(\.name) == ["/"] }
            }
        )
    }

    // MARK: Events

    @Test func `events without a name, and with odd ones, are like all others`() async throws {
        let log = Log()
        try await WatchedServer.run(
            setUp: { server in
                for name in ["", Self.controls, "/", "toString"] {
                    server.namespace("/").on(name) { _, _ in log.append(name) }
                }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                for name in ["", Self.controls, "/", "toString", "constructor"] {
                    let json = String(decoding: try JSONWriter.text(name), as: UTF8.self)
                    try await client.send("21[\(json)]")
                    if name != "constructor" { try await client.expect("31[]") }
                }
                try await client.emit("alive", id: 2)
                try await client.expect("32[]")
                #expect(log.all == ["", Self.controls, "/", "toString"])
            }
        )
    }

    @Test func `an event's name of a million characters ends the connection`() async throws {
        let configuration = SocketIOConfiguration.testing { $0.engine.maximumPayloadBytes = 2_000_000 }
        try await WatchedServer.run(configuration) { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            try await client.join()
            try await client.emit(Self.million)
            try await client.expectEnd()
            try await watched.expectLimit("eventNameBytes")
        }
    }

    @Test func `the server may emit an event with such a name, and the client gets it whole`() async throws {
        try await WatchedServer.run { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            try await client.join()
            try watched.namespace.emit(Self.million, "x")
            try watched.namespace.emit(Self.controls)
            #expect(try await client.receive() == "2[\"\(Self.million)\",\"x\"]")
            #expect(try await client.receive().hasPrefix(#"2["a\u0000b\n\r\t\u001b[31m"#))
        }
    }
}

extension JSONWriter {
    /// A string as JSON.
    fileprivate static func text(_ string: String) throws -> [UInt8] {
        var writer = JSONWriter()
        writer.write(string)
        return Array(writer.buffer.readableBytesView)
    }
}
