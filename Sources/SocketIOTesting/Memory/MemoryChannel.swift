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

    /// What the two ends of a connection have in common; ``openOnLoop()`` begins with either.
    struct Pair: Sendable {
        private let client: SocketAddress
        private let server: SocketAddress
        private let up = MemoryPipe()
        private let down = MemoryPipe()

        init(client: SocketAddress, server: SocketAddress) {
            self.client = client
            self.server = server
        }

        /// Makes the client's end; to be called on its loop.
        func makeClient(on loop: any EventLoop) -> MemoryChannel {
            MemoryChannel(on: loop, local: self.client, remote: self.server, reading: self.down, writing: self.up)
        }

        /// Makes the server's end, and ties it to the client's; to be called on its loop.
        func makeServer(on loop: any EventLoop, client: MemoryChannel) -> MemoryChannel {
            let end = MemoryChannel(
                on: loop,
                local: self.server,
                remote: self.client,
                reading: self.up,
                writing: self.down
            )
            self.up.connect(wakesReader: end.reader, wakesWriter: client.writer)
            self.down.connect(wakesReader: client.reader, wakesWriter: end.writer)
            return end
        }
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

    /// Tells the handlers that the connection is there, and begins to read; to be called on the loop.
    func openOnLoop() { self.core.value.open() }

    // MARK: Channel

    var pipeline: ChannelPipeline {
        // reason: our own bug: the initialiser, which is private, sets it before anybody has the channel.
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
