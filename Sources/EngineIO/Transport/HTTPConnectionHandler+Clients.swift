/// Who a request is from, and whether that client may make it.
import NIOCore
import NIOHTTP1

extension HTTPConnectionHandler {
    /// Decides what to do with a request.
    func route(_ exchange: Exchange) -> Route {
        if let fault = exchange.traits.fault { return .status(fault, closes: true) }
        exchange.forwarded = self.client?.forwarded(exchange.head)
        guard self.count(exchange) else {
            // What keeps an eye on the process must not take a busy server, or its neighbours, for a dead one.
            if let health = self.core.health(exchange.head) { return .health(health) }
            self.core.environment.limits.reached(.openRequestsPerAddress)
            let isOwn = self.core.owns(exchange.head.uri)
            return isOwn ? .reject(.tooManyRequests) : .status(.tooManyRequests, closes: false)
        }
        return self.intercept(exchange) ?? self.core.route(exchange)
    }

    /// Counts a request as open.
    ///
    /// - Returns: Whether the client may have one more.
    private func count(_ exchange: Exchange) -> Bool {
        guard let most = self.core.addresses?.limits.openRequests, let record = self.client?.record(for: exchange)
        else { return true }
        guard record.beginRequest(most: most) else { return false }
        exchange.count(in: record)
        return true
    }

    /// Takes one of the handshakes that the client may make.
    ///
    /// - Returns: Why it may not.
    func refusedHandshake(_ exchange: Exchange) -> RequestRejection? {
        guard let addresses = self.core.addresses, let record = self.client?.record(for: exchange),
            let wait = addresses.takeHandshake(record, now: self.loopContext.now)
        else { return nil }
        self.core.environment.limits.reached(.handshakesPerSecondPerAddress)
        return .tooManyHandshakes(retryAfter: Int((wait.nanoseconds + 999_999_999) / 1_000_000_000))
    }

    /// Counts the WebSocket that a request asks for.
    ///
    /// - Returns: Whether the client may have one more.
    func countWebSocket(_ exchange: Exchange) -> Bool {
        guard let client = self.client, let context = self.context else { return true }
        guard !client.countWebSocket(exchange, on: context.channel) else { return true }
        self.core.environment.limits.reached(.connectionsPerAddress)
        return false
    }

    /// The client's address.
    func remoteAddress(_ exchange: Exchange) -> SocketAddress? {
        // The channel's own is cached; the context's would ask the system again.
        exchange.forwarded?.address?.socketAddress ?? self.context?.channel.remoteAddress
    }

    /// The request as its session keeps it.
    func handshakeRequest(_ exchange: Exchange) -> HandshakeRequest {
        HandshakeRequest(
            compact: CompactRequestHead(exchange.head),
            remoteAddress: self.remoteAddress(exchange),
            isSecure: exchange.isSecure,
            time: self.core.environment.time.timeOfDay
        )
    }
}
