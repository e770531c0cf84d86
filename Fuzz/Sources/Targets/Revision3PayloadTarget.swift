/// The body of a POST in revision 3: text with lengths, bytes with lengths, or a form; the first byte of the input says.
import NIOCore

@testable import EngineIO

extension FuzzTarget {
    static let revision3Payload = FuzzTarget("old-engine-payload") { input in
        guard let form = input.bytes.first else { return }
        let rest = ByteBuffer(bytes: input.bytes.dropFirst())
        let isBinary = form & 1 == 1
        guard let body = form & 2 == 0 ? rest : JSONPCallback.payload(ofForm: rest) else { return }
        // What is no UTF-8 grows when it is repaired.
        let all = try input.bounded(perByte: 200) { Revision3Packets(body, isBinary: isBinary) }
        try expectSame(Revision3Packets(body.inside(), isBinary: isBinary), all, "cut out of a larger buffer")
        let limited = Revision3Packets(body, isBinary: isBinary, maximumPackets: 3)
        try expect(all.packets.starts(with: limited.packets), "with a limit: \(limited) and \(all)")
        try expect(limited.packets.count <= 3, "\(limited.packets.count) packets, allowed are 3")
        try Self.expectThereAndBack(all.packets)
    }

    /// Writes messages as the server does, and reads them as it does.
    private static func expectThereAndBack(_ packets: [InboundPacket]) throws {
        var encoder = Revision3PayloadEncoder()
        var messages: [InboundPacket] = []
        for packet in packets {
            switch packet {
            case .text: encoder.append(text: packet.encoded)
            case .binary(let bytes): encoder.append(binary: bytes)
            default: continue
            }
            messages.append(packet)
        }
        guard !encoder.isEmpty else { return }
        for usesBase64 in [false, true] {
            let payload = encoder.payload(Revision3Options(usesBase64: usesBase64))
            let again = Revision3Packets(payload.body, isBinary: payload.isBinary)
            try expectSame(again, Revision3Packets(packets: messages), "there and back, base64: \(usesBase64)")
        }
    }
}

/// The packets of a body, up to the first that is none.
private struct Revision3Packets: Equatable, CustomStringConvertible {
    var packets: [InboundPacket] = []
    var violation: ProtocolViolation?

    var description: String { "\(self.packets.count) packets, \(self.violation.map { "\($0)" } ?? "complete")" }

    init(packets: [InboundPacket]) {
        self.packets = packets
    }

    init(_ body: ByteBuffer, isBinary: Bool, maximumPackets: Int = 100_000) {
        var decoder = Revision3PayloadDecoder(body, isBinary: isBinary, maximumPackets: maximumPackets)
        do throws(ProtocolViolation) {
            while let packet = try decoder.next() { self.packets.append(packet) }
        } catch {
            self.violation = error
        }
    }
}
