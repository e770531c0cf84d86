/// One direction of a connection in memory: the bytes that one end has sent and the other has not read.
import NIOCore
import Synchronization

/// Takes the place of the kernel's buffers between two sockets, and is as bounded as they are.
final class MemoryPipe: Sendable {
    /// What there is to read.
    enum Arrival {
        case bytes(ByteBuffer)
        /// Nothing now; the reader is woken when there is.
        case nothing
        /// The writer has ended its output, and all of it has been read.
        case end
    }

    /// What became of bytes to be sent.
    enum Acceptance {
        case all
        /// There is no more room; the writer is woken when there is.
        case some
        /// The other end has closed: nobody will read them.
        case refused
    }

    private struct State {
        var bytes = ByteBuffer()
        var hasEnded = false
        var isAbandoned = false
        var wakesReader: (@Sendable () -> Void)?
        var wakesWriter: (@Sendable () -> Void)?
    }

    /// How many bytes may be on their way.
    private static let capacity = 256 * 1024
    /// How many bytes one read takes.
    private static let readSize = 64 * 1024

    private let state = Mutex(State())

    /// Sets who is told of bytes, and of room for them.
    ///
    /// Both are called on the thread of the other end, and have to hop.
    func connect(wakesReader: @escaping @Sendable () -> Void, wakesWriter: @escaping @Sendable () -> Void) {
        self.state.withLock { state in
            state.wakesReader = wakesReader
            state.wakesWriter = wakesWriter
        }
    }

    /// Sends what there is room for, which is taken off the buffer.
    func write(_ buffer: inout ByteBuffer) -> Acceptance {
        let (acceptance, wake) = self.state.withLock { state -> (Acceptance, (@Sendable () -> Void)?) in
            guard !state.isAbandoned else { return (.refused, nil) }
            let room = Self.capacity - state.bytes.readableBytes
            guard let slice = buffer.readSlice(length: min(room, buffer.readableBytes)), slice.readableBytes > 0 else {
                return (buffer.readableBytes == 0 ? .all : .some, nil)
            }
            state.bytes.writeImmutableBuffer(slice)
            return (buffer.readableBytes == 0 ? .all : .some, state.wakesReader)
        }
        wake?()
        return acceptance
    }

    /// Sends nothing more.
    func end() {
        let wake = self.state.withLock { state in
            state.hasEnded = true
            defer { state.wakesWriter = nil }
            return state.wakesReader
        }
        wake?()
    }

    /// Reads some bytes.
    func read() -> Arrival {
        let (arrival, wake) = self.state.withLock { state -> (Arrival, (@Sendable () -> Void)?) in
            guard state.bytes.readableBytes > 0 else { return (state.hasEnded ? .end : .nothing, nil) }
            let wasFull = state.bytes.readableBytes >= Self.capacity
            guard let slice = state.bytes.readSlice(length: min(Self.readSize, state.bytes.readableBytes)) else {
                return (.nothing, nil)
            }
            if state.bytes.readableBytes == 0 { state.bytes = ByteBuffer() }
            return (.bytes(slice), wasFull ? state.wakesWriter : nil)
        }
        wake?()
        return arrival
    }

    /// Reads nothing more: the reader has closed.
    func abandon() {
        let wake = self.state.withLock { state in
            state.isAbandoned = true
            state.bytes = ByteBuffer()
            state.wakesReader = nil
            return state.wakesWriter
        }
        wake?()
    }
}
