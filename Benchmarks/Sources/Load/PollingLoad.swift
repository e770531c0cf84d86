/// The mode `polling`: the echoes of `echo`, several in one payload, over HTTP long polling.
///
/// With one connection a client posts, then polls until everything is acknowledged. With two it always polls on one
/// and posts on the other whatever has become free, one POST at a time.
import Glibc

final class PollingLoad: SteadyLoad {
    private let window: Int
    private let isDual: Bool
    private let book: EchoBook
    private var payload = ByteBuffer()
    /// The places of each client with nothing outstanding.
    private var free: [[Int]]
    private var isPosting: [Bool]

    init(run: Run, connections: Int, window: Int, event: String, dual: Bool) {
        self.window = window
        self.isDual = dual
        self.book = EchoBook(run: run, connections: connections, window: window, event: event)
        self.free = Array(repeating: Array(0..<window), count: connections)
        self.isPosting = Array(repeating: false, count: connections)
        super.init(run: run, connections: connections)
    }

    override func makeClient(_ index: Int) -> Client {
        Client(
            index: index,
            route: .polling,
            dual: self.isDual,
            target: self.run.target,
            poller: self.run.poller,
            owner: self
        )
    }

    override var outstanding: Int { self.book.outstanding }

    override func begin() {
        for client in self.clients {
            if self.isDual {
                client.poll()
            }
            self.post(client)
        }
    }

    override func clientReceived(_ client: Client, _ packet: UnsafeRawBufferPointer) {
        if let place = self.book.receive(client: client.index, packet) {
            self.free[client.index].append(place)
        }
    }

    override func clientPolled(_ client: Client) {
        if self.isDual {
            client.poll()
            self.post(client)
        } else if self.free[client.index].count == self.window {
            self.post(client)
        } else {
            client.poll()
        }
    }

    override func clientPosted(_ client: Client) {
        self.isPosting[client.index] = false
        if self.isDual {
            self.post(client)
        } else {
            client.poll()
        }
    }

    override func clientEnded(_ client: Client) {
        self.book.forget(client: client.index)
    }

    override func recordLost() {
        self.book.recordLost()
    }

    override func addFigures(to figures: inout Figures, _ window: Window) {
        figures.add("window", .whole(self.window))
        figures.add("http_connections", .whole(self.isDual ? 2 : 1))
        figures.add("other_packets", .whole(self.book.otherPackets))
    }

    private func post(_ client: Client) {
        guard !self.isPosting[client.index] else { return }
        self.payload.clear()
        client.takePongs(into: &self.payload)
        if !self.isStopping {
            for place in self.free[client.index] {
                self.book.writeEvent(client: client.index, place: place, to: &self.payload)
                self.payload.append("\u{1E}")
            }
            self.free[client.index].removeAll(keepingCapacity: true)
        }
        guard !self.payload.isEmpty else { return }
        self.isPosting[client.index] = true
        // The separator stands between packets only.
        client.post(self.payload.bytes.upTo(self.payload.count - 1))
    }
}
