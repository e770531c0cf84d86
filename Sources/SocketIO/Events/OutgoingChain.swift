/// What every sent event passes: filters, then listeners.

/// The outgoing interceptors and catch-all listeners of a namespace.
struct OutgoingChain: Sendable {
    var filters: [@Sendable (Socket, AnyEvent) -> Bool] = []
    var listeners: [@Sendable (Socket, AnyEvent) -> Void] = []

    var isEmpty: Bool { self.filters.isEmpty && self.listeners.isEmpty }
}

extension Socket {
    /// Whether an event may be sent to this socket; the listeners are told when it may.
    func admitsOutgoing(_ event: AnyEvent?) -> Bool {
        // What cannot be read back cannot be judged either; see `EncodedEvent.observed`.
        guard let event else { return false }
        let outgoing = self.handlers.outgoing
        for filter in outgoing.filters where !filter(self, event) { return false }
        for listener in outgoing.listeners { listener(self, event) }
        return true
    }
}
