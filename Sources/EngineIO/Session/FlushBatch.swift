/// What a broadcast leaves to be flushed.

/// The sessions to flush, by loop, so that a broadcast takes each loop's lock once.
struct FlushBatch {
    // A server has few loops: a linear search beats a dictionary.
    private var lists: [(context: LoopContext, sessions: [Session])] = []

    mutating func add(_ session: Session, on context: LoopContext) {
        if let index = self.lists.firstIndex(where: { $0.context === context }) {
            self.lists[index].sessions.append(session)
        } else {
            self.lists.append((context, [session]))
        }
    }

    func flushSoon() {
        for (context, sessions) in self.lists { context.flushSoon(sessions) }
    }
}
