/// The open packet, byte for byte.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct HandshakeResponseTests {
    @Test(arguments: EngineIOFixtures.all.handshakes)
    func `the open packet is written as Node writes it`(_ fixture: HandshakeFixture) throws {
        let response = HandshakeResponse(
            sid: try #require(SessionID(fixture.sid)),
            upgrades: fixture.upgrades,
            pingInterval: fixture.pingInterval,
            pingTimeout: fixture.pingTimeout,
            maxPayload: fixture.maxPayload
        )
        var buffer = ByteBuffer()
        response.write(into: &buffer)
        #expect(String(buffer: buffer) == fixture.text)
    }
}
