/// What a test is given: clients of the server under test, and its time.
import EngineIO
public import HTTPTypes
import NIOCore
import NIOPosix
public import SocketIO
import Synchronization

/// Connects clients to the server under test, and moves its time.
///
/// Made by ``SocketIO/SocketIOServer/test(_:patience:_:)``, which ends it.
public final class TestHarness: Sendable {
    /// The server under test.
    public let server: SocketIOServer

    /// Whether the clients connect through memory or through a port.
    public let mode: TestingMode

    /// The server's time.
    public let time: TestTime

    /// How long whatever waits for something waits for it, unless it is told otherwise.
    public let patience: Duration

    let manualTime: ManualTime
    private let entrance: TestEntrance
    private let dialer: Dialer
    private let network: TestNetwork
    private let errors: Watched<[HandlerError]>

    init(
        server: SocketIOServer,
        mode: TestingMode,
        patience: Duration,
        manualTime: ManualTime,
        entrance: TestEntrance,
        traffic: Traffic,
        errors: Watched<[HandlerError]>
    ) {
        self.server = server
        self.mode = mode
        self.patience = patience
        self.manualTime = manualTime
        self.entrance = entrance
        self.errors = errors
        let network = TestNetwork(entrance: entrance, traffic: traffic, patience: patience)
        self.network = network
        self.dialer = Dialer(entrance: entrance, traffic: traffic)
        self.time = TestTime(manualTime) { try await network.settle() }
    }

    /// Connects a client and joins a namespace.
    ///
    /// - Parameters:
    ///   - namespace: Its name; a missing leading slash is added.
    ///   - auth: What the client says of itself; an object.
    ///   - lost: A client that lost its connection, and whose place this one takes where the server recovers connections.
    ///     It has the same id then.
    ///   - transport: How it connects.
    ///   - query: Added to the query of its requests.
    ///   - headers: Added to the headers of its requests.
    /// - Returns: The client.
    /// - Throws: ``HandshakeRejection`` when the server does not open a connection, `ConnectRefusal` when it refuses the
    ///   client in the namespace, with its message and data; ``TestFailure`` when it does not answer.
    public func connect(
        _ namespace: String = "/",
        auth: Value? = nil,
        recovering lost: TestClient? = nil,
        transport: TestClient.Transport = .webSocket,
        query: KeyValuePairs<String, String> = [:],
        headers: HTTPFields = [:]
    ) async throws -> TestClient {
        let request = OpeningRequest(
            path: self.server.configuration.engine.normalizedPath,
            query: query.map { ($0.key, $0.value) },
            fields: headers,
            beginsOnWebSocket: transport == .webSocket
        )
        let connection = try await ClientConnection.open(
            request,
            parser: self.server.configuration.parser,
            through: self.dialer,
            on: MultiThreadedEventLoopGroup.singleton.next(),
            patience: self.patience,
            errors: self.errors
        )
        self.network.add(connection)
        let client = try await TestClient.join(namespace, auth: auth, recovering: lost, over: connection)
        if transport == .upgrade { try await client.upgrade() }
        return client
    }

    /// Waits until all that the server and the clients have sent has arrived and been dealt with on the event loops.
    ///
    /// Then a client that has no event will not get one for what happened before. Clients that do not read, and a server
    /// that stops reading, are not waited for; nor are asynchronous handlers, see ``TestTime/advance(by:)``.
    ///
    /// - Throws: ``TestFailure`` when there is no rest within the harness's patience.
    public func settle() async throws {
        try await self.network.settle()
    }

    /// What handlers and middleware have thrown, and events whose arguments did not fit.
    ///
    /// They do not fail a test. Those that an `onError` takes are here as well.
    public var handlerErrors: [HandlerError] { self.errors.current }

    /// Waits for an error of a handler or a middleware.
    ///
    /// - Parameter patience: How long to wait; by default the harness's patience.
    /// - Returns: The error, which ``handlerErrors`` does not have any more.
    /// - Throws: ``TestFailure`` when none comes.
    public func nextHandlerError(within patience: Duration? = nil) async throws -> HandlerError {
        let patience = patience ?? self.patience
        return try await self.errors.wait(upTo: patience) { errors in
            errors.isEmpty ? nil : errors.removeFirst()
        } orSay: { _ in
            TestFailure("no handler threw anything within \(patience)")
        }
    }

    /// Opens a connection for bytes that no client of the library sends.
    package func openWire() async throws -> RawWire {
        try await RawWire.open(through: self.dialer, patience: self.patience)
    }

    /// Cuts all clients off.
    func dropClients() { self.network.dropAll() }
}

/// An error in a handler or a middleware.
public struct HandlerError: Error, Sendable, CustomStringConvertible {
    /// The error.
    public let error: any Error
    /// Where it comes from.
    public let context: ErrorContext
    /// The namespace's name.
    public let namespace: String
    /// The socket it happened to.
    public let socket: SocketID

    init(_ reported: ReportedError) {
        self.error = reported.error
        self.context = reported.context
        self.namespace = reported.socket.namespace.name
        self.socket = reported.socket.id
    }

    /// The error and where it comes from.
    public var description: String { "\(self.error) in \(self.context) of \(self.namespace)#\(self.socket)" }
}
