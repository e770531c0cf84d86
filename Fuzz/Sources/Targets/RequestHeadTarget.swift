/// What a client says first: any bytes, read as requests by the server's own connection handler.
internal import CFuzz
import NIOCore

@testable import EngineIO
@testable import SocketIO

extension FuzzTarget {
    /// The first byte chooses the server's settings, the rest is what the client sends.
    static let requestHead = FuzzTarget("request-head") { input in
        var settings = ByteSource(input.bytes.prefix(1))
        let configuration = StageConfiguration.make(&settings)
        let bytes = Array(input.bytes.dropFirst())
        let whole = try input.bounded(perByte: 4000) { try Conversation(configuration, [bytes[...]]) }
        try whole.check(mayHaveHead: bytes.firstRange(of: Array("HEAD".utf8)) != nil)
        for pieces in Self.someCuts(of: bytes) {
            let cut = try Conversation(configuration, pieces)
            try expectSame(cut, whole, pieces.count > 2 ? "byte by byte" : "cut at \(pieces[0].count)")
        }
    }

    /// In two at some places, and byte by byte.
    private static func someCuts(of bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
        let step = max(1, bytes.count / 5)
        let inTwo = stride(from: 1 + bytes.count % step, to: bytes.count, by: step).map {
            [bytes[..<$0], bytes[$0...]]
        }
        return inTwo + [bytes.indices.map { bytes[$0...$0] }]
    }
}

/// What a server answers to bytes that arrive in pieces.
private struct Conversation: Equatable, CustomStringConvertible {
    /// The answers, without what depends on the pieces.
    private var answers: [UInt8]
    private var isOpen: Bool
    private let raw: ByteBuffer

    init(_ configuration: SocketIOConfiguration, _ pieces: [ArraySlice<UInt8>]) throws {
        // The same ids in each, compressed ones among them.
        fuzz_random_reset()
        let stage = try Stage(configuration)
        guard let channel = try ClientChannel(stage, loop: 0, address: "127.0.0.1", largestRead: .max) else {
            throw Finding("the first connection is not let in")
        }
        defer { channel.finish() }
        var received = ByteBuffer()
        try Self.settle(stage, channel, &received)
        for piece in pieces {
            channel.send(ByteBuffer(bytes: piece))
            try Self.settle(stage, channel, &received)
        }
        self.raw = received
        (self.answers, self.isOpen) = Self.comparable(received, isOpen: channel.isOpen)
        try Self.end(stage, channel, &received)
    }

    static func == (one: Self, other: Self) -> Bool { one.answers == other.answers && one.isOpen == other.isOpen }

    var description: String {
        "\(self.isOpen ? "open" : "closed") behind \(String(decoding: self.answers, as: UTF8.self).debugDescription)"
    }

    private static func settle(_ stage: Stage, _ channel: ClientChannel, _ received: inout ByteBuffer) throws {
        repeat {
            try stage.settle()
            _ = channel.receive(into: &received)
        } while channel.deliverWaiting()
    }

    /// The client sends no more and waits: the server has to end the connection, and to forget it.
    private static func end(_ stage: Stage, _ channel: ClientChannel, _ received: inout ByteBuffer) throws {
        channel.closeInput()
        try stage.advance(by: .minutes(5)) { try Self.settle(stage, channel, &received) }
        try expect(!channel.isOpen, "a connection that stays open for five minutes")
        try stage.expectNothingLeft()
    }

    // MARK: Answers

    /// Checks that the answers can be read and are documented.
    ///
    /// - Parameter mayHaveHead: Whether a request may be a HEAD, whose answer has a length and no body.
    func check(mayHaveHead: Bool) throws {
        var rest = self.raw
        var isOver = false
        while rest.readableBytes > 0 {
            try expect(!isOver, "something behind the last answer: \(self)")
            guard let response = try Self.next(&rest, mayBeHead: mayHaveHead) else {
                throw Finding("half an answer: \(self)")
            }
            try response.checkDocumented()
            isOver = response.closes
            guard response.status == 101 else { continue }
            var frames = FrameChecker(session: nil)
            try frames.check(&rest)
            return try expectSame(rest.readableBytes, 0, "bytes of half a frame")
        }
        try expect(!isOver || !self.isOpen, "open behind the last answer")
    }

    private static func next(_ bytes: inout ByteBuffer, mayBeHead: Bool) throws -> Response? {
        if mayBeHead {
            var rest = bytes
            let response = try Response(&rest, isHead: true)
            if rest.readableBytes == 0 || rest.readableBytesView.starts(with: "HTTP/1.1 ".utf8) {
                bytes = rest
                return response
            }
        }
        return try Response(&bytes, isHead: false)
    }

    /// What has to be the same whatever the pieces are.
    ///
    /// Of a head that is both too large and broken, the parser finds first what the pieces let it see first. Behind an upgrade
    /// it depends on what is read at once what a session still says before it ends; the target `websocket` cuts frames.
    private static func comparable(_ answers: ByteBuffer, isOpen: Bool) -> (answers: [UInt8], isOpen: Bool) {
        var bytes = Array(answers.readableBytesView)
        bytes.replace(Array("431 Request Header Fields Too Large".utf8), with: Array("400 Bad Request".utf8))
        guard let upgrade = bytes.firstRange(of: Array("HTTP/1.1 101 ".utf8)),
            let end = bytes[upgrade.upperBound...].firstRange(of: Array("\r\n\r\n".utf8))
        else { return (bytes, isOpen) }
        return (Array(bytes[..<end.upperBound]), false)
    }
}
