/// The mode `echo`: each client keeps a number of events outstanding over WebSocket.
import Glibc

final class EchoLoad: SteadyLoad {
    private let window: Int
    private let book: EchoBook
    private var packet = ByteBuffer()

    init(run: Run, connections: Int, window: Int, event: String, sendsObjects: Bool) {
        self.window = window
        self.book = EchoBook(
            run: run,
            connections: connections,
            window: window,
            event: event,
            sendsObjects: sendsObjects
        )
        super.init(run: run, connections: connections)
    }

    override var outstanding: Int { self.book.outstanding }

    override func begin() {
        for client in self.clients {
            for place in 0..<self.window {
                self.send(client, place)
            }
        }
    }

    override func clientReceived(_ client: Client, _ packet: UnsafeRawBufferPointer) {
        if let place = self.book.receive(client: client.index, packet), !self.isStopping {
            self.send(client, place)
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
        figures.add("other_packets", .whole(self.book.otherPackets))
    }

    private func send(_ client: Client, _ place: Int) {
        self.packet.clear()
        self.book.writeEvent(client: client.index, place: place, to: &self.packet)
        client.send(self.packet.bytes)
    }
}
