/// What handlers know about a client.
import EngineIO
import HTTPTypes
import SocketIO
import SocketIOTesting
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite(.serialized, .timeLimit(.minutes(1))) struct HandshakeTests {
    private enum CountKey: SocketValueKey { typealias Value = Int }
    private enum NameKey: SocketValueKey { typealias Value = String }

    private static let count: Event<> = Event("count")

    /// The handshake of a client that joins with this auth.
    private func handshake(
        over transport: Transport = .webSocket,
        query: String = "",
        headers: [(String, String)] = [],
        auth: String? = nil
    ) async throws -> Handshake {
        let handshakes = EventLog<Handshake>()
        try await withSocketServer(
            .testing(),
            setUp: { $0.namespace("/").onConnect { socket in handshakes.append(socket.handshake) } },
            body: { port in
                let client = try await SocketIOTestClient.connect(
                    port: port,
                    over: transport,
                    query: query,
                    headers: headers
                )
                try await client.join("/", auth: auth)
                try await handshakes.count(1)
            }
        )
        return try #require(handshakes.all.first)
    }

    @Test func `the auth value is decoded on demand, and kept as it came`() async throws {
        struct Auth: Decodable, Equatable { var token: String, level: Int? }
        let handshake = try await self.handshake(auth: #"{ "token" : "ü\u00e9",  "level" : 3 }"#)
        #expect(handshake.auth?.json == #"{ "token" : "ü\u00e9",  "level" : 3 }"#)
        #expect(try handshake.auth(as: Auth.self) == Auth(token: "üé", level: 3))
        #expect(throws: DecodingError.self) { try handshake.auth(as: [Int].self) }
    }

    @Test func `an absent auth value counts as an empty object`() async throws {
        struct Optionals: Decodable, Equatable { var token: String? }
        let handshake = try await self.handshake()
        #expect(handshake.auth == nil)
        #expect(try handshake.auth(as: Optionals.self) == Optionals(token: nil))
    }

    @Test(arguments: Transport.allCases)
    func `headers, query, address and time are those of the first request`(transport: Transport) async throws {
        let name = try #require(HTTPField.Name("X-Tests"))
        let before = Double(time(nil)) - 1
        let handshake = try await self.handshake(
            over: transport,
            query: "&room=a%20b&room=%C3%BC&empty=",
            headers: [("X-Tests", "first"), ("X-Tests", "second")]
        )
        #expect(handshake.headers[values: name] == ["first", "second"])
        #expect(handshake.query("room") == "ü")
        #expect(handshake.query("EIO") == "4")
        #expect(handshake.query("transport") == (transport == .polling ? "polling" : "websocket"))
        #expect(handshake.query("empty") == "")
        #expect(handshake.query("sid") == nil)
        #expect(handshake.url.hasPrefix("/socket.io/?EIO=4&transport="))
        #expect(handshake.address == "127.0.0.1")
        #expect(!handshake.isSecure)
        #expect((before...(Double(time(nil)) + 1)).contains(handshake.time))
    }

    @Test(arguments: TestingMode.allCases)
    func `each namespace of a connection has its own auth`(mode: TestingMode) async throws {
        let log = Log()
        let server = try SocketIOServer(configuration: .testing(), logger: quietLogger())
        for name in ["/", "/a"] {
            server.namespace(name).onConnect { log.append("\(name) \($0.handshake.auth?.json ?? "none")") }
        }
        try await server.test(mode) { harness in
            let client = try await harness.connect(auth: ["x": 1])
            _ = try await client.join("/a")
            try await log.expect([#"/ {"x":1}"#, "/a none"])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `values stay with their socket from the middleware to the disconnect handler`(
        mode: TestingMode
    ) async throws {
        let log = Log()
        let server = try SocketIOServer(configuration: .testing(), logger: quietLogger())
        let namespace = server.namespace("/")
        namespace.use { socket in
            socket[CountKey.self] = 1
            socket[NameKey.self] = "ada"
        }
        namespace.on(Self.count) { socket in socket[CountKey.self]? += 1 }
        namespace.onDisconnect { socket, _ in
            log.append("\(socket[NameKey.self] ?? "nobody") \(socket[CountKey.self] ?? 0)")
            socket[NameKey.self] = nil
            log.append("\(socket[NameKey.self] ?? "nobody")")
        }
        try await server.test(mode) { harness in
            let (first, second) = (try await harness.connect(), try await harness.connect())
            for _ in 1...3 { try first.emit(Self.count) }
            first.disconnect()
            try await log.expect(["ada 4", "nobody"])
            second.disconnect()
            #expect(try await log.count(4)[2...] == ["ada 1", "nobody"])
        }
    }
}
