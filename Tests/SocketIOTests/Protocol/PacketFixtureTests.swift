// Drives the packet decoder from the table that other implementations can be tested with, too.

import NIOCore
import Testing

@testable import SocketIO

@Suite struct PacketFixtureTests {
    @Test(arguments: PacketFixture.all.filter(\.valid))
    func `valid packets mean what the table says`(fixture: PacketFixture) throws {
        var decoder = PacketDecoder()
        var packet: DecodedPacket?
        for (index, step) in fixture.steps.enumerated() {
            packet = try decoder.decode(step)
            let isLast = index == fixture.steps.count - 1
            #expect(decoder.hasPendingAttachments == (packet == nil))
            if isLast { #expect(packet != nil) }
        }
        let summary = try #require(packet).summary()
        let expected = try #require(fixture.expected)
        if let count = expected["argumentCount"] {
            #expect(summary["arguments"]?.arrayValue?.count == count.intValue)
            #expect(summary["name"] == expected["name"])
        } else {
            #expect(summary == expected)
        }
    }

    @Test(arguments: PacketFixture.all.filter { !$0.valid })
    func `invalid packets are refused for the reason in the table`(fixture: PacketFixture) throws {
        var decoder = PacketDecoder()
        for step in fixture.steps.dropLast() { _ = try decoder.decode(step) }
        let last = try #require(fixture.steps.last)
        let violation = #expect(throws: PacketViolation.self) { try decoder.decode(last) }
        let reason = try #require(fixture.violation)
        let message = try #require(violation).message
        #expect(message.contains(reason))
        #expect(message.utf8.count < 200)
    }

    @Test(arguments: PacketFixture.all)
    func `every packet cut at any byte is decoded or refused`(fixture: PacketFixture) throws {
        for step in fixture.steps {
            guard case .text(let text) = step else { continue }
            for length in 0...text.utf8.count {
                var decoder = PacketDecoder()
                // Cut inside a character: the decoder is promised UTF-8, but must stay safe without.
                let cut = ByteBuffer(bytes: text.utf8.prefix(length))
                do throws(PacketViolation) {
                    _ = try decoder.decodeText(cut)
                } catch {
                    #expect(error.message.contains("expected"))
                }
            }
        }
    }
}
