/// Single packets and polling bodies, from the tables and beyond them.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct PacketDecoderTests {
    @Test(arguments: EngineIOFixtures.all.packets)
    func `packets are decoded as the table says`(_ fixture: PacketFixture) {
        let result = Result { () throws(ProtocolViolation) in try PacketDecoder.decode(fixture.bytes) }
        switch result {
        case .success(let packet):
            #expect(packet == fixture.packet?.packet)
            #expect(packet.isProbe == (fixture.isProbe ?? false))
        case .failure(let violation):
            #expect("\(violation.kind)" == fixture.error)
            #expect(!violation.description.isEmpty)
        }
    }

    @Test func `every byte but the types is refused in front`() {
        for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: "b") && PacketType(rawValue: byte) == nil {
            #expect(throws: ProtocolViolation.self) { try PacketDecoder.decode(ByteBuffer(bytes: [byte])) }
        }
    }

    @Test func `a message is a slice of what was received`() throws {
        let received = ByteBuffer(string: "4hello")
        guard case .text(let text) = try PacketDecoder.decode(received) else { return #expect(Bool(false)) }
        #expect(Self.address(of: text) == Self.address(of: received) + 1)
    }

    private static func address(of buffer: ByteBuffer) -> Int {
        buffer.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) }
    }
}

@Suite struct PayloadDecoderTests {
    @Test(arguments: EngineIOFixtures.all.payloads)
    func `payloads are decoded as the table says`(_ fixture: PayloadFixture) {
        // Behind bytes of something else, as bodies may stand in a larger buffer.
        var padded = ByteBuffer(string: "4x\u{1E}")
        padded.moveReaderIndex(forwardBy: 3)
        padded.writeImmutableBuffer(fixture.bytes)
        let outcome = Self.decode(padded)
        #expect(outcome.packets == fixture.packets.map(\.packet))
        #expect(outcome.violation.map { "\($0)" } == fixture.error)
    }

    @Test func `after a violation nothing follows`() throws {
        var decoder = PayloadDecoder(ByteBuffer(string: "x\u{1E}4a"), maximumPackets: 8)
        #expect(throws: ProtocolViolation.self) { try decoder.next() }
        let next = try decoder.next()
        #expect(next == nil)
    }

    @Test func `a million separators fail at the first`() {
        var decoder = PayloadDecoder(
            ByteBuffer(repeating: PayloadDecoder.separator, count: 1_000_000),
            maximumPackets: .max
        )
        #expect(throws: ProtocolViolation(.emptyPacket, "packet without a type")) { try decoder.next() }
    }

    @Test func `packets are decoded one at a time`() throws {
        var decoder = PayloadDecoder(ByteBuffer(string: "4a\u{1E}4b\u{1E}x"), maximumPackets: 8)
        let first = try decoder.next()
        let second = try decoder.next()
        #expect(first == .text(ByteBuffer(string: "a")))
        #expect(second == .text(ByteBuffer(string: "b")))
        #expect(throws: ProtocolViolation.self) { try decoder.next() }
    }

    @Test func `a limit of no packets refuses every body`() {
        #expect(Self.decode(ByteBuffer(string: "4a"), maximumPackets: 0).violation == .tooManyPackets)
    }

    @Test(arguments: UInt64(1)...6)
    func `random bodies are what splitting the repaired text gives`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet: [UInt8] = [0x1E, 0x30, 0x32, 0x34, 0x34, 0x62, 0x41, 0x3D, 0xC3, 0xBC, 0xFF, 0xE2]
        for _ in 0..<400 {
            let count = Int.random(in: 0...24, using: &generator)
            let body = (0..<count).map { _ in alphabet.randomElement(using: &generator)! }
            #expect(Self.decode(ByteBuffer(bytes: body), maximumPackets: .max) == Self.reference(body), "\(body)")
        }
    }

    private struct Outcome: Equatable {
        var packets: [InboundPacket] = []
        var violation: ProtocolViolation.Kind?
    }

    private static func decode(_ body: ByteBuffer, maximumPackets: Int = EngineIOFixtures.maximumPackets) -> Outcome {
        var decoder = PayloadDecoder(body, maximumPackets: maximumPackets)
        var outcome = Outcome()
        do throws(ProtocolViolation) {
            while let packet = try decoder.next() { outcome.packets.append(packet) }
        } catch {
            outcome.violation = error.kind
        }
        return outcome
    }

    /// Node's way: repair the whole text first, then cut it.
    private static func reference(_ body: [UInt8]) -> Outcome {
        var outcome = Outcome()
        let text = String(decoding: body, as: UTF8.self)
        for part in text.utf8.split(separator: 0x1E, omittingEmptySubsequences: false) {
            do throws(ProtocolViolation) {
                outcome.packets.append(try PacketDecoder.decode(ByteBuffer(bytes: part)))
            } catch {
                outcome.violation = error.kind
                break
            }
        }
        return outcome
    }
}
