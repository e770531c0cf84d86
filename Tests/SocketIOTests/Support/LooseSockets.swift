/// Sockets without a network, for the parts that only need to tell them apart.
import HTTPTypes
import NIOCore
import NIOPosix
import TestSupport

@testable import EngineIO
@testable import SocketIO

/// Makes sockets whose sessions nobody serves: what is sent to them stays in their outboxes.
struct LooseSockets {
    let server: SocketIOServer
    private let home = LoopContext(eventLoop: MultiThreadedEventLoopGroup.singleton.any())

    init(adapter: any Adapter) throws {
        self.server = try SocketIOServer(logger: quietLogger(), makeAdapter: { _ in adapter })
    }

    var namespace: Namespace { self.server.namespace("/") }

    func socket() -> Socket { self.sockets(ofOneClient: 1)[0] }

    /// Sockets of one client of Socket.IO 2, who have one id.
    func socketsOfOneID(_ count: Int) -> [Socket] {
        self.sockets(ofOneClient: count, wire: .revision3(Revision3Options()))
    }

    private func sockets(ofOneClient count: Int, wire: WireFormat = .revision4) -> [Socket] {
        let head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/")
        let request = HandshakeRequest(head: head, remoteAddress: nil, isSecure: false, time: 0)
        let connection = Connection(server: self.server)
        let session = Session(
            id: SessionID(),
            request: request,
            handler: connection,
            home: self.home,
            environment: SessionEnvironment(configuration: EngineIOConfiguration(), logger: quietLogger()),
            wire: wire
        )
        let handshake = Handshake(request: request, auth: nil)
        return (0..<count).map { _ in
            Socket(namespace: self.namespace, handshake: handshake, session: session, connection: connection)
        }
    }
}
