/// What happens when the listening socket closes although nobody has asked for it.
import Logging
import NIOCore
import NIOPosix
import Synchronization

extension Listener {
    /// How long to wait before the port is opened again.
    private static var reopeningDelay: Duration { .milliseconds(200) }

    /// Listens again when the socket is lost.
    ///
    /// Accepting a connection can fail for reasons of that connection alone, which Linux reports as errors of the
    /// listening socket (a firewall's refusal, a network that went away); NIO closes the socket on those it does not
    /// know. A server that goes on without one would look healthy, and serve nobody new.
    func reopenWhenLost(_ channel: any Channel, _ address: SocketAddress) {
        channel.closeFuture.whenComplete { _ in
            // A server that shuts down has taken the socket out before it closed it.
            guard self.socket.withLock({ $0 === channel }) else { return }
            self.core.logger.critical("the listening socket was lost", metadata: ["address": "\(address)"])
            self.reopen(inPlaceOf: channel, address)
        }
    }

    private func reopen(inPlaceOf lost: any Channel, _ address: SocketAddress) {
        _ = self.core.environment.time.after(Self.reopeningDelay) {
            guard self.socket.withLock({ $0 === lost }) else { return }
            self.bootstrap.bind(to: address).whenComplete { result in
                switch result {
                case .success(let channel): self.adopt(channel, inPlaceOf: lost, address)
                case .failure: self.reopen(inPlaceOf: lost, address)
                }
            }
        }
    }

    private func adopt(_ channel: any Channel, inPlaceOf lost: any Channel, _ address: SocketAddress) {
        let isWanted = self.socket.withLock { socket in
            guard socket === lost else { return false }
            socket = channel
            return true
        }
        guard isWanted else { return channel.close(promise: nil) }
        self.core.logger.notice("listening again", metadata: ["address": "\(address)"])
        self.reopenWhenLost(channel, address)
    }
}
