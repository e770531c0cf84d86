/// The chat: who is in it, and what happens on each event.
import Logging
import SocketIO
import Synchronization

/// The members of the chat, and the handlers of its events.
///
/// All of them are synchronous: they run on the event loops.
final class Chat: Sendable {
    private struct State {
        var members: [SocketID: Member] = [:]
        var temporaryMessages: TemporaryMessages
        var complaints = LineRate(perSecond: 50)
    }

    private let makeMember: @Sendable () -> Member
    private let logger: Logger
    private let state: Mutex<State>

    /// Creates an empty chat.
    ///
    /// - Parameters:
    ///   - temporaryLifetime: How long temporary messages are kept.
    ///   - logger: Gets a line for each join, leave, rename and error.
    ///   - makeMember: Makes up a newcomer.
    init(temporaryLifetime: Duration, logger: Logger, makeMember: @escaping @Sendable () -> Member) {
        self.makeMember = makeMember
        self.logger = logger
        self.state = Mutex(State(temporaryMessages: TemporaryMessages(lifetime: temporaryLifetime)))
    }

    /// Registers the handlers.
    func install(in namespace: Namespace) {
        namespace.onConnect { try self.connected($0) }
        namespace.onDisconnect { try self.disconnected($0, reason: $1) }
        namespace.on(ChatEvents.sendMessage) { try self.send($1, from: $0) }
        namespace.on(ChatEvents.updateUsername) { try self.rename($0, to: $1.username) }
        namespace.onError { self.report($1, of: $0, in: $2) }
    }

    /// The temporary messages that are kept.
    var temporaryMessages: [EncodedValue] { self.state.withLock { $0.temporaryMessages.messages } }

    /// Removes the temporary messages whose time is over, and tells of errors that were too many to log.
    func tidy(at now: ContinuousClock.Instant) {
        let omitted = self.state.withLock { state in
            state.temporaryMessages.purge(at: now)
            return state.complaints.takeOmitted()
        }
        if omitted > 0 { self.logger.warning("not handled and not logged", metadata: ["count": "\(omitted)"]) }
    }

    // MARK: Coming and going

    private func connected(_ socket: Socket) throws {
        let member = self.makeMember()
        self.state.withLock { $0.members[socket.id] = member }
        try socket.namespace.emit(ChatEvents.userJoined, UserName(username: member.username))
        let introduction = SetUsername(sid: socket.id, username: member.username, avatar: member.avatar)
        try socket.emit(ChatEvents.setUsername, introduction)
        self.logger.info("joined", metadata: ["name": "\(member.username)", "id": "\(socket.id)"])
    }

    /// The socket has left its rooms already, so that only the others hear of it.
    private func disconnected(_ socket: Socket, reason: DisconnectReason) throws {
        guard let member = self.state.withLock({ $0.members.removeValue(forKey: socket.id) }) else { return }
        try socket.namespace.emit(ChatEvents.userLeft, UserName(username: member.username))
        self.logger.info(
            "left",
            metadata: ["name": "\(member.username)", "id": "\(socket.id)", "reason": "\(reason)"]
        )
    }

    // MARK: Talking

    private func send(_ request: SendMessage, from socket: Socket) throws {
        guard let member = self.member(of: socket) else { return }
        let message = NewMessage(
            fromSID: socket.id,
            fromUsername: member.username,
            avatar: member.avatar,
            message: request.message,
            temp: request.temp
        )
        try socket.namespace.emit(ChatEvents.newMessage, message)
        if request.temp { try self.keep(message) }
    }

    /// Keeps a copy: the message that came in shares its bytes with whatever the network delivered along with it.
    private func keep(_ message: NewMessage) throws {
        let copy = try EncodedValue(message)
        self.state.withLock { $0.temporaryMessages.append(copy, at: .now) }
    }

    private func member(of socket: Socket) -> Member? {
        self.state.withLock { $0.members[socket.id] }
    }

    // MARK: Names

    private func rename(_ socket: Socket, to text: String) throws {
        let name = PythonText.strip(text)
        guard let oldName = try self.setName(name, of: socket) else { return }
        let update = UsernameUpdated(oldUsername: oldName, newUsername: name)
        try socket.namespace.emit(ChatEvents.usernameUpdated, update)
        self.logger.info("renamed", metadata: ["from": "\(oldName)", "to": "\(name)", "id": "\(socket.id)"])
    }

    /// Sets a name.
    ///
    /// - Returns: The name before; `nil` when nothing was to be done.
    private func setName(_ name: String, of socket: Socket) throws -> String? {
        try self.state.withLock { state in
            guard let oldName = state.members[socket.id]?.username else { throw ChatError.unknownMember }
            guard !name.isEmpty, !PythonText.areEqual(name, oldName) else { return nil }
            state.members[socket.id]?.username = name
            return oldName
        }
    }

    // MARK: Errors

    /// An event could not be handled: the client hears nothing, the operator does, at a bounded rate.
    private func report(_ error: any Error, of socket: Socket, in context: ErrorContext) {
        guard let omitted = self.state.withLock({ $0.complaints.admit(at: .now) }) else { return }
        var metadata: Logger.Metadata = ["id": "\(socket.id)", "in": "\(context)", "error": "\(error)"]
        if omitted > 0 { metadata["omitted"] = "\(omitted)" }
        self.logger.warning("not handled", metadata: metadata)
    }
}

/// Why an event cannot be handled.
enum ChatError: Error {
    /// The client is not in the chat.
    case unknownMember
}
