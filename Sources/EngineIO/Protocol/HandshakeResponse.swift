/// The first packet of every session: its identifier and the numbers both sides keep to ("Engine.IO v4, Handshake").
import NIOCore

struct HandshakeResponse: Equatable {
    let sid: SessionID
    /// The transports the session may upgrade to.
    let upgrades: [String]
    /// In milliseconds.
    let pingInterval: Int
    /// In milliseconds.
    let pingTimeout: Int
    /// The bytes a polling body or a WebSocket message may have.
    let maxPayload: Int

    /// Appends the open packet, its keys in Node's order.
    func write(into buffer: inout ByteBuffer) {
        buffer.writeStaticString(#"0{"sid":""#)
        self.sid.write(into: &buffer)
        buffer.writeStaticString(#"","upgrades":["#)
        buffer.writeString(self.upgrades.map { #""\#($0)""# }.joined(separator: ","))
        buffer.writeStaticString(#"],"pingInterval":"#)
        buffer.writeString(String(self.pingInterval))
        buffer.writeStaticString(#","pingTimeout":"#)
        buffer.writeString(String(self.pingTimeout))
        buffer.writeStaticString(#","maxPayload":"#)
        buffer.writeString(String(self.maxPayload))
        buffer.writeStaticString("}")
    }
}
