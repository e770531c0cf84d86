/// A TCP connection that never blocks: bytes to send, and bytes received that were not yet understood.
import CLinux
import Glibc

protocol StreamOwner: AnyObject {
    /// Takes bytes from the start of what was received and says how many it took.
    func streamReceived(_ bytes: UnsafeRawBufferPointer) -> Int
    /// Learns that the stream has ended, by the server or of an error. Not called for `close`.
    func streamEnded(_ problem: Problem)
}

final class Stream {
    let descriptor: Int32
    fileprivate(set) var isOpen = true
    var slot = 0
    private let poller: Poller
    private var owner: (any StreamOwner)?
    private var outbox = ByteBuffer()
    private var inbox = ByteBuffer()
    private var isUnflushed = false

    /// Begins to connect; what is written meanwhile is sent afterwards.
    init(to address: sockaddr_in, poller: Poller, owner: any StreamOwner) throws {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        self.descriptor = socket(AF_INET, type, 0)
        self.poller = poller
        guard self.descriptor >= 0 else {
            throw Problem(.system, "socket: \(String(cString: strerror(errno)))")
        }
        self.owner = owner
        self.configure()
        do {
            try self.connect(to: address)
            try poller.add(self)
        } catch {
            self.isOpen = false
            Glibc.close(self.descriptor)
            throw error
        }
    }

    private func configure() {
        var on: Int32 = 1
        setsockopt(self.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        // A congestion control with timers (BBR) has the generator's messages wait, even on loopback.
        var name: [UInt8] = Array("reno".utf8)
        setsockopt(self.descriptor, Int32(IPPROTO_TCP), TCP_CONGESTION, &name, socklen_t(name.count))
    }

    private func connect(to address: sockaddr_in) throws {
        var address = address
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result != 0, errno != EINPROGRESS {
            throw Problem(errno == ECONNREFUSED ? .closed : .system, "connect: \(String(cString: strerror(errno)))")
        }
    }

    /// Closes without telling the owner; what is not yet sent is lost.
    func close() {
        guard self.isOpen else { return }
        self.isOpen = false
        self.owner = nil
        self.poller.forget(self.slot)
        Glibc.close(self.descriptor)
    }

    /// Adds to what is to be sent; it is sent when the present event is handled.
    func write(_ body: (inout ByteBuffer) -> Void) {
        guard self.isOpen else { return }
        body(&self.outbox)
        if !self.isUnflushed {
            self.isUnflushed = true
            self.poller.flushLater(self)
        }
    }

    func flush() {
        self.isUnflushed = false
        while self.isOpen, !self.outbox.isEmpty {
            let bytes = self.outbox.bytes
            let sent = Glibc.write(self.descriptor, bytes.baseAddress, bytes.count)
            self.poller.countWrite()
            if sent > 0 {
                self.outbox.consume(sent)
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                self.end(Problem(.closed, "write: \(String(cString: strerror(errno)))"))
            }
        }
    }

    func handle(_ events: UInt32) {
        let ending = events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        if ending || events & EPOLLIN.rawValue != 0 {
            self.read(toTheEnd: ending)
        }
        if events & EPOLLOUT.rawValue != 0 {
            self.flush()
        }
    }

    private func read(toTheEnd: Bool) {
        while self.isOpen {
            let space = self.poller.inbox
            let count = Glibc.read(self.descriptor, space.baseAddress, space.count)
            self.poller.countRead()
            if count > 0 {
                self.deliver(UnsafeRawBufferPointer(rebasing: space[..<count]))
                if count < space.count, !toTheEnd {
                    return
                }
            } else if count == 0 {
                self.end(Problem(.closed, "the server closed the connection"))
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                self.end(Problem(.closed, "read: \(String(cString: strerror(errno)))"))
            }
        }
    }

    private func deliver(_ bytes: UnsafeRawBufferPointer) {
        guard let owner = self.owner else { return }
        if self.inbox.isEmpty {
            let taken = owner.streamReceived(bytes)
            if self.isOpen, taken < bytes.count {
                self.inbox.append(bytes.from(taken))
            }
        } else {
            self.inbox.append(bytes)
            self.inbox.consume(owner.streamReceived(self.inbox.bytes))
        }
    }

    /// Closes and tells the owner.
    func end(_ problem: Problem) {
        guard self.isOpen else { return }
        let owner = self.owner
        self.close()
        owner?.streamEnded(problem)
    }
}
