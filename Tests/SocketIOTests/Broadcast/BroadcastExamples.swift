/// The examples of the documentation, compiled.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite struct BroadcastExamples {
    private let position = Event<Int, Int>("position")
    private let vote = Event<String>("vote").replying(with: Bool.self)
    private let reload = Event<String>("reload")
    private let load = Signal("load").replying(with: Int.self)

    @Test func `the examples run on a server that nobody is connected to`() async throws {
        var configuration = SocketIOConfiguration()
        configuration.allowsJoiningSocketRooms = true
        let server = try SocketIOServer(configuration: configuration, logger: quietLogger())
        let chat = server.namespace("/")
        chat.onConnect { [position, reload] socket in
            try socket.volatile.emit(position, 1, 2)
            try socket.local.emit(reload, "now")
            socket.leave("a", "b")
            socket.leaveAll()
        }
        try chat.to("players").volatile.emit(self.position, 1, 2)
        try server.in(["a", "b"]).except(["muted", "away"]).local.compress(false).emit(self.reload, "now")
        var answers = 0
        for await answer in try chat.to("voters").timeout(.seconds(5)).emitWithAck(self.vote, "lunch?") {
            if case .success = answer.result { answers += 1 }
        }
        #expect(answers == 0)
        #expect(try await chat.emitWithAck(self.vote, "lunch?").collected().isComplete)
        #expect(try await chat.emitWithAck("vote", ["lunch?"]).collected().replies.isEmpty)
        #expect(try await chat.to("a").fetchSockets().isEmpty)
        chat.to("a").socketsJoin("b", "c")
        chat.except("a").socketsLeave(["b"])
        server.to("banned").disconnectSockets(closingConnection: true)
        #expect(chat.socketCount + chat.to("a").socketCount + chat.sockets(in: "a").count + chat.rooms.count == 0)
        chat.onRoomEvent { event in
            if case .created(let room) = event { print(room) }
        }
        chat.onServerSideEvent(self.reload) { [reload] namespace, text in try namespace.local.emit(reload, text) }
        chat.onServerSideEvent(self.load) { namespace in namespace.socketCount }
        try chat.serverSideEmit(self.reload, "all")
        #expect(try await chat.serverSideEmitWithAck(self.load).missingServers == 0)
    }
}
