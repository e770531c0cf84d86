/// Opens the log file anew when somebody who has renamed it says so.
import ServiceLifecycle
import UnixSignals

/// Listens for SIGHUP, until the process shuts down.
struct LogRotation: Service {
    let log: ChatLog
    let signals: UnixSignalsSequence

    func run() async throws {
        for await _ in self.signals.cancelOnGracefulShutdown() { self.log.reopen() }
    }
}
