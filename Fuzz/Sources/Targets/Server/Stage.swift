/// A whole server without a network: embedded event loops, tasks on this thread, and a time that is moved by hand.
internal import CFuzz
import HTTPTypes
import Logging
import NIOCore
import NIOEmbedded
import Synchronization

@testable import EngineIO
@testable import SocketIO

/// The server, its loops and its time.
final class Stage {
    /// Tasks of Swift run on this thread from now on, which makes each run the same.
    private static let isolated: Void = fuzz_jobs_install()

    let loops = [EmbeddedEventLoop(), EmbeddedEventLoop()]
    let time = ManualTime(timeOfDay: 1_000_000_000)
    let server: SocketIOServer
    let toldNumbers = NumberLog()
    private let contexts: [LoopContext]
    private let core: EngineCore
    private let watch = ConnectionWatch()

    init(_ configuration: SocketIOConfiguration) throws {
        _ = Self.isolated
        let time = self.time
        self.contexts = self.loops.map { LoopContext(eventLoop: $0, manualTime: time) }
        let server = try SocketIOServer(configuration: configuration, logger: quietLogger())
        server.environment.time.follow(time)
        self.server = server
        self.core = EngineCore(
            configuration: configuration.engine,
            logger: quietLogger(),
            time: server.environment.time,
            responder: { request, body in
                await pause()
                guard request.path != "/throw" else { throw Finding("a responder that throws") }
                return .text("\(request.method) \(body.readableBytes)\n")
            },
            tasks: server.environment.tasks,
            makeHandler: { [watch] in watch.watched(Connection(server: server)) }
        )
    }

    /// The numbers that ``Witness`` told, as the application has heard them.
    var told: [Int] { self.toldNumbers.all }

    /// Takes a connection as the listener does, if the server wants it.
    func admit(_ channel: EmbeddedChannel, loop: Int) throws -> Bool {
        guard case .admitted = self.core.connections.insert(channel) else { return false }
        let client: ConnectionClient?
        switch ConnectionClient.arrive(on: channel, core: self.core) {
        case .unknown: client = nil
        case .welcome(let arrived): client = arrived
        case .refused: return false
        }
        try Listener.addHandlers(to: channel, core: self.core, context: self.contexts[loop], client: client)
        return true
    }

    // MARK: Running

    /// Runs what the loops and the tasks have to do, until there is nothing left.
    func settle() throws {
        // A run that goes on for ever is a finding of its own.
        for _ in 0..<100_000 {
            for loop in self.loops { loop.run() }
            guard fuzz_jobs_run_one() else { return }
        }
        throw Finding("the server never comes to rest")
    }

    /// Moves the time from one deadline to the next.
    ///
    /// - Parameter settle: Lets everybody do what is to be done at that time.
    func advance(by amount: TimeAmount, _ settle: () throws -> Void) throws {
        try settle()
        let end = self.time.now + amount
        while let next = self.time.nextDeadline, next <= end {
            try self.move(by: max(next - self.time.now, .zero))
            try settle()
        }
        try self.move(by: end - self.time.now)
        try settle()
    }

    private func move(by amount: TimeAmount) throws {
        let (time, loops) = (self.time, self.loops)
        let isDone = NIOLoopBoundBox(false, eventLoop: loops[0])
        Task {
            await time.advance(by: amount) { for loop in loops { loop.run() } }
            isDone.value = true
        }
        try self.settle()
        try expect(isDone.value, "the time does not move on")
    }

    // MARK: The end

    /// Checks that nothing is left when all clients have gone and all deadlines have passed.
    func expectNothingLeft() throws {
        try expectSame(self.core.environment.registry.count, 0, "sessions left")
        try expectSame(self.core.connections.count, 0, "connections left")
        try expectSame(self.server.environment.tasks.count, 0, "handlers left")
        for namespace in self.server.directory.all {
            try expectSame(namespace.sockets.count, 0, "sockets left in \(namespace.name)")
            try expectSame(namespace.adapter.rooms.count, 0, "rooms left in \(namespace.name)")
            let entries = (namespace.adapter as? InMemoryAdapter)?.entryCount
            try expectSame(entries, 0, "what the adapter keeps of \(namespace.name)")
        }
        try expect(self.time.nextDeadline == nil, "a deadline is left")
        try expectSame(self.watch.count, 0, "connections that something keeps")
    }
}

/// Numbers in the order they were heard in.
final class NumberLog: Sendable {
    private let numbers = Mutex<[Int]>([])

    func append(_ number: Int) { self.numbers.withLock { $0.append(number) } }

    var all: [Int] { self.numbers.withLock { $0 } }
}

/// Every connection there was, as long as something else holds it.
private final class ConnectionWatch: Sendable {
    private struct WeakConnection {
        weak var connection: Connection?
    }

    private let connections = Mutex<[WeakConnection]>([])

    func watched(_ connection: Connection) -> Connection {
        self.connections.withLock { $0.append(WeakConnection(connection: connection)) }
        return connection
    }

    /// How many are still held.
    var count: Int { self.connections.withLock { $0.count { $0.connection != nil } } }
}

/// Lets others run first, as a handler that waits for something does.
///
/// `Task.yield()` goes straight to the pool of threads, past the hook that ``Stage`` depends on.
func pause() async {
    await withCheckedContinuation { continuation in
        Task { continuation.resume() }
    }
}
