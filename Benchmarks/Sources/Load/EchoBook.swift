/// Which echoes are outstanding: writes events, checks the acknowledgements that come back.
///
/// The id of an event names its place: it is the place plus a multiple of the window. So each id is used once, and
/// acknowledgements may come in any order.
import Glibc

final class EchoBook {
    private struct Place {
        var id: Int
        var sentAt: UInt64
        var isOutstanding: Bool
    }

    private let run: Run
    private let window: Int
    private let event: String
    private let sendsObjects: Bool
    private var places: [Place]
    private var expected = ByteBuffer()
    private(set) var outstanding = 0
    private(set) var otherPackets = 0

    /// - Parameter sendsObjects: Whether the argument is an object of five fields instead of a string.
    init(run: Run, connections: Int, window: Int, event: String, sendsObjects: Bool = false) {
        self.run = run
        self.sendsObjects = sendsObjects
        self.window = window
        self.event = event
        self.places = (0..<connections * window).map { Place(id: $0 % window, sentAt: 0, isOutstanding: false) }
    }

    /// Writes the next event of a free place.
    func writeEvent(client: Int, place: Int, to out: inout ByteBuffer) {
        let index = client * self.window + place
        let id = self.places[index].id
        self.places[index].sentAt = self.run.poller.now
        self.places[index].isOutstanding = true
        self.outstanding += 1
        out.append("42")
        out.append(decimal: id)
        out.append("[\"")
        out.append(text: self.event)
        out.append("\",")
        self.writeArgument(Self.number(client, id), to: &out)
        out.append("]")
    }

    private func writeArgument(_ number: UInt64, to out: inout ByteBuffer) {
        out.append(self.sendsObjects ? "{\"text\":\"" : "\"")
        self.run.payload.write(number, to: &out)
        out.append(self.sendsObjects ? "\",\"kind\":\"note\",\"number\":7,\"time\":12.5,\"isLast\":false}" : "\"")
    }

    /// Checks a packet; the place that it frees, or nothing.
    func receive(client: Int, _ packet: UnsafeRawBufferPointer) -> Int? {
        guard packet.first == UInt8(ascii: "3"), let id = packet.decimal(at: 1) else {
            self.receiveOther(client, packet)
            return nil
        }
        let place = id.value % self.window
        let index = client * self.window + place
        guard self.places[index].isOutstanding, self.places[index].id == id.value else {
            let isAgain = id.value < self.places[index].id
            self.run.faults.record(isAgain ? .duplicate : .unexpected, "client \(client): acknowledgement \(id.value)")
            return nil
        }
        if self.isRight(packet.from(id.end), number: Self.number(client, id.value)) {
            self.run.operations += 1
            self.run.latency.record(self.run.poller.now &- self.places[index].sentAt)
        } else {
            self.run.faults.record(.corrupt, "client \(client): acknowledgement \(packet.excerpt)")
        }
        self.places[index].isOutstanding = false
        self.places[index].id += self.window
        self.outstanding -= 1
        return place
    }

    /// Takes what a client has outstanding out of the books: it has failed, which was recorded.
    func forget(client: Int) {
        for index in client * self.window..<(client + 1) * self.window where self.places[index].isOutstanding {
            self.places[index].isOutstanding = false
            self.outstanding -= 1
        }
    }

    func recordLost() {
        guard self.outstanding > 0 else { return }
        let first = self.places.firstIndex { $0.isOutstanding } ?? 0
        self.run.faults.record(
            .lost,
            "acknowledgement \(self.places[first].id) of client \(first / self.window)",
            times: self.outstanding
        )
    }

    private func receiveOther(_ client: Int, _ packet: UnsafeRawBufferPointer) {
        if packet.first == UInt8(ascii: "2") {
            self.otherPackets += 1
        } else {
            self.run.faults.record(.unexpected, "client \(client): packet \(packet.excerpt)")
        }
    }

    private func isRight(_ json: UnsafeRawBufferPointer, number: UInt64) -> Bool {
        self.expected.clear()
        self.expected.append("[")
        self.writeArgument(number, to: &self.expected)
        self.expected.append("]")
        return json.equals(self.expected.bytes) || JSON.same(json, self.expected.bytes)
    }

    /// Gives the number of an event's payload, different for every event of the run.
    private static func number(_ client: Int, _ id: Int) -> UInt64 {
        UInt64(client) << 40 | UInt64(id)
    }
}
