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
        let entrance = self.entrance
        let port = self.ports.next()
        let (client, server) = try await MemoryChannel.pair(
            client: (loop, try SocketAddress(ipAddress: "127.0.0.1", port: port)),
            server: (entrance.nextLoop(), try SocketAddress(ipAddress: "127.0.0.1", port: 80))
        )
        let line = self.traffic.line(ofPort: port)
        try await loop.submit {
            try client.pipeline.syncOperations.addHandler(WireHandler(traffic: line, report: report))
        }.get()
        do {
            try await server.eventLoop.flatSubmit {
                server.setOption(.allowRemoteHalfClosure, value: true).flatMap { entrance.enter(server) }
            }.get()
            try await server.open()
        } catch {
            // As the kernel does with a connection that is accepted and closed at once.
            server.close(promise: nil)
        }
        try await client.open()
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
