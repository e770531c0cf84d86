/// The client's side of a WebSocket: the opening handshake, text messages both ways, pings answered.
import Foundation

protocol WebSocketOwner: AnyObject {
    func webSocketOpened()
    /// Takes a text message, which is only valid during the call.
    func webSocketReceived(_ text: UnsafeRawBufferPointer)
    /// Learns that the connection has ended, and whether the server said so with a close frame.
    func webSocketEnded(_ problem: Problem, byCloseFrame: Bool)
}

final class WebSocketConnection: StreamOwner {
    private static let magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    private var stream: Stream?
    private var owner: (any WebSocketOwner)?
    private var keys: Random
    private var isUpgraded = false
    private var expectedAccept = ""
    /// The fragments of a message that is not complete.
    private var fragments = ByteBuffer()
    private var isFragmented = false

    init(target: Target, query: String, poller: Poller, owner: any WebSocketOwner) throws {
        self.owner = owner
        self.keys = Random()
        let stream = try Stream(to: target.address, poller: poller, owner: self)
        self.stream = stream
        let key = Data((0..<16).map { _ in UInt8(truncatingIfNeeded: self.keys.next() >> 32) }).base64EncodedString()
        self.expectedAccept = Data(SHA1.digest(of: Array((key + Self.magic).utf8))).base64EncodedString()
        stream.write { out in
            out.append(
                text: "GET \(target.path)?EIO=4&transport=websocket\(query) HTTP/1.1\r\nHost: \(target.authority)\r\n"
                    + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: \(key)\r\n"
                    + "Sec-WebSocket-Version: 13\r\n\(target.headers)\r\n"
            )
        }
    }

    func send(_ text: UnsafeRawBufferPointer) {
        self.send(.text, text)
    }

    func send(_ text: StaticString) {
        self.send(.text, UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Begins to close with a close frame; the server's answer ends the connection.
    func sendClose() {
        let normal: [UInt8] = [0x03, 0xE8]
        normal.withUnsafeBytes { self.send(.close, $0) }
    }

    func flush() {
        self.stream?.flush()
    }

    func close() {
        self.owner = nil
        self.stream?.close()
        self.stream = nil
    }

    private func send(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        let key = UInt32(truncatingIfNeeded: self.keys.next() >> 32)
        self.stream?.write { Frame.write(opcode, payload, key: key, to: &$0) }
    }

    func streamEnded(_ problem: Problem) {
        self.end(problem)
    }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) -> Int {
        var offset = 0
        do throws(Problem) {
            if !self.isUpgraded {
                offset = try self.readUpgrade(bytes)
            }
            while self.isUpgraded, self.owner != nil, let frame = try Frame.read(bytes.from(offset)) {
                offset += frame.length
                try self.handle(frame)
            }
        } catch {
            self.end(error)
        }
        return offset
    }

    private func readUpgrade(_ bytes: UnsafeRawBufferPointer) throws(Problem) -> Int {
        guard let response = try HTTPResponse(bytes) else { return 0 }
        guard response.status == 101 else {
            var body = ""
            response.withBody { body = $0.excerpt }
            throw Problem(.refused, "HTTP status \(response.status) to the WebSocket request: \(body)")
        }
        let isAccepted = self.expectedAccept.withUTF8 { response.accept?.equals(UnsafeRawBufferPointer($0)) ?? false }
        guard isAccepted else {
            throw Problem(.violation, "a wrong Sec-WebSocket-Accept")
        }
        self.isUpgraded = true
        self.owner?.webSocketOpened()
        return response.length
    }

    private func handle(_ frame: Frame) throws(Problem) {
        switch frame.opcode {
        case .text where frame.isFinal && !self.isFragmented:
            self.owner?.webSocketReceived(frame.payload)
        case .text, .continuation:
            try self.collect(frame)
        case .binary:
            throw Problem(.unexpected, "a binary frame")
        case .ping:
            self.send(.pong, frame.payload)
        case .pong:
            break
        case .close:
            let code = frame.payload.count >= 2 ? Int(frame.payload[0]) << 8 | Int(frame.payload[1]) : 1005
            self.end(Problem(.closed, "the server closed the WebSocket with code \(code)"), byCloseFrame: true)
        }
    }

    private func collect(_ frame: Frame) throws(Problem) {
        guard (frame.opcode == .continuation) == self.isFragmented else {
            throw Problem(.violation, "fragments out of place")
        }
        self.isFragmented = !frame.isFinal
        self.fragments.append(frame.payload)
        if frame.isFinal {
            self.owner?.webSocketReceived(self.fragments.bytes)
            self.fragments.clear()
        }
    }

    private func end(_ problem: Problem, byCloseFrame: Bool = false) {
        let owner = self.owner
        self.close()
        owner?.webSocketEnded(problem, byCloseFrame: byCloseFrame)
    }
}
