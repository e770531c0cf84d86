/// How clients get at the server: through memory, or through a port on loopback.
import EngineIO
import NIOCore
import NIOPosix
import Synchronization

/// Opens connections to a server under test.
struct Dialer: Sendable {
    private let entrance: TestEntrance
    private let traffic: Traffic
    private let ports = PortNumbers()

    init(entrance: TestEntrance, traffic: Traffic) {
        self.entrance = entrance
        self.traffic = traffic
    }

    /// Opens a connection.
    ///
    /// - Parameters:
    ///   - loop: The client's loop.
    ///   - report: Told what happens, on that loop.
    func dial(
        on loop: any EventLoop,
        report: @escaping @Sendable (WireEvent) -> Void
    ) async throws -> Wire {
        if let address = self.entrance.address {
            return try await self.dial(address, on: loop, report: report)
        }
        return try await self.dialInMemory(on: loop, report: report)
    }

    private func dial(
        _ address: SocketAddress,
        on loop: any EventLoop,
        report: @escaping @Sendable (WireEvent) -> Void
    ) async throws -> Wire {
        let traffic = self.traffic
        let channel = try await ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeSucceededVoidFuture()
            }
            .channelOption(.autoRead, value: false)
            .connect(to: address).get()
        // The port is known only now, and nothing is read before the handler is there.
        let line = try traffic.line(ofPort: Self.port(of: channel.localAddress))
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(WireHandler(traffic: line, report: report))
            try channel.syncOptions?.setOption(.autoRead, value: true)
        }.get()
        return Wire(channel: channel, traffic: line)
    }

    private func dialInMemory(
        on loop: any EventLoop,
        report: @escaping @Sendable (WireEvent) -> Void
    ) async throws -> Wire {
        let port = self.ports.next()
        let line = self.traffic.line(ofPort: port)
        let pair = MemoryChannel.Pair(
            client: try SocketAddress(ipAddress: "127.0.0.1", port: port),
            server: try SocketAddress(ipAddress: "127.0.0.1", port: 80)
        )
        let client = try await loop.submit {
            let client = pair.makeClient(on: loop)
            try client.pipeline.syncOperations.addHandler(WireHandler(traffic: line, report: report))
            return client
        }.get()
        do {
            try await self.entrance.enter { loop in
                let server = pair.makeServer(on: loop, client: client)
                try server.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
                return server
            } admitted: { server, result in
                switch result {
                case .success: server.openOnLoop()
                // As the kernel does with a connection that is accepted and closed at once.
                case .failure: server.close(promise: nil)
                }
            }
        } catch {
            client.close(promise: nil)
            throw error
        }
        try await loop.submit { client.openOnLoop() }.get()
        return Wire(channel: client, traffic: line)
    }

    private static func port(of address: SocketAddress?) throws -> Int {
        guard let port = address?.port else { throw TestFailure("a connection without a port") }
        return port
    }
}

/// Ports of connections in memory, which are but names.
private final class PortNumbers: Sendable {
    private let last = Atomic(49_151)

    func next() -> Int { 49_152 + (self.last.wrappingAdd(1, ordering: .relaxed).newValue - 49_152) % 16_384 }
}
