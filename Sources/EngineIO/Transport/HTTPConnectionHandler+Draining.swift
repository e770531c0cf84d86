/// What becomes of an HTTP connection when the server shuts down.
import NIOCore

extension HTTPConnectionHandler {
    /// The server takes no more clients: a connection that serves none ends with the request under way.
    ///
    /// Those that do go on: the client's next poll is how it hears of the end, and it cannot open another connection.
    func drain() {
        if !self.servesSessions { self.quiesce() }
    }

    /// The connection ends with the request under way.
    func quiesce() {
        guard self.exchange == nil else {
            self.exchange?.keepsAlive = false
            return
        }
        self.isClosing = true
        if self.bufferedBytes == 0 { self.context?.close(promise: nil) }
        // Otherwise an answer is on its way; the shutdown's own timeout bounds it.
    }
}

extension Route {
    /// Whether the request is part of a session, or begins one.
    var isOfSession: Bool {
        switch self {
        case .handshake, .poll, .post, .webSocket: true
        case .application, .health, .preflight, .reject, .answer, .status, .unsupportedMethod, .close, .file: false
        }
    }
}
