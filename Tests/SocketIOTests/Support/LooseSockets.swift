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

    func socket() -> Socket {
        let head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/")
        let request = HandshakeRequest(head: head, remoteAddress: nil, isSecure: false, time: 0)
        let connection = Connection(server: self.server)
        let session = Session(
            id: SessionID(),
            request: request,
            handler: connection,
            home: self.home,
            environment: SessionEnvironment(configuration: EngineIOConfiguration(), logger: quietLogger())
        )
        let handshake = Handshake(request: request, auth: nil)
        return Socket(namespace: self.namespace, handshake: handshake, session: session, connection: connection)
    }
}
