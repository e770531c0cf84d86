/// A request of a session that waits for its answer.
import NIOCore

/// The GET or POST that a session answers later, from whatever thread.
final class PendingRequest: PollSink, PostSink {
    let context: LoopContext
    private let handler: NIOLoopBound<HTTPConnectionHandler>
    private let serial: Int

    init(context: LoopContext, handler: HTTPConnectionHandler, serial: Int) {
        self.context = context
        self.handler = NIOLoopBound(handler, eventLoop: context.eventLoop)
        self.serial = serial
    }

    func respond(payload: PollPayload) {
        self.handler.value.answerPoll(serial: self.serial, payload: payload)
    }

    func respond() {
        self.handler.value.answerPost(serial: self.serial)
    }
}
