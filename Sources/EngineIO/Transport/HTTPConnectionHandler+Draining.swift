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
        // One that is closing ends with the answer it has been given last.
        if !self.isClosing { self.closeWhenWritten() }
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
