/// The mode `connect`: clients connect, leave when they are connected, and others take their places.
import Glibc

final class ConnectLoad: ClientOwner {
    /// How long a client may take to connect and to leave, in seconds.
    static let patience = 10.0
    private static let tooManyFaults = 100

    private let run: Run
    private let route: Route
    private let verifies: Bool
    /// The clients by place.
    private var places: [Client?]
    /// The places whose clients have failed.
    private var vacant: [Int] = []
    private var isStopping = false
    private var packet = ByteBuffer()

    init(run: Run, connections: Int, route: Route, verifies: Bool) {
        self.run = run
        self.route = route
        self.verifies = verifies
        self.places = Array(repeating: nil, count: connections)
    }

    func perform() throws {
        DescriptorLimit.raise()
        self.run.poller.spins = self.run.options.spin
        for place in self.places.indices {
            self.startClient(place)
        }
        try self.proceed(for: self.run.options.warmup)
        let window = try self.run.measure(while: self.goesOn)
        self.isStopping = true
        try self.proceed(for: self.run.options.drain, while: { self.places.contains { $0 != nil } })
        self.recordLate()
        var figures = Figures()
        figures.add("connections", .whole(self.places.count))
        figures.add("via", .text(self.route.rawValue))
        figures.add("verify", .whole(self.verifies ? 1 : 0))
        figures.add(window, hasServer: self.run.server.isKnown)
        if window.operations == 0 {
            self.run.faults.record(.late, "nobody connected in the whole measurement")
        }
        try self.run.report(figures)
    }

    private func proceed(for seconds: Double, while condition: () -> Bool = { true }) throws {
        try self.run.proceed(for: seconds, while: { self.goesOn() && condition() })
    }

    /// Fills vacant places; whether there is hope, for a server that refuses everybody is not asked for ever.
    private func goesOn() -> Bool {
        let vacant = self.vacant
        self.vacant.removeAll()
        for place in vacant {
            self.startClient(place)
        }
        return self.run.faults.total < Self.tooManyFaults
    }

    private func startClient(_ place: Int) {
        guard !self.isStopping else {
            self.places[place] = nil
            return
        }
        let client = Client(
            index: place,
            route: self.route,
            target: self.run.target,
            poller: self.run.poller,
            owner: self
        )
        self.places[place] = client
        client.start()
    }

    func clientOpened(_ client: Client) {
        if self.verifies {
            self.packet.clear()
            self.packet.append("420")
            self.writeArguments(of: client, named: true)
            client.send(self.packet.bytes)
        } else {
            self.complete(client)
        }
    }

    func clientReceived(_ client: Client, _ packet: UnsafeRawBufferPointer) {
        guard self.verifies, packet.first == UInt8(ascii: "3") else {
            return
        }
        self.packet.clear()
        self.packet.append("30")
        self.writeArguments(of: client, named: false)
        let isRight =
            packet.equals(self.packet.bytes)
            || (packet.starts(with: "30") && JSON.same(packet.from(2), self.packet.bytes.from(2)))
        if isRight {
            self.complete(client)
        } else {
            client.fail(Problem(.corrupt, "acknowledgement \(packet.excerpt)"))
        }
    }

    func clientLeft(_ client: Client) {
        self.startClient(client.index)
    }

    func clientFailed(_ client: Client, _ problem: Problem) {
        self.run.faults.record(problem)
        // Started again in the next turn: a client may fail while it is being started.
        self.vacant.append(client.index)
    }

    private func complete(_ client: Client) {
        self.run.operations += 1
        self.run.latency.record(Clock.now() - client.startedAt)
        client.leave()
    }

    /// Writes the arguments of an event or an acknowledgement that is different for every client.
    private func writeArguments(of client: Client, named: Bool) {
        self.packet.append(named ? "[\"echo\",\"" : "[\"")
        self.run.payload.write(client.startedAt &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(client.index), to: &self.packet)
        self.packet.append("\"]")
    }

    private func recordLate() {
        for client in self.places.compactMap({ $0 }) {
            self.run.faults.record(.late, "client \(client.index) did not connect and leave in time")
            client.close()
        }
    }
}
