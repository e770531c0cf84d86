/// The mode `idle`: many clients that answer pings and do nothing else; what the server needs for each.
import Glibc

final class IdleLoad: SteadyLoad {
    private var atStart = ServerProcess.Memory()
    private var whenOpen = ServerProcess.Memory()
    private var openingCost = 0.0
    private var openingSeconds = 0.0

    override func open() throws {
        self.atStart = self.run.server.memory()
        let cost = self.run.server.processorTime()
        let began = Clock.now()
        try super.open()
        self.openingSeconds = Double(Clock.now() - began) / 1e9
        self.openingCost = Double(self.run.server.processorTime() - cost) / 1e3 / Double(self.connections)
    }

    override func begin() {
        self.whenOpen = self.run.server.memory()
    }

    override func complete(_ window: inout Window) {
        window.operations = Int(Double(self.openClients) * window.seconds)
    }

    override func recordLost() {
        let now = Clock.now()
        var late = 0
        for client in self.clients where client.isOpen {
            if now - client.heardPingAt > client.pingInterval + client.pingTimeout {
                late += 1
            }
        }
        if late > 0 {
            self.run.faults.record(.late, "no ping for longer than interval and timeout", times: late)
        }
    }

    override func addFigures(to figures: inout Figures, _ window: Window) {
        figures.add("open_at_end", .whole(self.openClients))
        figures.add("opening_s", .decimal(self.openingSeconds, places: 3))
        figures.add("pings", .whole(self.clients.reduce(0) { $0 + $1.pings }))
        guard self.run.server.isKnown else { return }
        let atEnd = self.run.server.memory()
        figures.add("server_cpu_us_per_opening", .decimal(self.openingCost, places: 3))
        let memories = [("before", self.atStart), ("open", self.whenOpen), ("end", atEnd)]
        for (name, memory) in memories {
            figures.add("server_rss_kb_\(name)", .whole(memory.rss))
            figures.add("server_pss_kb_\(name)", .whole(memory.pss))
        }
        for (name, memory) in memories.dropFirst() {
            figures.add("server_rss_bytes_per_client_\(name)", .whole(self.perClient(memory.rss - self.atStart.rss)))
            figures.add("server_pss_bytes_per_client_\(name)", .whole(self.perClient(memory.pss - self.atStart.pss)))
        }
    }

    private func perClient(_ kilobytes: Int) -> Int {
        kilobytes * 1024 / self.connections
    }
}
