/// The test client: one client in one namespace of the server under test.
public import EngineIO
import NIOCore
public import SocketIO

/// A client in a namespace of the server under test.
///
/// ```swift
/// let client = try await harness.connect()
/// try client.emit(Event<String>("message"), "hello")
/// let answer = try await client.next(Event<String>("message"))
/// ```
/// Events that arrive are kept, in order, until the test takes them with ``next(_:within:)`` or ``nextEvent(_:within:)``.
/// Whatever waits has a bound, by default the harness's patience, and a ``TestFailure`` then says what was awaited and what
/// came instead. All methods may be called from any thread; what one task asks of a client is done in the order of asking.
public final class TestClient: Sendable {
    /// How a client connects.
    public enum Transport: Sendable, Hashable, CaseIterable {
        /// HTTP long polling, for good.
        case polling
        /// A WebSocket from the start.
        case webSocket
        /// HTTP long polling first, as browsers do, then a WebSocket.
        case upgrade
    }

    /// The namespace's name.
    public var namespace: String { self.member.namespace }

    /// The socket's id, as the server gave it.
    public let id: SocketID

    let connection: ClientConnection
    let member: Member

    private init(_ member: Member, id: SocketID, on connection: ClientConnection) {
        self.member = member
        self.id = id
        self.connection = connection
    }

    /// Joins a namespace over a connection.
    static func join(
        _ namespace: String,
        auth: Value?,
        recovering lost: TestClient? = nil,
        over connection: ClientConnection,
        within patience: Duration? = nil
    ) async throws -> TestClient {
        let member = Member(
            namespace: namespace.utf8.first == UInt8(ascii: "/") ? namespace : "/" + namespace,
            recovering: lost?.member.state.current
        )
        connection.join(member, auth: member.auth(auth))
        let patience = patience ?? connection.patience
        let id = try await member.state.wait(upTo: patience) { state -> SocketID? in
            switch state.phase {
            case .joining: nil
            case .joined(let id): id
            case .refused(let refusal): throw refusal
            case .left(let reason):
                // The server may have let the client in and made it leave at once.
                if let id = state.id {
                    id
                } else {
                    throw TestFailure("the connection ended before the join: \(reason)")
                }
            }
        } orSay: { _ in
            TestFailure("the server did not answer CONNECT to \(member.namespace) within \(patience)")
        }
        return TestClient(member, id: id, on: connection)
    }

    // MARK: The connection

    /// Whether the client is in its namespace, as far as it has heard.
    public var isConnected: Bool { self.member.state.current.isJoined }

    /// Why the client is connected no longer; `nil` while it is.
    public var disconnectReason: ClientDisconnectReason? {
        guard case .left(let reason) = self.member.state.current.phase else { return nil }
        return reason
    }

    /// Waits until the client is disconnected.
    ///
    /// - Parameter patience: How long to wait; by default the harness's patience.
    /// - Returns: The reason, in the words of the JavaScript client.
    /// - Throws: ``TestFailure`` when it stays connected.
    @discardableResult
    public func disconnected(within patience: Duration? = nil) async throws -> ClientDisconnectReason {
        let patience = patience ?? self.connection.patience
        return try await self.member.state.wait(upTo: patience) { state in
            guard case .left(let reason) = state.phase else { return nil }
            return reason
        } orSay: { state in
            self.failure("not disconnected within \(patience)", state)
        }
    }

    /// What has gone wrong, with what there is instead, and what handlers have thrown.
    func failure(_ what: String, _ state: MemberState) -> TestFailure {
        TestFailure("\(what): \(state.summary)\(self.connection.thrown)")
    }

    /// The transport in use.
    public var transport: TransportName { self.connection.status.current.transport }

    /// The id of the Engine.IO session, which all namespaces of the connection share.
    public var sessionID: String { self.connection.status.current.sid }

    /// Joins another namespace over the same connection.
    ///
    /// - Parameters:
    ///   - namespace: Its name; a missing leading slash is added.
    ///   - auth: What the client says of itself; an object.
    /// - Returns: The client in that namespace.
    /// - Throws: `ConnectRefusal` when the server refuses, with its message and data; ``TestFailure`` when it does not
    ///   answer.
    public func join(_ namespace: String, auth: Value? = nil) async throws -> TestClient {
        try await Self.join(namespace, auth: auth, over: self.connection)
    }

    /// Changes from polling to a WebSocket.
    ///
    /// - Throws: ``TestFailure`` when the server does not agree, or the client is on a WebSocket already.
    public func upgrade() async throws {
        try await self.connection.upgrade()
    }

    /// Leaves the namespace; the connection stays.
    public func disconnect() {
        self.connection.leave(self.member)
    }

    /// Ends the connection, with all its namespaces, as a program does that closes it.
    public func close() {
        self.connection.close()
    }

    /// Ends the connection without a word, as a client does that crashes.
    public func dropConnection() {
        self.connection.drop()
    }

    // MARK: A client in trouble

    /// Reads nothing any more: what the server sends piles up, and its polls are not sent.
    public func stopReading() {
        self.connection.setReading(false)
    }

    /// Reads again.
    public func resumeReading() {
        self.connection.setReading(true)
    }

    /// Leaves the server's pings without an answer, as a client does that has lost its network.
    public func stopAnsweringPings() {
        self.connection.stopAnsweringPings()
    }

    /// Sends a Socket.IO packet as it is, such as `2["message","hi"]`, for what no client of the library sends.
    ///
    /// - Parameter packet: The packet's text, without the type of Engine.IO.
    public func sendRaw(_ packet: String) {
        self.connection.send([.text("4" + packet)])
    }

    /// Sends a packet of Engine.IO as it is, such as `6`.
    ///
    /// - Parameter packet: The packet's text, its type included.
    public func sendRaw(enginePacket packet: String) {
        self.connection.send([.text(packet)])
    }

    /// Sends a binary message as it is.
    ///
    /// - Parameter bytes: The message.
    public func sendRaw(binary bytes: [UInt8]) {
        self.connection.send([.binary(ByteBuffer(bytes: bytes))])
    }
}

extension TestClient: CustomStringConvertible {
    /// The namespace and the id.
    public var description: String { "\(self.namespace)#\(self.id)" }
}
