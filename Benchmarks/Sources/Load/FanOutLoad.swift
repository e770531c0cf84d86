/// The modes `broadcast` and `chat`: every client must receive every message, once, and in the order it was sent.
///
/// The first copy of a message that arrives is checked against what was sent, the other copies against the first.
import Glibc

final class FanOutLoad: SteadyLoad {
    /// A message under way.
    private final class Message {
        var token = MessageToken(sender: 0, sequence: -1)
        var sentAt: UInt64 = 0
        /// How many clients have still to receive it.
        var missing = 0
        var received: [Bool]
        var firstCopy = ByteBuffer()

        init(clients: Int) {
            self.received = Array(repeating: false, count: clients)
        }
    }

    private let options: FanOutOptions
    private let event: any FanOutEvent
    /// The messages under way, by sender and by sequence modulo their number.
    private let messages: [Message]
    /// The sequence each sender uses next.
    private var nextSequence: [Int]
    /// The highest sequence each client has received of each sender.
    private var latest: [Int]
    private var fanOut = Histogram()
    private var reordered = 0
    private var otherPackets = 0
    private var sent = ByteBuffer()

    init(run: Run, options: FanOutOptions, event: any FanOutEvent) {
        self.options = options
        self.event = event
        self.messages = (0..<options.senders * options.outstanding).map { _ in Message(clients: options.connections) }
        self.nextSequence = Array(repeating: 0, count: options.senders)
        self.latest = Array(repeating: -1, count: options.senders * options.connections)
        super.init(run: run, connections: options.connections)
    }

    override var outstanding: Int {
        self.messages.reduce(0) { $0 + $1.missing }
    }

    override func begin() {
        self.sendAll()
    }

    override func clientReceived(_ client: Client, _ packet: UnsafeRawBufferPointer) {
        guard let token = MessageToken.find(in: packet) else {
            return self.receiveOther(client, packet)
        }
        guard let message = self.message(token), message.token.sequence >= token.sequence else {
            return self.run.faults.record(.unexpected, "client \(client.index): \(packet.excerpt)")
        }
        guard message.token == token, !message.received[client.index] else {
            return self.run.faults.record(.duplicate, "client \(client.index): \(packet.excerpt)")
        }
        message.received[client.index] = true
        message.missing -= 1
        self.checkOrder(client, token)
        if self.isRight(packet, message) {
            self.run.operations += 1
            self.run.latency.record(self.run.poller.now &- message.sentAt)
        } else {
            self.run.faults.record(.corrupt, "client \(client.index): \(packet.excerpt)")
        }
        if message.missing == 0 {
            self.complete(message)
        }
    }

    override func clientEnded(_ client: Client) {
        for message in self.messages where message.missing > 0 && !message.received[client.index] {
            message.received[client.index] = true
            message.missing -= 1
            if message.missing == 0 {
                self.complete(message)
            }
        }
    }

    override func recordLost() {
        for message in self.messages where message.missing > 0 {
            let client = message.received.firstIndex(of: false) ?? 0
            self.run.faults.record(
                .lost,
                "message \(message.token.sequence) of client \(message.token.sender) to client \(client)",
                times: message.missing
            )
        }
    }

    override func addFigures(to figures: inout Figures, _ window: Window) {
        figures.add("senders", .whole(self.options.senders))
        figures.add("outstanding", .whole(self.options.outstanding))
        figures.add("reordered", .whole(self.reordered))
        figures.add("other_packets", .whole(self.otherPackets))
        figures.add("fan_out_us", self.fanOut)
    }

    private func message(_ token: MessageToken) -> Message? {
        guard token.sender < self.options.senders else { return nil }
        return self.messages[token.sender * self.options.outstanding + token.sequence % self.options.outstanding]
    }

    private func isRight(_ packet: UnsafeRawBufferPointer, _ message: Message) -> Bool {
        if packet.equals(message.firstCopy.bytes) {
            return true
        }
        self.sent.clear()
        self.event.write(message.token, self.run.payload, to: &self.sent)
        guard self.event.isRight(packet, sent: self.sent.bytes, sender: self.clients[message.token.sender]) else {
            return false
        }
        message.firstCopy.clear()
        message.firstCopy.append(packet)
        return true
    }

    private func checkOrder(_ client: Client, _ token: MessageToken) {
        let index = client.index * self.options.senders + token.sender
        if token.sequence > self.latest[index] {
            self.latest[index] = token.sequence
            return
        }
        self.reordered += 1
        if !self.options.anyOrder {
            self.run.faults.record(
                .reordered,
                "client \(client.index) received message \(token.sequence) of client \(token.sender) "
                    + "after \(self.latest[index])"
            )
        }
    }

    private func complete(_ message: Message) {
        self.fanOut.record(self.run.poller.now &- message.sentAt)
        if !self.isStopping {
            self.sendNext(message.token.sender)
        }
    }

    private func sendAll() {
        for sender in 0..<self.options.senders {
            self.sendNext(sender)
        }
    }

    /// Sends as many messages as may be under way, in the order of their sequence.
    private func sendNext(_ sender: Int) {
        while let message = self.message(MessageToken(sender: sender, sequence: self.nextSequence[sender])),
            message.missing == 0, self.clients[sender].isOpen
        {
            message.token = MessageToken(sender: sender, sequence: self.nextSequence[sender])
            message.sentAt = self.run.poller.now
            message.firstCopy.clear()
            self.nextSequence[sender] += 1
            for client in self.clients {
                let isReceiver = client.isOpen && !(self.options.excludeSender && client.index == sender)
                message.received[client.index] = !isReceiver
                message.missing += isReceiver ? 1 : 0
            }
            guard message.missing > 0 else { return }
            self.sent.clear()
            self.event.write(message.token, self.run.payload, to: &self.sent)
            self.clients[sender].send(self.sent.bytes)
            // A write of its own: else the messages would go round in one burst for ever.
            self.clients[sender].flush()
        }
    }

    private func receiveOther(_ client: Client, _ packet: UnsafeRawBufferPointer) {
        let isOurs = self.isReceivedEvent(packet)
        if packet.first == UInt8(ascii: "2"), !isOurs {
            self.otherPackets += 1
        } else {
            self.run.faults.record(isOurs ? .corrupt : .unexpected, "client \(client.index): \(packet.excerpt)")
        }
    }

    private func isReceivedEvent(_ packet: UnsafeRawBufferPointer) -> Bool {
        var name = "\"\(self.event.receivedName)\""
        return name.withUTF8 { packet.upTo($0.count + 8).contains(UnsafeRawBufferPointer($0)) }
    }
}
