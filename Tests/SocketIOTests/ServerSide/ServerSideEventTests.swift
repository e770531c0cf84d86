/// Events between servers: the contract of adapters, shown with servers that share a process.
import EngineIO
import SocketIOTesting
import Synchronization
import TestSupport
import Testing

@testable import SocketIO

@Suite(.timeLimit(.minutes(1))) struct ServerSideEventTests {
    private static let note = Event<String, Int?>("note")
    private static let size = AckEvent<Int, String>("size")

    private let cluster = Cluster()

    private func server() throws -> SocketIOServer {
        try SocketIOServer(logger: quietLogger(), makeAdapter: { [cluster] _ in LinkedAdapter(cluster) })
    }

    private func lonely() throws -> Namespace {
        try SocketIOServer(logger: quietLogger()).namespace("/")
    }

    // MARK: A single server

    @Test func `a server that is alone emits to nobody, and gets an empty list at once`() async throws {
        let namespace = try self.lonely()
        let log = Log()
        namespace.onServerSideEvent(Self.note) { _, text, _ in log.append(text) }
        try namespace.serverSideEmit(Self.note, "x", nil)
        try namespace.serverSideEmit("note", "y")
        let replies = try await namespace.serverSideEmitWithAck(Self.size, "x", timeout: .seconds(3600))
        #expect(replies.replies.isEmpty)
        #expect(replies.missingServers == 0)
        #expect(log.all.isEmpty)
    }

    @Test(arguments: ["connect", "connection", "new_namespace"])
    func `names of what a server tells itself are refused`(name: String) async throws {
        let namespace = try self.lonely()
        #expect { try namespace.serverSideEmit(name) } throws: { ($0 as? SocketIOError)?.code == .reservedEventName }
        #expect { try namespace.serverSideEmit(Signal(name)) } throws: {
            ($0 as? SocketIOError)?.code == .reservedEventName
        }
        await #expect(throws: SocketIOError.self) {
            try await namespace.serverSideEmitWithAck(AckEvent<Int>(name))
        }
    }

    // MARK: Several servers

    @Test func `the other servers get an event, this one does not`() async throws {
        let servers = [try self.server(), try self.server(), try self.server()]
        let log = Log()
        for (number, server) in servers.enumerated() {
            server.namespace("/").onServerSideEvent(Self.note) { _, text, count in
                log.append("\(number): \(text) \(count ?? -1)")
            }
            server.namespace("/").onServerSideEvent("any") { _, arguments in
                log.append("\(number): any \(arguments.map(\.json))")
                return nil
            }
        }
        try servers[1].namespace("/").serverSideEmit(Self.note, "hello", nil)
        #expect(Set(try await log.count(2)) == ["0: hello -1", "2: hello -1"])
        try servers[0].namespace("/").serverSideEmit("any", 1, ["a": .bytes(1)])
        let placeholder = #"{"a":{"_placeholder":true,"num":0}}"#
        #expect(
            Set(try await log.count(4).suffix(2)) == [
                "1: any \(["1", placeholder])", "2: any \(["1", placeholder])",
            ]
        )
    }

    @Test(arguments: TestingMode.allCases)
    func `clients are told by their server what another one says`(mode: TestingMode) async throws {
        let (here, there) = (try self.server(), try self.server())
        there.namespace("/").onServerSideEvent(Self.note) { namespace, text, count in
            try namespace.emit("told", .string(text), .int(Int64(count ?? -1)))
        }
        there.namespace("/").onServerSideEvent(Self.size) { namespace, room in namespace.to(Room(room)).socketCount }
        try await there.test(mode) { harness in
            let clients = [try await harness.connect(), try await harness.connect()]
            there.namespace("/").socket(clients[0].id)?.join("lobby")
            try here.namespace("/").serverSideEmit(Self.note, "hello", 2)
            for client in clients {
                let told = try await client.next(Event<String, Int>("told"))
                #expect(told == ("hello", 2))
            }
            let sizes = try await here.namespace("/").serverSideEmitWithAck(Self.size, "lobby")
            #expect(sizes.replies == [1])
        }
    }

    @Test func `each other server acknowledges, and those that do not are counted`() async throws {
        let servers = [try self.server(), try self.server(), try self.server(), try self.server()]
        for server in servers[0...2] {
            server.namespace("/").onServerSideEvent(Self.size) { _, text in
                if text == "fail" { throw CancellationError() }
                return text.utf8.count
            }
        }
        let replies = try await servers[0].namespace("/").serverSideEmitWithAck(Self.size, "four")
        #expect(replies.replies == [4, 4])
        #expect(replies.missingServers == 1)
        let failed = try await servers[0].namespace("/").serverSideEmitWithAck(Self.size, "fail")
        #expect(failed.replies.isEmpty)
        #expect(failed.missingServers == 3)
    }

    @Test func `a reply or an argument that does not fit is an error`() async throws {
        let servers = [try self.server(), try self.server()]
        let log = Log()
        servers[1].namespace("/").onServerSideEvent("size") { _, _ in "no number" }
        servers[1].namespace("/").onServerSideEvent(Self.note) { _, text, _ in log.append(text) }
        await #expect { try await servers[0].namespace("/").serverSideEmitWithAck(Self.size, "x") } throws: {
            ($0 as? SocketIOError)?.code == .invalidAcknowledgement
        }
        let namespace = servers[1].namespace("/")
        for arguments: [Value] in [[1], [], ["a", 1, 2]] {
            let event = try ServerSideEvent(encoding: "note", values: arguments)
            #expect(await namespace.receive(event) == nil)
        }
        #expect(log.all.isEmpty)
        #expect(await namespace.receive(try ServerSideEvent(encoding: "note", values: ["a"])) == .null)
        #expect(await namespace.receive(try ServerSideEvent(encoding: "unknown", values: [])) == nil)
        #expect(log.all == ["a"])
    }

    @Test func `an adapter is told of its namespace, and does not keep it`() throws {
        let adapter: LinkedAdapter
        do {
            let server = try self.server()
            adapter = try #require(server.namespace("/x").adapter as? LinkedAdapter)
            #expect(adapter.namespace?.name == "/x")
        }
        #expect(adapter.namespace == nil)
    }
}

/// The adapters of several servers.
private final class Cluster: Sendable {
    let members = Mutex<[LinkedAdapter]>([])
}

/// Passes events on to the namespaces of the same name.
private final class LinkedAdapter: ForwardingAdapter {
    private struct Owner {
        weak var namespace: Namespace?
    }

    let base = InMemoryAdapter()
    private let cluster: Cluster
    private let owner = Mutex(Owner())

    init(_ cluster: Cluster) {
        self.cluster = cluster
        cluster.members.withLock { $0.append(self) }
    }

    var namespace: Namespace? { self.owner.withLock { $0.namespace } }

    private var others: [Namespace] {
        let name = self.namespace?.name
        return self.cluster.members.withLock { $0 }.filter { $0 !== self }.compactMap(\.namespace).filter {
            $0.name == name
        }
    }

    func attached(to namespace: Namespace) { self.owner.withLock { $0.namespace = namespace } }

    func serverSideEmit(_ event: ServerSideEvent) {
        for other in self.others { Task { await other.receive(event) } }
    }

    func serverSideEmitWithAck(_ event: ServerSideEvent, timeout: Duration) async throws -> ServerSideAnswers {
        var answers = ServerSideAnswers()
        for other in self.others {
            if let answer = await other.receive(event) {
                answers.answers.append(answer)
            } else {
                answers.missingServers += 1
            }
        }
        return answers
    }
}
