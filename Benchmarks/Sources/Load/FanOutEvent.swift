/// The two events that go to everybody: how they are written and what a right delivery looks like.

/// Names a message: who sent it and the how many-th it is.
struct MessageToken: Equatable {
    private static let mark: StaticString = "@@"

    let sender: Int
    let sequence: Int

    func write(to out: inout ByteBuffer) {
        out.append(Self.mark)
        out.append(decimal: self.sender)
        out.append(".")
        out.append(decimal: self.sequence)
        out.append(Self.mark)
    }

    /// Finds the token in a packet.
    static func find(in packet: UnsafeRawBufferPointer) -> Self? {
        guard let start = packet.position(of: self.mark), let sender = packet.decimal(at: start + 2),
            packet.contains(".", at: sender.end), let sequence = packet.decimal(at: sender.end + 1),
            packet.contains(self.mark, at: sequence.end)
        else { return nil }
        return Self(sender: sender.value, sequence: sequence.value)
    }

    /// The number of the message's payload, different for every message of the run.
    var payloadNumber: UInt64 { UInt64(self.sender) << 40 | UInt64(self.sequence) }
}

protocol FanOutEvent {
    /// The name of the event that is received.
    var receivedName: String { get }
    /// Writes the packet that is sent, with the type of Engine.IO.
    func write(_ token: MessageToken, _ payload: Payload, to out: inout ByteBuffer)
    /// Whether a received packet, without the type of Engine.IO, is right for what was sent.
    func isRight(_ packet: UnsafeRawBufferPointer, sent: UnsafeRawBufferPointer, sender: Client) -> Bool
}

/// An event that everybody receives as it was sent.
struct BroadcastEvent: FanOutEvent {
    let name: String

    var receivedName: String { self.name }

    func write(_ token: MessageToken, _ payload: Payload, to out: inout ByteBuffer) {
        out.append("42[\"")
        out.append(text: self.name)
        out.append("\",{\"t\":\"")
        token.write(to: &out)
        out.append("\",\"p\":\"")
        payload.write(token.payloadNumber, to: &out)
        out.append("\"}]")
    }

    func isRight(_ packet: UnsafeRawBufferPointer, sent: UnsafeRawBufferPointer, sender: Client) -> Bool {
        packet.equals(sent.from(1)) || (packet.first == UInt8(ascii: "2") && JSON.same(packet.from(1), sent.from(2)))
    }
}

/// A message of the chat: `send_message` is answered to everybody with `new_message`.
struct ChatEvent: FanOutEvent {
    private static let head: StaticString = "42[\"send_message\",{\"to\":null,"
    private static let tail: StaticString = ",\"temp\":false}]"

    let receivedName = "new_message"

    func write(_ token: MessageToken, _ payload: Payload, to out: inout ByteBuffer) {
        out.append(Self.head)
        out.append("\"message\":\"")
        token.write(to: &out)
        payload.write(token.payloadNumber, to: &out)
        out.append("\"")
        out.append(Self.tail)
    }

    func isRight(_ packet: UnsafeRawBufferPointer, sent: UnsafeRawBufferPointer, sender: Client) -> Bool {
        let member = sent.upTo(sent.count - Self.tail.utf8CodeUnitCount).from(Self.head.utf8CodeUnitCount)
        if packet.starts(with: "2[\"new_message\",{\"from_sid\":\""), packet.contains(member),
            packet.position(of: "\"temp\":false") != nil, self.names(sender, packet)
        {
            return true
        }
        guard packet.first == UInt8(ascii: "2"), let event = JSON.array(packet.from(1)),
            let sentEvent = JSON.array(sent.from(2)), event.count == 2, event.first as? String == self.receivedName,
            let fields = event[1] as? [String: Any], let sentFields = sentEvent[1] as? [String: Any]
        else { return false }
        return fields["message"] as? String == sentFields["message"] as? String
            && fields["temp"] as? Bool ?? false == false
            && fields["from_sid"] as? String ?? sender.socketID == sender.socketID
    }

    /// Whether the packet says that the sender sent it.
    private func names(_ sender: Client, _ packet: UnsafeRawBufferPointer) -> Bool {
        var id = sender.socketID
        return id.withUTF8 { packet.contains(UnsafeRawBufferPointer($0)) }
    }
}
