/// The body of a POST: several Engine.IO packets.
import NIOCore

@testable import EngineIO

extension FuzzTarget {
    static let enginePayload = FuzzTarget("engine-payload") { input in
        let payload = ByteBuffer(bytes: input.bytes)
        // What is no UTF-8 grows when it is repaired.
        let all = try input.bounded(perByte: 200) { DecodedPayload(payload, maximumPackets: 100_000) }
        try expectSame(DecodedPayload(payload.inside(), maximumPackets: 100_000), all, "cut out of a larger buffer")
        try expectSame(DecodedPayload(reference: input.bytes), all, "packet by packet")
        try expectSame(DecodedPayload(payload, maximumPackets: 3), all.limited(to: 3, of: input.bytes), "with a limit")

        guard all.violation == nil else { return }
        let twice = ByteBuffer(bytes: input.bytes + [PayloadDecoder.separator] + input.bytes)
        let glued = DecodedPayload(packets: all.packets + all.packets)
        try expectSame(DecodedPayload(twice, maximumPackets: 100_000), glued, "glued to itself")
        let again = all.packets.map(\.encoded).map { Array($0.readableBytesView) }
            .joined(separator: [PayloadDecoder.separator])
        try expectSame(DecodedPayload(ByteBuffer(bytes: again), maximumPackets: 100_000), all, "there and back")
    }
}

/// The packets of a payload, up to the first that is none.
private struct DecodedPayload: Equatable, CustomStringConvertible {
    var packets: [InboundPacket] = []
    var violation: ProtocolViolation?

    var description: String { "\(self.packets.count) packets, \(self.violation.map { "\($0)" } ?? "complete")" }

    init(packets: [InboundPacket], violation: ProtocolViolation? = nil) {
        self.packets = packets
        self.violation = violation
    }

    init(_ payload: ByteBuffer, maximumPackets: Int) {
        var decoder = PayloadDecoder(payload, maximumPackets: maximumPackets)
        do throws(ProtocolViolation) {
            while let packet = try decoder.next() { self.packets.append(packet) }
        } catch {
            self.violation = error
        }
    }

    /// Decodes each packet for itself, repaired before instead of behind.
    init(reference bytes: [UInt8]) {
        for part in bytes.split(separator: PayloadDecoder.separator, omittingEmptySubsequences: false) {
            var text = ByteBuffer()
            if let type = part.first { text.writeInteger(type) }
            if part.first == UInt8(ascii: "b") {
                text.writeBytes(part.dropFirst())
            } else {
                text.writeString(String(decoding: part.dropFirst(), as: UTF8.self))
            }
            switch EnginePackets.decode(text) {
            case .value(let packet): self.packets.append(packet)
            case .failure(let violation):
                self.violation = violation
                return
            }
        }
    }

    /// What a limit lets through.
    func limited(to maximumPackets: Int, of bytes: [UInt8]) -> Self {
        guard self.packets.count > maximumPackets || self.packets.count == maximumPackets && self.violation != nil
        else {
            return self
        }
        let violation = ProtocolViolation(.tooManyPackets, "payload holds more packets than allowed")
        return Self(packets: Array(self.packets.prefix(maximumPackets)), violation: violation)
    }
}
