/// What a client has sent ahead: the parts of requests that wait for their turn.
import DequeModule
import NIOCore
import NIOHTTP1

/// The parts of later requests, in order, and whether there are enough of them.
///
/// Bounded in parts and in bytes of bodies. A body that waits here has not been measured against the largest that is
/// allowed, since nobody has looked at its head yet.
struct RequestQueue {
    /// How many parts are kept before the connection is no longer read.
    static let partLimit = 64
    /// How many bytes of bodies are, unless the largest body is smaller.
    static let byteLimit = 64 << 10

    private let byteLimit: Int
    private var parts: Deque<HTTPServerRequestPart> = []
    private(set) var byteCount = 0

    /// Creates an empty queue.
    ///
    /// - Parameter maximumPayloadBytes: The size of the largest body.
    init(maximumPayloadBytes: Int) {
        self.byteLimit = min(maximumPayloadBytes, Self.byteLimit)
    }

    var isEmpty: Bool { self.parts.isEmpty }

    /// Whether no more should be read.
    var isFull: Bool { self.parts.count >= Self.partLimit || self.byteCount >= self.byteLimit }

    mutating func append(_ part: HTTPServerRequestPart) {
        if case .body(let body) = part { self.byteCount += body.readableBytes }
        self.parts.append(part)
    }

    mutating func popFirst() -> HTTPServerRequestPart? {
        let part = self.parts.popFirst()
        if case .body(let body) = part { self.byteCount -= body.readableBytes }
        return part
    }

    mutating func removeAll() {
        self.parts.removeAll()
        self.byteCount = 0
    }
}
