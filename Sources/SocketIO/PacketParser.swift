/// The two ways in which Socket.IO packets are written.

/// How packets are written.
///
/// The server and all its clients must agree; one that does not is disconnected with its first packet.
public enum PacketParser: String, Sendable, Hashable, CaseIterable {
    /// JSON with attachments, which every client speaks.
    case standard = "default"

    /// One MessagePack map for each packet, bytes included: `socket.io-msgpack-parser`.
    ///
    /// Smaller for numbers and bytes. JSON is what the server works with, so each packet is written twice: this parser
    /// costs more processor time. Dates become texts as in JSON, `undefined` members are left out, and the limits are
    /// those of the default parser, of attachments too.
    case messagePack = "msgpack"
}
