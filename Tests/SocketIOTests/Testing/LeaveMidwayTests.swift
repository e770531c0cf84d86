/// Sockets that leave in the middle of each operation: it ends as documented, and nothing is left of them.
import SocketIOTesting
import Synchronization
import TestSupport
import Testing

@testable import EngineIO
@testable import SocketIO

/// How a client leaves.
enum Leaving: String, Sendable, CaseIterable {
    case namespace, connection, server, pingTimeout

    func perform(_ wire: RawWire, _ harness: TestHarness) async throws {
        switch self {
        case .namespace: wire.send(frame: "41")
        case .connection: wire.close()
        case .server: harness.server.disconnectSockets()
        case .pingTimeout: try await harness.time.advance(by: .seconds(45))
        }
    }
}

/// What sockets leave in the middle of.
struct Operation: Sendable, CustomTestStringConvertible {
    /// Where a test has got, and what it holds back.
    struct Stage: Sendable {
        let server: SocketIOServer
        let gate: Gate
        let log = Log()

        var namespace: Namespace { self.server.namespace("/") }
    }

    var name: String
    var prepare: @Sendable (Stage) -> Void = { _ in }
    /// Begins it, once the socket is in; logs `begun` when it is under way.
    var begin: @Sendable (Stage, Socket) -> Void
    /// What is logged at its end, when the socket has left.
    var end: String
    /// Whether it has to be let go on before it can end.
    var isHeldBack = false

    var testDescription: String { self.name }
}

extension Operation {
    private static func code(_ error: any Error) -> String { (error as? SocketIOError)?.code.rawValue ?? "\(error)" }

    static let all: [Operation] = [
        Operation(
            name: "emitWithAck",
            begin: { stage, socket in
                Task {
                    do {
                        _ = try await socket.emitWithAck("ask", timeout: .seconds(3600))
                    } catch {
                        stage.log.append(Self.code(error))
                    }
                }
            },
            end: "disconnected"
        ),
        Operation(
            name: "broadcast with acknowledgements",
            begin: { stage, socket in
                let id = socket.id
                Task {
                    let target = stage.namespace.timeout(.seconds(3600))
                    let replies = try await target.emitWithAck(AckEvent<Int>("ask")).collected()
                    stage.log.append(replies.failures[id]?.code.rawValue ?? "answered")
                }
            },
            end: "disconnected"
        ),
        Operation(
            name: "handler that is cancelled",
            prepare: { stage in
                stage.namespace.on("go") { _, _ async in
                    stage.log.append("begun")
                    await untilCancelled()
                    stage.log.append("cancelled")
                }
            },
            begin: { _, _ in },
            end: "cancelled"
        ),
        Operation(
            name: "handler that goes on",
            prepare: { stage in
                stage.namespace.on("go") { socket, _ async throws in
                    stage.log.append("begun")
                    await stage.gate.pass()
                    // To nobody, and without an error.
                    try socket.emit("late")
                    socket.join("late")
                    stage.log.append("rooms: \(socket.rooms.count)")
                }
            },
            begin: { _, _ in },
            end: "rooms: 0",
            isHeldBack: true
        ),
        Operation(
            name: "handler that waits for an acknowledgement",
            prepare: { stage in
                stage.namespace.on("go") { socket, _ async in
                    do {
                        _ = try await socket.emitWithAck("ask")
                    } catch {
                        stage.log.append("ended")
                    }
                }
            },
            begin: { _, _ in },
            end: "ended"
        ),
        Operation(
            name: "fetchSockets",
            begin: { stage, socket in
                Task {
                    stage.log.append("begun")
                    let found = try await stage.namespace.to(Room(socket.id)).fetchSockets()
                    stage.log.append("found \(found.count)")
                }
            },
            end: "found 0",
            isHeldBack: true
        ),
    ]
}

/// An adapter whose other servers take their time.
private final class SlowAdapter: ForwardingAdapter {
    let base = InMemoryAdapter()
    let gate: Gate

    init(gate: Gate) {
        self.gate = gate
    }

    func fetchSockets(in selection: BroadcastSelection, flags: BroadcastFlags) async throws -> [RemoteSocket] {
        await self.gate.pass()
        return try await self.base.fetchSockets(in: selection, flags: flags)
    }
}

@Suite(.timeLimit(.minutes(1))) struct LeaveMidwayTests {
    /// Knows sockets and sessions without keeping them.
    private final class Witness: Sendable {
        private struct Known {
            weak var socket: Socket?
            weak var session: Session?
        }

        private let known = Mutex<[Known]>([])

        func see(_ socket: Socket) {
            self.known.withLock { $0.append(Known(socket: socket, session: socket.session)) }
        }

        /// How many there were, and how many of them still are.
        var counts: (seen: Int, sockets: Int, sessions: Int) {
            self.known.withLock { known in
                (known.count, known.count { $0.socket != nil }, known.count { $0.session != nil })
            }
        }

        /// Whether all connections have been told that they are over, which their sessions are before.
        var hasNoOpenConnection: Bool {
            self.known.withLock { known in
                known.allSatisfy { $0.socket?.connection.state.withLock { $0.isClosed } ?? true }
            }
        }
    }

    private static func makeStage(_ witness: Witness) throws -> Operation.Stage {
        let gate = Gate()
        var configuration = SocketIOConfiguration()
        configuration.threads = 2
        let server = try SocketIOServer(
            configuration: configuration,
            logger: quietLogger(),
            makeAdapter: { _ in SlowAdapter(gate: gate) }
        )
        server.namespace("/").use { witness.see($0) }
        return Operation.Stage(server: server, gate: gate)
    }

    /// Waits until nothing is left of whoever has been here.
    private func expectNothingLeft(_ witness: Witness, of stage: Operation.Stage, _ harness: TestHarness) async throws {
        await stage.server.environment.tasks.waitUntilIdle()
        #expect(stage.namespace.socketCount == 0)
        #expect(witness.counts.seen == 1)
        try await eventually("the socket is released") { witness.counts.sockets == 0 }
        try await eventually("the session is released") { witness.counts.sessions == 0 }
    }

    @Test(arguments: Operation.all, Leaving.allCases)
    func `an operation ends when its socket leaves, and nothing is left`(
        operation: Operation,
        leaving: Leaving
    ) async throws {
        for mode in TestingMode.allCases {
            let witness = Witness()
            let stage = try Self.makeStage(witness)
            operation.prepare(stage)
            try await stage.server.test(mode) { harness in
                let wire = try await harness.openWire()
                try await wire.openWebSocket("/socket.io/")
                wire.send(frame: "40")
                try await wire.wait(for: "40{")
                if let socket = stage.namespace.sockets.first { operation.begin(stage, socket) }
                wire.send(frame: #"42["go"]"#)
                try await self.waitUntilBegun(stage, wire)
                try await leaving.perform(wire, harness)
                try await eventually("it has left") { stage.namespace.socketCount == 0 }
                if operation.isHeldBack { stage.gate.open() }
                try await stage.log.line(operation.end)
                // A session that goes on without its socket ends here.
                wire.close()
                try await self.expectNothingLeft(witness, of: stage, harness)
            }
        }
    }

    /// It says that it has begun, or asks the client something.
    private func waitUntilBegun(_ stage: Operation.Stage, _ wire: RawWire) async throws {
        try await eventually("it is under way") {
            stage.log.all.contains("begun") || wire.received.contains(#"["ask"]"#)
        }
    }

    @Test(arguments: Leaving.allCases.filter { $0 != .server })
    func `who leaves while a middleware runs is let in by nobody, and nothing is left`(leaving: Leaving) async throws {
        for mode in TestingMode.allCases {
            let witness = Witness()
            let stage = try Self.makeStage(witness)
            stage.namespace.use { _ async in
                stage.log.append("begun")
                await stage.gate.pass()
                stage.log.append("passed")
            }
            stage.namespace.onConnect { _ in stage.log.append("connected") }
            stage.namespace.onDisconnect { _, _ in stage.log.append("disconnected") }
            try await stage.server.test(mode) { harness in
                let wire = try await harness.openWire()
                try await wire.openWebSocket("/socket.io/")
                wire.send(frame: "40")
                try await stage.log.line("begun")
                try await leaving.perform(wire, harness)
                try await harness.settle()
                if leaving == .connection {
                    try await eventually("the server has noticed") { witness.hasNoOpenConnection }
                }
                stage.gate.open()
                try await stage.log.line("passed")
                wire.close()
                try await self.expectNothingLeft(witness, of: stage, harness)
                #expect(stage.log.all == ["begun", "passed"])
            }
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `who cancels a wait for an acknowledgement is told so, and nothing is left of it`(
        mode: TestingMode
    ) async throws {
        let stage = try Self.makeStage(Witness())
        try await stage.server.test(mode) { harness in
            let client = try await harness.connect()
            let socket = try #require(stage.namespace.socket(client.id))
            let waiting = Task { try await socket.emitWithAck("ask", timeout: .seconds(3600)) }
            let question = try await client.nextEvent("ask")
            #expect(socket.state.withLock { $0.acks.count } == 1)
            waiting.cancel()
            let result = await waiting.result
            #expect { try result.get() } throws: { ($0 as? SocketIOError)?.code == .cancelled }
            #expect(socket.state.withLock { $0.acks.isEmpty })
            // Too late, and once more: ignored.
            try question.acknowledge(1)
            try question.acknowledge(2)
            // Its deadline is gone as well.
            try await harness.time.advance(by: .seconds(3600))
            #expect(client.isConnected)
        }
    }
}
