/// What the reader of WebSocket frames makes of a client's bytes, for comparing.
import NIOCore

@testable import EngineIO

/// What a reader takes.
struct ReaderLimits {
    var size: Int
    var fragments: Int

    init(size: Int, fragments: Int) {
        self.size = size
        self.fragments = fragments
    }

    init(_ choice: UInt8) {
        self.init(size: [100, 125, 300, 100_000][Int(choice & 3)], fragments: 1 + Int(choice >> 2 & 7))
    }
}

/// What a reader made of a client's bytes.
struct ReadStream: Equatable, CustomStringConvertible {
    var events: [WebSocketEvent] = []
    var violation: WebSocketViolation?

    var description: String { "\(self.events.count) events, \(self.violation.map { "\($0)" } ?? "open")" }

    /// - Parameters:
    ///   - inflater: What decompresses messages; without it none may be compressed.
    ///   - keepsEvents: Whether the events are kept; otherwise only the violation is.
    init(
        _ pieces: [ArraySlice<UInt8>],
        _ limits: ReaderLimits,
        inflater: MessageInflater? = nil,
        keepsEvents: Bool = true
    ) {
        var reader = WebSocketReader(
            maximumMessageSize: limits.size,
            maximumFragments: limits.fragments,
            inflater: inflater
        )
        do throws(WebSocketViolation) {
            for piece in pieces {
                var buffer = ByteBuffer(bytes: piece).inside()
                while let event = try reader.next(from: &buffer) { if keepsEvents { self.events.append(event) } }
            }
        } catch {
            self.violation = error
        }
    }

    /// Checks that every message keeps the limits, and that nothing follows a close.
    func check(_ limits: ReaderLimits) throws {
        for (index, event) in self.events.enumerated() {
            switch event {
            case .text(let text):
                try expect(text.readableBytes <= limits.size, "text of \(text.readableBytes) bytes")
                try expect(String(validating: text.readableBytesView, as: UTF8.self) != nil, "text that is no UTF-8")
            case .binary(let bytes): try expect(bytes.readableBytes <= limits.size, "\(bytes.readableBytes) bytes")
            case .ping(let data), .pong(let data): try expect(data.readableBytes <= 125, "control frame too long")
            case .close: try expect(index == self.events.count - 1 && self.violation == nil, "something behind a close")
            }
        }
    }
}
