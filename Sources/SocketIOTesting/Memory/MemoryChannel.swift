/// A NIO channel whose other end is another such channel, with memory in between.
import NIOCore
import Synchronization

/// One end of a connection in memory.
///
/// It behaves like a TCP channel where that can be seen: reads happen when they are asked for, writes wait when the other
/// end does not read, either end may close its output alone. NIO's own testing channels have none of these, and a server
/// that bounds what slow clients cost cannot be tested without.
final class MemoryChannel: Channel {
    let eventLoop: any EventLoop
    let allocator = ByteBufferAllocator()
    let localAddress: SocketAddress?
    let remoteAddress: SocketAddress?
    let parent: (any Channel)? = nil
    private let core: NIOLoopBound<MemoryChannelCore>
    private let closePromise: EventLoopPromise<Void>
    let activeFlag = Atomic(false)
    let writableFlag = Atomic(true)
    // reason: written once in the initialiser, which needs the channel itself for it.
    nonisolated(unsafe) private var madePipeline: ChannelPipeline?

    private init(
        on eventLoop: any EventLoop,
        local: SocketAddress,
        remote: SocketAddress,
        reading incoming: MemoryPipe,
        writing outgoing: MemoryPipe
    ) {
        self.eventLoop = eventLoop
        self.localAddress = local
        self.remoteAddress = remote
        let closePromise = eventLoop.makePromise(of: Void.self)
        self.closePromise = closePromise
        let core = MemoryChannelCore(reading: incoming, writing: outgoing, closePromise: closePromise)
        self.core = NIOLoopBound(core, eventLoop: eventLoop)
        self.madePipeline = ChannelPipeline(channel: self)
        core.channel = self
    }

    /// Makes one end, on its loop.
    private static func make(
        on eventLoop: any EventLoop,
        local: SocketAddress,
        remote: SocketAddress,
        reading incoming: MemoryPipe,
        writing outgoing: MemoryPipe
    ) async throws -> MemoryChannel {
        try await eventLoop.submit {
            MemoryChannel(on: eventLoop, local: local, remote: remote, reading: incoming, writing: outgoing)
        }.get()
    }

    /// Makes the two ends of a connection; ``open()`` begins with either.
    static func pair(
        client: (loop: any EventLoop, address: SocketAddress),
        server: (loop: any EventLoop, address: SocketAddress)
    ) async throws -> (client: MemoryChannel, server: MemoryChannel) {
        let (up, down) = (MemoryPipe(), MemoryPipe())
        let clientEnd = try await self.make(
            on: client.loop,
            local: client.address,
            remote: server.address,
            reading: down,
            writing: up
        )
        let serverEnd = try await self.make(
            on: server.loop,
            local: server.address,
            remote: client.address,
            reading: up,
            writing: down
        )
        up.connect(wakesReader: serverEnd.reader, wakesWriter: clientEnd.writer)
        down.connect(wakesReader: clientEnd.reader, wakesWriter: serverEnd.writer)
        return (clientEnd, serverEnd)
    }

    private var reader: @Sendable () -> Void {
        { [weak self] in
            guard let self else { return }
            self.eventLoop.execute { self.core.value.readIfAsked() }
        }
    }

    private var writer: @Sendable () -> Void {
        { [weak self] in
            guard let self else { return }
            self.eventLoop.execute { self.core.value.drain() }
        }
    }

    /// Tells the handlers that the connection is there, and begins to read.
    func open() async throws {
        try await self.eventLoop.submit { self.core.value.open() }.get()
    }

    // MARK: Channel

    var pipeline: ChannelPipeline {
        // Our own bug: the initialiser, which is private, sets it before anybody has the channel.
        guard let pipeline = self.madePipeline else { preconditionFailure("used before it was made") }
        return pipeline
    }

    var closeFuture: EventLoopFuture<Void> { self.closePromise.futureResult }
    var isWritable: Bool { self.writableFlag.load(ordering: .relaxed) }
    var isActive: Bool { self.activeFlag.load(ordering: .relaxed) }
    var _channelCore: any ChannelCore { self.core.value }
    var syncOptions: (any NIOSynchronousChannelOptions)? { Options(core: self.core.value) }

    func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) -> EventLoopFuture<Void> {
        self.eventLoop.submit { try self.core.value.setOption(option, value: value) }
    }

    func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
        self.eventLoop.submit { try self.core.value.option(option) }
    }

    private struct Options: NIOSynchronousChannelOptions {
        let core: MemoryChannelCore

        func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) throws {
            try self.core.setOption(option, value: value)
        }

        func getOption<Option: ChannelOption>(_ option: Option) throws -> Option.Value {
            try self.core.option(option)
        }
    }
}
