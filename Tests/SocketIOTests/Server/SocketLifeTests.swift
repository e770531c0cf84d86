/// What happens when a socket leaves at a moment that the network hardly ever hits.
import TestSupport
import Testing

@testable import SocketIO

@Suite(.timeLimit(.minutes(1))) struct SocketLifeTests {
    private let adapter = InMemoryAdapter()
    private let sockets: LooseSockets
    private let log = Log()

    init() throws {
        self.sockets = try LooseSockets(adapter: self.adapter)
        self.sockets.server.logging(to: self.log)
    }

    private var members: [Socket] { self.adapter.sockets(in: BroadcastSelection()) }

    @Test func `a socket that leaves while it is let in stays in no room`() async throws {
        let socket = self.sockets.socket()
        socket.join("a")
        socket.connect { enter in
            socket.leave(.transportClose)
            enter()
        }
        #expect(self.members.isEmpty)
        #expect(self.adapter.rooms(of: socket) == [] && socket.rooms == [])
        try await self.log.expect(["left: transport close"])
    }

    @Test func `a connect handler that begins after its socket has left is cancelled, and the end is told after it`()
        async throws
    {
        self.sockets.namespace.onConnect { [log] _ async in
            await untilCancelled()
            log.append("cancelled")
        }
        let socket = self.sockets.socket()
        socket.connect { enter in
            socket.leave(.transportClose)
            enter()
        }
        try await self.log.expect(["cancelled", "left: transport close"])
    }

    @Test func `a synchronous connect handler runs though its socket has left`() async throws {
        self.sockets.namespace.onConnect { [log] socket in log.append("connect \(socket.isConnected)") }
        let socket = self.sockets.socket()
        socket.connect { enter in
            socket.leave(.transportClose)
            enter()
        }
        try await self.log.expect(["connect false", "left: transport close"])
    }

    @Test func `who leaves before it is let in is told to nobody`() {
        let socket = self.sockets.socket()
        socket.leave(.transportClose)
        socket.connect { _ in self.log.append("reply") }
        socket.leave(.pingTimeout)
        #expect(self.members.isEmpty)
        #expect(self.log.all == [])
    }

    @Test func `leaving twice counts once, with the first reason`() {
        let socket = self.sockets.socket()
        socket.connect { $0() }
        #expect(self.members.map(\.id) == [socket.id])
        socket.leave(.pingTimeout)
        socket.leave(.transportClose)
        #expect(self.members.isEmpty)
        #expect(self.log.all == ["left: ping timeout"])
    }
}
