/// A WebSocket client for tests: correct by itself, and as wrong as a test asks for.
package import NIOCore

/// One frame, from either side; every bit of it is free to be wrong.
package struct TestFrame: Sendable, Equatable {
    package enum Opcode: UInt8, Sendable {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    /// FIN, RSV and opcode.
    package var first: UInt8
    package var payload: [UInt8]
    /// The masking key; `nil` for an unmasked frame, as servers send them.
    package var key: [UInt8]?
    /// The length the header announces; `nil` for the payload's.
    package var announcedLength: Int?

    package init(
        _ opcode: Opcode,
        _ payload: [UInt8] = [],
        isFinal: Bool = true,
        key: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]
    ) {
        self.first = (isFinal ? 0x80 : 0) | opcode.rawValue
        self.payload = payload
        self.key = key
    }

    package init(_ opcode: Opcode, _ text: String, isFinal: Bool = true) {
        self.init(opcode, Array(text.utf8), isFinal: isFinal)
    }

    /// A close frame.
    package static func close(_ code: UInt16?, reason: [UInt8] = []) -> TestFrame {
        TestFrame(.close, (code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? []) + reason)
    }

    /// The same frame, changed.
    package func with(_ change: (inout TestFrame) -> Void) -> TestFrame {
        var copy = self
        change(&copy)
        return copy
    }

    package var bytes: [UInt8] {
        let length = self.announcedLength ?? self.payload.count
        var bytes = [self.first]
        let isMasked: UInt8 = self.key == nil ? 0 : 0x80
        switch length {
        case ...125: bytes.append(isMasked | UInt8(length))
        case ...65_535: bytes += [isMasked | 126] + Self.bigEndian(length, count: 2)
        default: bytes += [isMasked | 127] + Self.bigEndian(length, count: 8)
        }
        guard let key = self.key else { return bytes + self.payload }
        bytes += key
        bytes.reserveCapacity(bytes.count + self.payload.count)
        for (index, byte) in self.payload.enumerated() { bytes.append(byte ^ key[index & 3]) }
        return bytes
    }

    private static func bigEndian(_ value: Int, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> ((count - 1 - $0) * 8)) }
    }

    /// Takes a frame of the server's; it must not be masked.
    package static func read(from buffer: inout ByteBuffer) throws -> TestFrame? {
        var rest = buffer
        guard let first: UInt8 = rest.readInteger(), let second: UInt8 = rest.readInteger() else { return nil }
        guard second < 0x80 else { throw WebSocketTestError(description: "the server has masked a frame") }
        let length: Int? =
            switch second {
            case 126: rest.readInteger(as: UInt16.self).map(Int.init)
            case 127: rest.readInteger(as: UInt64.self).map(Int.init)
            default: Int(second)
            }
        guard let length, let payload = rest.readBytes(length: length) else { return nil }
        guard first & 0x70 == 0, let opcode = Opcode(rawValue: first & 0x0F), first & 0x80 != 0 else {
            throw WebSocketTestError(description: "a frame of the server begins with \(first)")
        }
        buffer = rest
        return TestFrame(opcode, payload, key: nil)
    }
}

/// What a WebSocket brings.
package enum WebSocketTestMessage: Sendable, Equatable {
    case text(String)
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    /// A close frame; the code is `nil` when the frame has none.
    case close(UInt16?)
}

/// The handshake was refused, or what came was no WebSocket.
package struct WebSocketTestError: Error, CustomStringConvertible {
    package let description: String
    /// The answer instead of a 101.
    package var response: HTTPTestResponse?
}

/// An open WebSocket.
package final class WebSocketTestClient: Sendable {
    /// The key of RFC 6455 §1.3, whose answer is known.
    package static let headers = [
        ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]

    package let connection: RawConnection
    /// The 101.
    package let response: HTTPTestResponse

    private init(_ connection: RawConnection, _ response: HTTPTestResponse) {
        self.connection = connection
        self.response = response
    }

    /// Opens a WebSocket.
    ///
    /// - Throws: ``WebSocketTestError`` with the answer when it is no 101.
    package static func connect(
        port: Int,
        _ target: String,
        headers: [(String, String)] = []
    ) async throws -> WebSocketTestClient {
        try await self.open(on: HTTPTestClient.connect(port: port), target, headers: headers)
    }

    /// Makes a WebSocket of a connection, whatever it was used for before.
    package static func open(
        on client: HTTPTestClient,
        _ target: String,
        headers: [(String, String)] = []
    ) async throws -> WebSocketTestClient {
        try await client.send("GET", target, headers: Self.headers + headers)
        let response = try await client.receive()
        guard response.status == 101 else {
            throw WebSocketTestError(description: "\(response.status) \(response.text)", response: response)
        }
        guard response["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
            throw WebSocketTestError(description: "wrong key: \(response.headers)", response: response)
        }
        return WebSocketTestClient(client.connection, response)
    }

    // MARK: Sending

    package func send(_ text: String) async throws {
        try await self.send(TestFrame(.text, text))
    }

    package func send(binary: [UInt8]) async throws {
        try await self.send(TestFrame(.binary, binary))
    }

    /// Sends frames in one piece.
    package func send(_ frames: TestFrame...) async throws {
        try await self.connection.send(frames.flatMap(\.bytes))
    }

    // MARK: Receiving

    /// Reads the next frame, which from this server is always a whole message.
    package func receive(within patience: Duration = RawConnection.patience) async throws -> WebSocketTestMessage {
        let frame = try await self.connection.read("a frame", within: patience) { buffer, _ in
            try TestFrame.read(from: &buffer)
        }
        return switch frame.first & 0x0F {
        case TestFrame.Opcode.text.rawValue: .text(try Self.text(frame.payload))
        case TestFrame.Opcode.binary.rawValue: .binary(frame.payload)
        case TestFrame.Opcode.ping.rawValue: .ping(frame.payload)
        case TestFrame.Opcode.pong.rawValue: .pong(frame.payload)
        case TestFrame.Opcode.close.rawValue: .close(try Self.closeCode(frame.payload))
        default: throw WebSocketTestError(description: "unexpected frame \(frame)")
        }
    }

    /// Reads the next message, which must be text.
    package func receiveText(within patience: Duration = RawConnection.patience) async throws -> String {
        let message = try await self.receive(within: patience)
        guard case .text(let text) = message else {
            throw WebSocketTestError(description: "expected text, got \(message)")
        }
        return text
    }

    /// Waits for the close frame, which must come next.
    ///
    /// - Returns: Its code; `nil` when it has none.
    package func receiveClose(within patience: Duration = RawConnection.patience) async throws -> UInt16? {
        let message = try await self.receive(within: patience)
        guard case .close(let code) = message else {
            throw WebSocketTestError(description: "expected close, got \(message)")
        }
        return code
    }

    /// Waits for the close frame, answers it, and waits for the end of the connection.
    ///
    /// - Returns: Its code; `nil` when it has none.
    @discardableResult
    package func expectClose(within patience: Duration = RawConnection.patience) async throws -> UInt16? {
        let code = try await self.receiveClose(within: patience)
        // The server may have closed already, when it is the one who answers.
        try? await self.send(.close(code))
        let rest = try await self.connection.readToEnd(within: patience)
        guard rest.isEmpty else { throw WebSocketTestError(description: "\(rest.count) bytes behind the close frame") }
        return code
    }

    /// Closes as clients do: close frame, the server's answer, end of the connection.
    package func close() async throws {
        try await self.send(.close(1000))
        while true {
            if case .close = try await self.receive() { break }
        }
        try await self.connection.close()
    }

    private static func text(_ bytes: [UInt8]) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw WebSocketTestError(description: "the server's text is no UTF-8: \(bytes.prefix(100))")
        }
        return text
    }

    private static func closeCode(_ payload: [UInt8]) throws -> UInt16? {
        switch payload.count {
        case 0: nil
        case 2: UInt16(payload[0]) << 8 | UInt16(payload[1])
        default: throw WebSocketTestError(description: "close frame with a reason: \(payload)")
        }
    }
}
