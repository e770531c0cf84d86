/// Servers for tests, on a port of their own, gone at the end of the test.
package import EngineIO
package import Logging
package import NIOCore
package import SocketIO

/// What a session's handler was told.
package enum SessionEvent: Sendable {
    case opened(Session)
    case text(Session, String)
    case binary(Session, [UInt8])
    case closed(Session, CloseReason)

    package var session: Session {
        switch self {
        case .opened(let session), .text(let session, _), .binary(let session, _), .closed(let session, _): session
        }
    }

    /// The text, if it is one.
    package var text: String? {
        guard case .text(_, let text) = self else { return nil }
        return text
    }

    /// Why the session ended, if it did.
    package var closeReason: CloseReason? {
        guard case .closed(_, let reason) = self else { return nil }
        return reason
    }
}

/// Writes down what happens in all sessions, and reacts as a test wants.
package final class SessionRecorder: SessionHandler {
    /// What to do with a message, after it was written down.
    package typealias Reaction = @Sendable (SessionEvent) -> Void

    private let log: EventLog<SessionEvent>
    private let reaction: Reaction

    package init(log: EventLog<SessionEvent>, reaction: @escaping Reaction) {
        self.log = log
        self.reaction = reaction
    }

    package func sessionOpened(_ session: Session) { self.record(.opened(session)) }

    package func session(_ session: Session, receivedText text: ByteBuffer) {
        self.record(.text(session, String(buffer: text)))
    }

    package func session(_ session: Session, receivedBinary binary: ByteBuffer) {
        self.record(.binary(session, Array(binary.readableBytesView)))
    }

    package func sessionClosed(_ session: Session, reason: CloseReason) { self.record(.closed(session, reason)) }

    private func record(_ event: SessionEvent) {
        self.log.append(event)
        self.reaction(event)
    }

    /// Does nothing.
    package static let silent: Reaction = { _ in }

    /// Sends every message back.
    package static let echo: Reaction = { event in
        switch event {
        case .text(let session, let text): session.send(MessageUnit(text: text))
        case .binary(let session, let bytes): session.send(MessageUnit(binary: ByteBuffer(bytes: bytes)))
        case .opened, .closed: break
        }
    }
}

/// A running Engine.IO server.
package struct EngineTestServer: Sendable {
    package let server: EngineIOServer
    package let port: Int
    /// What happened in its sessions.
    package let events: EventLog<SessionEvent>

    /// The session that a client has opened.
    package func session(_ sid: String) async throws -> Session {
        let id = SessionID(sid)
        return try await self.events.first("session \(sid)") { $0.session.id == id }.session
    }

    /// Waits for the end of a session.
    ///
    /// - Returns: Its reason.
    package func closeReason(
        of sid: String,
        within patience: Duration = RawConnection.patience
    ) async throws -> CloseReason? {
        let id = SessionID(sid)
        return try await self.events.first("end of \(sid)", within: patience) { event in
            event.session.id == id && event.closeReason != nil
        }.closeReason
    }

    /// The texts a session has received so far.
    package func texts(of sid: String) -> [String] {
        let id = SessionID(sid)
        return self.events.all.compactMap { $0.session.id == id ? $0.text : nil }
    }
}

/// A logger for servers under test: quiet, since tests cause errors on purpose.
package func quietLogger() -> Logger {
    Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Runs a server for the time of a test.
///
/// - Parameters:
///   - configuration: The server's configuration.
///   - threads: The number of event loops.
///   - logger: Where the server logs.
///   - clock: The time when the test moves it.
///   - responder: Answers the requests outside the path.
///   - reaction: What to do with messages; by default they are sent back.
///   - body: The test.
package func withEngineServer<Output>(
    _ configuration: EngineIOConfiguration = EngineIOConfiguration(),
    threads: Int = 2,
    logger: Logger = quietLogger(),
    clock: ManualShutdown? = nil,
    responder: @escaping HTTPResponder = ApplicationResponse.notFound,
    reaction: @escaping SessionRecorder.Reaction = SessionRecorder.echo,
    body: (EngineTestServer) async throws -> Output
) async throws -> Output {
    let events = EventLog<SessionEvent>()
    let server = try EngineIOServer(
        configuration: configuration,
        threads: threads,
        logger: logger,
        time: TimeSource(manual: clock?.time),
        responder: responder,
        makeHandler: { SessionRecorder(log: events, reaction: reaction) }
    )
    let address = try await server.bind(host: "127.0.0.1", port: 0)
    let result: Result<Output, any Error>
    do {
        result = .success(try await body(EngineTestServer(server: server, port: address.port ?? 0, events: events)))
    } catch {
        result = .failure(error)
    }
    if let clock {
        await clock.time.advance { await server.shutDown(timeout: .milliseconds(200)) }
    } else {
        await server.shutDown(timeout: .milliseconds(200))
    }
    return try result.get()
}

/// Runs a Socket.IO server for the time of a test.
///
/// - Parameters:
///   - configuration: The server's configuration; its port is replaced by a free one.
///   - setUp: Registers handlers before the server starts.
///   - body: The test, with the server's port.
package func withSocketServer<Output>(
    _ configuration: SocketIOConfiguration = SocketIOConfiguration(),
    setUp: (SocketIOServer) throws -> Void = { _ in },
    body: (_ port: Int) async throws -> Output
) async throws -> Output {
    var configuration = configuration
    configuration.port = 0
    configuration.threads = configuration.threads ?? 2
    let server = try SocketIOServer(configuration: configuration, logger: quietLogger())
    try setUp(server)
    let port = try await server.start()
    let result: Result<Output, any Error>
    do {
        result = .success(try await body(port))
    } catch {
        result = .failure(error)
    }
    await server.shutDown()
    return try result.get()
}
