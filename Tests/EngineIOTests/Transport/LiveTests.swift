/// The tests over real sockets.
import TestSupport
import Testing

/// Everything that needs a running server; one after the other, since two cores serve server and clients alike.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct LiveTests {}
