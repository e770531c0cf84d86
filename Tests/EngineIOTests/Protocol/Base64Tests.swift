/// Base64 in both directions.
import Foundation
import NIOCore
import Testing

@testable import EngineIO

@Suite struct Base64Tests {
    @Test(arguments: EngineIOFixtures.all.base64)
    func `bytes and text become each other`(_ fixture: Base64Fixture) throws {
        let bytes = ByteBuffer(text: nil, hex: fixture.hex)
        var text = ByteBuffer(string: "b")
        Base64.encode(bytes, into: &text)
        #expect(String(buffer: text) == "b" + fixture.text)
        let decoded = try Base64.decode(ByteBuffer(string: fixture.text))
        #expect(decoded == bytes)
    }

    @Test(arguments: 0...100)
    func `each length encodes as Foundation does and comes back`(_ length: Int) throws {
        var generator = SeededGenerator(seed: UInt64(length))
        let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var text = ByteBuffer()
        Base64.encode(ByteBuffer(bytes: bytes), into: &text)
        #expect(String(buffer: text) == Data(bytes).base64EncodedString())
        #expect(text.readableBytes == Base64.encodedLength(of: length))
        let decoded = try Base64.decode(text)
        #expect(Array(buffer: decoded) == bytes)
        let bare = try Base64.decode(ByteBuffer(string: String(buffer: text).replacing("=", with: "")))
        #expect(Array(buffer: bare) == bytes)
    }

    @Test(arguments: 0..<8)
    func `one foreign character is noticed wherever it stands`(_ index: Int) {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_".utf8)
        for byte in UInt8.min...UInt8.max where !allowed.contains(byte) {
            var text = Array("AQIDBAUG".utf8)
            text[index] = byte
            // The last places may hold padding.
            guard byte != UInt8(ascii: "=") || index < 7 else { continue }
            #expect(throws: ProtocolViolation.self) { try Base64.decode(ByteBuffer(bytes: text)) }
        }
    }
}
