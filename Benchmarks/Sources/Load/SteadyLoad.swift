/// What modes with lasting clients have in common: connect them, warm up, measure, drain, report.
import Glibc

class SteadyLoad: ClientOwner {
    let run: Run
    let connections: Int
    private(set) var clients: [Client] = []
    private(set) var openClients = 0
    /// Whether nothing new is to be sent.
    private(set) var isStopping = false

    init(run: Run, connections: Int) {
        self.run = run
        self.connections = connections
    }

    // What a mode has to say.

    /// Makes a client, which then only needs to be started.
    func makeClient(_ index: Int) -> Client {
        Client(index: index, route: .direct, target: self.run.target, poller: self.run.poller, owner: self)
    }

    /// Starts to send.
    func begin() {}

    /// Corrects the measurement when operations are not counted as they happen.
    func complete(_ window: inout Window) {}

    /// The number of answers still to come.
    var outstanding: Int { 0 }

    /// Records what is still outstanding, all the clients being there still, as lost.
    func recordLost() {}

    /// Adds the figures that only this mode has.
    func addFigures(to figures: inout Figures, _ window: Window) {}

    func clientReceived(_ client: Client, _ packet: UnsafeRawBufferPointer) {}

    func clientEnded(_ client: Client) {}

    func clientPolled(_ client: Client) {}

    func clientPosted(_ client: Client) {}

    // What is the same for all.

    func clientOpened(_ client: Client) {
        self.openClients += 1
    }

    func clientFailed(_ client: Client, _ problem: Problem) {
        self.run.faults.record(problem.fault, "client \(client.index): \(problem.text)")
        self.openClients -= 1
        self.clientEnded(client)
    }

    func perform() throws {
        try self.open()
        guard self.run.faults.total == 0 else {
            return try self.finish(Figures())
        }
        self.run.poller.spins = self.run.options.spin
        self.begin()
        try self.run.proceed(for: self.run.options.warmup, while: { self.openClients > 0 })
        var window = try self.run.measure(while: { self.openClients > 0 })
        self.complete(&window)
        self.isStopping = true
        try self.run.proceed(for: self.run.options.drain, while: { self.outstanding > 0 && self.openClients > 0 })
        self.recordLost()
        var figures = Figures()
        figures.add("connections", .whole(self.connections))
        figures.add(window, hasServer: self.run.server.isKnown)
        self.addFigures(to: &figures, window)
        if window.operations == 0 {
            self.run.faults.record(.late, "nothing was done in the whole measurement")
        }
        try self.finish(figures)
    }

    func finish(_ figures: Figures) throws {
        for client in self.clients {
            client.close()
        }
        try self.run.report(figures)
    }

    /// Connects all clients, some at a time; stops when one fails.
    func open() throws {
        DescriptorLimit.raise()
        while self.openClients < self.connections, self.run.faults.total == 0 {
            while self.clients.count < min(self.connections, self.openClients + self.run.options.parallel) {
                let client = self.makeClient(self.clients.count)
                self.clients.append(client)
                client.start()
            }
            guard self.run.faults.total == 0 else { return }
            let before = self.openClients
            try self.run.proceed(
                for: ConnectLoad.patience,
                while: { self.openClients == before && self.run.faults.total == 0 }
            )
            if self.openClients == before, self.run.faults.total == 0 {
                self.run.faults.record(.late, "no client connected within \(ConnectLoad.patience) s")
            }
        }
    }
}
