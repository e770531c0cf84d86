/// A TCP connection of a test to the server it tries, with a deadline on everything that waits.
package import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What a test waited for did not come in time.
package struct TestTimeout: Error, CustomStringConvertible {
    package let description: String
}

/// The server closed the connection before everything the test wanted was there.
package struct UnexpectedEnd: Error, CustomStringConvertible {
    package let description: String
}

/// A TCP connection to loopback.
///
/// It closes when the last reference to it goes, so that a test that fails leaves nothing behind. Only one task at a
/// time may read.
package final class RawConnection: Sendable {
    /// How long a test waits for what must come.
    package static let patience: Duration = .seconds(30)

    private let channel: any Channel
    private let inbox: Inbox

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    deinit {
        self.channel.close(promise: nil)
    }

    /// Connects.
    ///
    /// - Parameters:
    ///   - port: The port on 127.0.0.1.
    ///   - receiveBuffer: The size of the socket's receive buffer; `nil` for the system's.
    package static func connect(port: Int, receiveBuffer: Int? = nil) async throws -> RawConnection {
        let inbox = Inbox()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(TimeAmount(Self.patience))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox))
                }
            }
        if let receiveBuffer {
            let value = SocketOptionValue(receiveBuffer)
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: value)
        }
        return RawConnection(channel: try await bootstrap.connect(host: "127.0.0.1", port: port).get(), inbox: inbox)
    }

    // MARK: Sending

    /// Sends a string's UTF-8 bytes.
    package func send(_ text: String) async throws {
        try await self.send(ByteBuffer(string: text))
    }

    /// Sends bytes.
    package func send(_ bytes: [UInt8]) async throws {
        try await self.send(ByteBuffer(bytes: bytes))
    }

    /// Sends bytes, and waits until the system has taken them.
    package func send(_ buffer: ByteBuffer) async throws {
        let sent = self.channel.eventLoop.makePromise(of: Void.self)
        self.channel.writeAndFlush(buffer, promise: sent)
        try await self.wait(for: sent, "sending")
    }

    /// Sends bytes without waiting.
    package func post(_ buffer: ByteBuffer) {
        self.channel.writeAndFlush(buffer, promise: nil)
    }

    // MARK: Reading

    /// Reads something that `take` finds at the front of what has arrived.
    ///
    /// - Parameters:
    ///   - what: What is waited for, for the error.
    ///   - patience: How long to wait.
    ///   - take: Takes it from the buffer; `nil` when there is not enough yet. `isEnd` tells that no more will come.
    package func read<Output: Sendable>(
        _ what: String,
        within patience: Duration = RawConnection.patience,
        take: (_ buffer: inout ByteBuffer, _ isEnd: Bool) throws -> Output?
    ) async throws -> Output {
        let deadline = NIODeadline.now() + TimeAmount(patience)
        while true {
            switch try self.inbox.take(on: self.channel.eventLoop, take) {
            case .output(let output):
                return output
            case .ended:
                throw UnexpectedEnd(
                    description: "the connection ended, expected \(what); there is \(self.inbox.excerpt)"
                )
            case .wait(let change):
                try await self.wait(for: change, what, until: deadline)
            }
        }
    }

    /// Reads a number of bytes.
    package func read(exactly count: Int) async throws -> [UInt8] {
        try await self.read("\(count) bytes") { buffer, _ in buffer.readBytes(length: count) }
    }

    /// Reads up to a delimiter, which is taken and left out.
    package func read(until delimiter: String) async throws -> String {
        try await self.read(delimiter.debugDescription) { buffer, _ in
            let view = buffer.readableBytesView
            guard let range = view.firstRange(of: Array(delimiter.utf8)) else { return nil }
            let text = buffer.readString(length: range.lowerBound - view.startIndex)
            buffer.moveReaderIndex(forwardBy: delimiter.utf8.count)
            return text
        }
    }

    /// Reads until the server sends no more.
    package func readToEnd(within patience: Duration = RawConnection.patience) async throws -> [UInt8] {
        try await self.read("the end", within: patience) { buffer, isEnd in
            isEnd ? buffer.readBytes(length: buffer.readableBytes) ?? [] : nil
        }
    }

    /// Whether the server ended the connection with a reset; known once it has ended.
    package var wasReset: Bool { self.inbox.wasReset }

    /// Stops reading, so that the server's bytes pile up in the system's buffers and then in the server.
    package func stopReading() async throws {
        try await self.channel.setOption(.autoRead, value: false).get()
    }

    /// Reads again.
    package func resumeReading() async throws {
        try await self.channel.setOption(.autoRead, value: true).get()
    }

    // MARK: Ending

    /// Closes the connection.
    package func close() async throws {
        try? await self.channel.close().get()
    }

    /// Ends this side of the connection; the server can still send.
    package func closeOutput() async throws {
        try await self.channel.close(mode: .output).get()
    }

    /// Closes the connection with a reset.
    package func reset() async throws {
        if let provider = self.channel as? any SocketOptionProvider {
            try await provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try await self.close()
    }

    // MARK: Waiting

    private func wait(for promise: EventLoopPromise<Void>, _ what: String) async throws {
        try await self.wait(for: promise, what, until: .now() + TimeAmount(Self.patience))
    }

    private func wait(for promise: EventLoopPromise<Void>, _ what: String, until deadline: NIODeadline) async throws {
        let inbox = self.inbox
        let timer = self.channel.eventLoop.scheduleTask(deadline: deadline) {
            promise.fail(TestTimeout(description: "\(what) did not come in time; there is \(inbox.excerpt)"))
        }
        defer { timer.cancel() }
        try await promise.futureResult.get()
    }
}

/// What has arrived, and who waits for more.
private final class Inbox: Sendable {
    private struct State {
        var buffer = ByteBuffer()
        var isEnd = false
        var wasReset = false
        var waiter: EventLoopPromise<Void>?
    }

    private let state = Mutex(State())

    var wasReset: Bool { self.state.withLock { $0.wasReset } }

    /// The first bytes, for error messages.
    var excerpt: String {
        self.state.withLock {
            String(decoding: $0.buffer.readableBytesView.prefix(300), as: UTF8.self).debugDescription
        }
    }

    enum Step<Output: Sendable> {
        case output(Output)
        /// There is not enough, and no more will come.
        case ended
        /// There is not enough yet; the promise is kept at the next change.
        case wait(EventLoopPromise<Void>)
    }

    func take<Output: Sendable>(
        on eventLoop: any EventLoop,
        _ take: (inout ByteBuffer, Bool) throws -> Output?
    ) throws -> Step<Output> {
        try self.state.withLock { state in
            if let output = try take(&state.buffer, state.isEnd) { return .output(output) }
            if state.isEnd { return .ended }
            let waiter = eventLoop.makePromise(of: Void.self)
            state.waiter = waiter
            return .wait(waiter)
        }
    }

    func append(_ buffer: inout ByteBuffer) {
        let waiter = self.state.withLock { state in
            state.buffer.discardReadBytes()
            state.buffer.writeBuffer(&buffer)
            return state.waiter.take()
        }
        waiter?.succeed()
    }

    func end(isReset: Bool = false) {
        let waiter = self.state.withLock { state in
            state.isEnd = true
            state.wasReset = state.wasReset || isReset
            return state.waiter.take()
        }
        waiter?.succeed()
    }
}

private final class InboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: Inbox

    init(_ inbox: Inbox) {
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = self.unwrapInboundIn(data)
        self.inbox.append(&buffer)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { self.inbox.end() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.inbox.end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.inbox.end(isReset: true)
        context.close(promise: nil)
    }
}
