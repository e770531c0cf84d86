/// What the driver asks the server about itself, over HTTP.
import EngineIO
import Foundation
import HTTPTypes
import NIOCore
import SocketIO
import Synchronization

/// Answers below `/soak/`.
///
/// - `GET /soak/counts`: everything that is counted, as JSON.
/// - `POST /soak/forget-stalls`: what was measured of the event loops begins anew.
/// - `POST /soak/trim`: the allocator gives back to the system what is not in use.
final class SoakControl: Sendable {
    let living = LivingCount()
    private let metrics: CountingMetrics
    private let recoverySeconds: Double
    private let stalls = StallProbe()
    private let server = Mutex<SocketIOServer?>(nil)

    init(metrics: CountingMetrics, recoverySeconds: Double) {
        self.metrics = metrics
        self.recoverySeconds = recoverySeconds
    }

    /// Counts what this server keeps, and measures its loops.
    func watch(_ server: SocketIOServer) {
        self.server.withLock { $0 = server }
        for loop in server.inventory.engine.loops { self.stalls.watch(loop) }
    }

    /// Answers a request.
    @Sendable
    func answer(_ request: HTTPRequest, _ body: ByteBuffer) async throws -> ApplicationResponse {
        switch (request.method, request.path) {
        case (.get, "/soak/counts"):
            return ApplicationResponse(
                headers: [.contentType: "application/json"],
                body: ByteBuffer(bytes: try JSONEncoder().encode(self.counts))
            )
        case (.post, "/soak/forget-stalls"):
            self.stalls.reset()
            return .text("forgotten")
        case (.post, "/soak/trim"):
            return .text(Allocator.trim() ? "trimmed" : "cannot trim")
        default:
            return .text(status: .notFound, "Not Found\n")
        }
    }

    private var counts: SoakCounts {
        let kept = self.server.withLock { $0 }?.inventory ?? ServerInventory()
        return SoakCounts(
            process: ProcessInfo.processInfo.processIdentifier,
            recoverySeconds: self.recoverySeconds,
            kept: [
                "sessions": kept.engine.sessions, "connections": kept.engine.connections,
                "timers": kept.engine.deadlines, "addresses": kept.engine.addresses,
                "namespaces": kept.namespaces, "sockets": kept.sockets, "sockets in memory": self.living.value,
                "rooms": kept.rooms, "entries of adapters": kept.adapterEntries,
                "pending acknowledgements": kept.pendingAcknowledgements, "tasks": kept.tasks,
                "events kept": kept.keptEvents, "absent sockets": kept.absentSockets,
            ],
            metrics: self.metrics.all,
            heapBytes: Allocator.bytesInUse,
            stalls: self.stalls.report
        )
    }
}

/// The answer to `GET /soak/counts`.
private struct SoakCounts: Encodable {
    var process: Int32
    var recoverySeconds: Double
    var kept: [String: Int]
    var metrics: [String: Int]
    /// What is allocated and not freed; `nil` when the allocator does not say.
    var heapBytes: Int?
    var stalls: StallReport
}
