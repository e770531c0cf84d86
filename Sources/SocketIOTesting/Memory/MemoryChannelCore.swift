/// What a channel in memory does on its loop: reading, writing, closing.
import DequeModule
import NIOCore
import Synchronization

/// The state of one end of a connection in memory, confined to its event loop.
final class MemoryChannelCore: ChannelCore {
    private struct PendingWrite {
        var bytes: ByteBuffer
        var promise: EventLoopPromise<Void>?
    }

    private enum Output {
        case open
        /// To be ended when all has been sent.
        case closing(EventLoopPromise<Void>?)
        case closed
    }

    /// NIO's own marks: above the first the channel is not writable, until it is below the second.
    private static let waterMarks = (high: 64 * 1024, low: 32 * 1024)

    /// Set right after both are made.
    weak var channel: MemoryChannel?
    private let incoming: MemoryPipe
    private let outgoing: MemoryPipe
    private let closePromise: EventLoopPromise<Void>
    private var pending: Deque<PendingWrite> = []
    /// How many of the pending writes have been flushed.
    private var flushedCount = 0
    private var pendingBytes = 0
    private var isOpen = true
    private var output = Output.open
    private var hasInputEnded = false
    private var isReadAsked = false
    private var isReading = false
    private var autoRead = true
    private var allowsHalfClosure = false

    init(reading incoming: MemoryPipe, writing outgoing: MemoryPipe, closePromise: EventLoopPromise<Void>) {
        self.incoming = incoming
        self.outgoing = outgoing
        self.closePromise = closePromise
    }

    private var pipeline: ChannelPipeline.SynchronousOperations? { self.channel?.pipeline.syncOperations }

    func open() {
        guard self.isOpen else { return }
        self.channel?.activeFlag.store(true, ordering: .relaxed)
        self.pipeline?.fireChannelRegistered()
        self.pipeline?.fireChannelActive()
        if self.autoRead { self.pipeline?.read() }
    }

    // MARK: Reading

    func read0() {
        self.isReadAsked = true
        self.readIfAsked()
    }

    /// Delivers what has arrived, if the handlers want it.
    func readIfAsked() {
        // Handlers that ask for more while they are given something are served when they are done.
        guard !self.isReading else { return }
        self.isReading = true
        defer { self.isReading = false }
        while self.isOpen, self.isReadAsked, !self.hasInputEnded {
            switch self.incoming.read() {
            case .nothing:
                return
            case .bytes(let bytes):
                self.isReadAsked = false
                self.pipeline?.fireChannelRead(NIOAny(bytes))
                self.pipeline?.fireChannelReadComplete()
                if self.isOpen, self.autoRead { self.pipeline?.read() }
            case .end:
                self.endInput()
            }
        }
    }

    private func endInput() {
        self.hasInputEnded = true
        guard self.allowsHalfClosure, case .open = self.output else {
            return self.close0(error: ChannelError.eof, mode: .all, promise: nil)
        }
        self.pipeline?.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    // MARK: Writing

    func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard self.isOpen, case .open = self.output else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        guard case .byteBuffer(let bytes) = self.unwrapData(data, as: IOData.self) else {
            promise?.fail(ChannelError.operationUnsupported)
            return
        }
        self.pending.append(PendingWrite(bytes: bytes, promise: promise))
        self.pendingBytes += bytes.readableBytes
        self.updateWritability()
    }

    func flush0() {
        self.flushedCount = self.pending.count
        self.drain()
    }

    /// Sends what has been flushed, as far as there is room.
    func drain() {
        while self.isOpen, self.flushedCount > 0, var write = self.pending.popFirst() {
            let size = write.bytes.readableBytes
            let acceptance = self.outgoing.write(&write.bytes)
            self.pendingBytes -= size - write.bytes.readableBytes
            switch acceptance {
            case .all:
                self.flushedCount -= 1
                write.promise?.succeed()
            case .some:
                self.pending.prepend(write)
                self.updateWritability()
                return
            case .refused:
                self.pending.prepend(write)
                return self.close0(error: ChannelError.ioOnClosedChannel, mode: .all, promise: nil)
            }
        }
        self.updateWritability()
        if self.pending.isEmpty, case .closing(let promise) = self.output { self.endOutput(promise) }
    }

    private func updateWritability() {
        guard let channel = self.channel, self.isOpen else { return }
        let wasWritable = channel.isWritable
        let limit = wasWritable ? Self.waterMarks.high : Self.waterMarks.low - 1
        let isWritable = self.pendingBytes <= limit
        guard isWritable != wasWritable else { return }
        channel.writableFlag.store(isWritable, ordering: .relaxed)
        self.pipeline?.fireChannelWritabilityChanged()
    }

    // MARK: Closing

    func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard self.isOpen else {
            promise?.fail(ChannelError.alreadyClosed)
            return
        }
        switch mode {
        case .output: self.closeOutput(promise)
        case .all: self.closeAll(error: error, promise)
        case .input: promise?.fail(ChannelError.operationUnsupported)
        }
    }

    private func closeOutput(_ promise: EventLoopPromise<Void>?) {
        guard case .open = self.output else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        if self.pending.isEmpty { self.endOutput(promise) } else { self.output = .closing(promise) }
    }

    private func endOutput(_ promise: EventLoopPromise<Void>?) {
        self.output = .closed
        self.outgoing.end()
        promise?.succeed()
        self.pipeline?.fireUserInboundEventTriggered(ChannelEvent.outputClosed)
        if self.hasInputEnded { self.close0(error: ChannelError.eof, mode: .all, promise: nil) }
    }

    private func closeAll(error: any Error, _ promise: EventLoopPromise<Void>?) {
        self.isOpen = false
        self.channel?.activeFlag.store(false, ordering: .relaxed)
        self.outgoing.end()
        self.incoming.abandon()
        let pending = self.pending
        self.pending = []
        for write in pending { write.promise?.fail(error) }
        if case .closing(let closing) = self.output { closing?.fail(error) }
        self.output = .closed
        promise?.succeed()
        self.pipeline?.fireChannelInactive()
        self.pipeline?.fireChannelUnregistered()
        // Later: handlers may still be at work in the pipeline.
        guard let channel = self.channel else { return }
        let closePromise = self.closePromise
        channel.eventLoop.assumeIsolated().execute {
            self.removeHandlers(pipeline: channel.pipeline)
            closePromise.succeed()
        }
    }

    // MARK: Options

    func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) throws {
        switch option {
        case is ChannelOptions.Types.AutoReadOption:
            guard let value = value as? Bool, value != self.autoRead else { return }
            self.autoRead = value
            self.isReadAsked = false
            if value, self.isOpen { self.pipeline?.read() }
        case is ChannelOptions.Types.AllowRemoteHalfClosureOption:
            self.allowsHalfClosure = value as? Bool ?? false
        default:
            throw ChannelError.operationUnsupported
        }
    }

    func option<Option: ChannelOption>(_ option: Option) throws -> Option.Value {
        let value: Any? =
            switch option {
            case is ChannelOptions.Types.AutoReadOption: self.autoRead
            case is ChannelOptions.Types.AllowRemoteHalfClosureOption: self.allowsHalfClosure
            case is ChannelOptions.Types.BufferedWritableBytesOption: self.pendingBytes
            default: nil
            }
        guard let value = value as? Option.Value else { throw ChannelError.operationUnsupported }
        return value
    }

    // MARK: What a connected channel is not asked

    func localAddress0() throws -> SocketAddress { try self.address(self.channel?.localAddress) }
    func remoteAddress0() throws -> SocketAddress { try self.address(self.channel?.remoteAddress) }

    private func address(_ address: SocketAddress?) throws -> SocketAddress {
        guard let address else { throw ChannelError.unknownLocalAddress }
        return address
    }

    func register0(promise: EventLoopPromise<Void>?) { promise?.succeed() }
    func registerAlreadyConfigured0(promise: EventLoopPromise<Void>?) { promise?.succeed() }
    func bind0(to: SocketAddress, promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }

    func connect0(to: SocketAddress, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.alreadyClosed)
    }

    func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.operationUnsupported)
    }

    func channelRead0(_ data: NIOAny) {}
    func errorCaught0(error: any Error) {}
}
