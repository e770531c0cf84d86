/// The bytes between the clients and the server under test, counted at both ends.
import NIOCore
import Synchronization

/// One connection's bytes.
final class TrafficLine: Sendable {
    enum Count: Int, CaseIterable {
        case sentByClient, receivedByServer, sentByServer, receivedByClient
    }

    private struct State {
        var counts = Array(repeating: 0, count: Count.allCases.count)
        var isClientReading = true
        var isServerReading = true
        var hasEnded = false
        var serverEnd: (any Channel)?
    }

    private let state = Mutex(State())

    func add(_ bytes: Int, to count: Count) {
        self.state.withLock { $0.counts[count.rawValue] += bytes }
    }

    func setClientReading(_ isReading: Bool) { self.state.withLock { $0.isClientReading = isReading } }
    func setServerReading(_ isReading: Bool) { self.state.withLock { $0.isServerReading = isReading } }

    /// Either end has closed: nothing is waited for any more.
    func end() {
        self.state.withLock { state in
            state.hasEnded = true
            state.serverEnd = nil
        }
    }

    fileprivate func accepted(by channel: any Channel) {
        self.state.withLock { if !$0.hasEnded { $0.serverEnd = channel } }
    }

    fileprivate var counts: [Int] { self.state.withLock { $0.counts } }

    /// What is on its way to an end that reads; `nil` when nothing is.
    fileprivate func unread() async -> String? {
        let (toServer, toClient, serverEnd) = self.waitingBytes
        if toServer > 0 {
            // Only the channel knows whether its handlers have stopped the reading altogether.
            let isReading = try? await serverEnd?.getOption(.autoRead).get()
            if isReading ?? true, self.waitingBytes.toServer > 0 { return "\(toServer) bytes to the server" }
        }
        return toClient > 0 ? "\(toClient) bytes to a client" : nil
    }

    /// The bytes on their way to ends that read.
    private var waitingBytes: (toServer: Int, toClient: Int, serverEnd: (any Channel)?) {
        self.state.withLock { state in
            guard !state.hasEnded else { return (0, 0, nil) }
            func count(_ count: Count) -> Int { state.counts[count.rawValue] }
            let toServer = state.isServerReading ? count(.sentByClient) - count(.receivedByServer) : 0
            let toClient = state.isClientReading ? count(.sentByServer) - count(.receivedByClient) : 0
            return (toServer, toClient, state.serverEnd)
        }
    }
}

/// All connections of a test, by the client's port.
final class Traffic: Sendable {
    private struct State {
        var lines: [Int: TrafficLine] = [:]
    }

    private let state = Mutex(State())

    /// The connection whose client has a port; both ends find it here.
    func line(ofPort port: Int) -> TrafficLine {
        self.state.withLock { state in
            if let line = state.lines[port] { return line }
            let line = TrafficLine()
            state.lines[port] = line
            return line
        }
    }

    /// A port may be used again when its connection has ended.
    func forget(port: Int, _ line: TrafficLine) {
        self.state.withLock { state in
            if state.lines[port] === line { state.lines[port] = nil }
        }
    }

    private var lines: [TrafficLine] { self.state.withLock { Array($0.lines.values) } }

    /// All counts, to see whether anything happens.
    var counts: [Int] { self.lines.flatMap(\.counts).sorted() }

    /// What is still on its way, on any connection; `nil` when nothing is.
    func unread() async -> String? {
        for line in self.lines {
            if let unread = await line.unread() { return unread }
        }
        return nil
    }

    /// Puts a counter in front of a connection's handlers, at the server's end.
    func tap(_ channel: any Channel) throws {
        guard let port = channel.remoteAddress?.port else { return }
        let line = self.line(ofPort: port)
        line.accepted(by: channel)
        try channel.pipeline.syncOperations.addHandler(TrafficTap(line))
        channel.closeFuture.whenComplete { _ in
            line.end()
            self.forget(port: port, line)
        }
    }
}

/// Counts the bytes at the server's end of a connection.
private final class TrafficTap: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let line: TrafficLine
    /// Whether more was asked for since bytes came, which the channel then does not ask for again.
    private var isReadPending = true

    init(_ line: TrafficLine) {
        self.line = line
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.isReadPending = false
        let size = self.unwrapInboundIn(data).readableBytes
        context.fireChannelRead(data)
        self.line.add(size, to: .receivedByServer)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Until somebody asks for more, unless that has been done.
        self.line.setServerReading(self.isReadPending)
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        self.isReadPending = true
        self.line.setServerReading(true)
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        self.line.add(self.unwrapOutboundIn(data).readableBytes, to: .sentByServer)
        context.write(data, promise: promise)
    }
}
