/// What became of the application's code and of the clients when a server was shut down.

/// What became of the application's code and of the clients when a server was shut down.
///
/// A handler here is a task that runs the application's code: a handler of events, connections or disconnections, a
/// middleware, a responder of HTTP requests. The events of one socket that are handled one after the other count as
/// one.
public struct ShutdownOutcome: Sendable, Hashable {
    /// How many handlers ended by themselves and in time after all clients had been told.
    public var handlersFinished = 0

    /// How many handlers ended only after they had been cancelled.
    public var handlersCancelled = 0

    /// How many handlers did not even end then: they may still be running.
    ///
    /// An event loop that a handler does not give back counts as one.
    public var handlersAbandoned = 0

    /// How many adapters did not close in time: they may still be at it.
    ///
    /// Only a Socket.IO server has any.
    public var adaptersAbandoned = 0

    /// How many connections were cut because their clients did not go.
    public var connectionsCut = 0

    /// Creates the outcome of a shutdown that found nothing to do.
    public init() {}

    /// Whether all of the application's code has ended.
    public var isComplete: Bool { self.handlersAbandoned == 0 && self.adaptersAbandoned == 0 }
}
