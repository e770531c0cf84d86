/// How the messages of WebSockets are compressed.

/// Compression of WebSocket messages, permessage-deflate (RFC 7692), under the names of Node's `perMessageDeflate`.
///
/// It makes large messages of text much smaller and costs time on the event loop, which all its connections wait for,
/// and memory: with the defaults a connection holds up to 265 KiB from the first message on that was sent compressed, and
/// up to 42 KiB more from the first on that was received compressed. To send takes
/// 2<sup>`serverMaxWindowBits` + 2</sup> + 2<sup>`memoryLevel` + 9</sup> bytes, to receive 2<sup>`clientMaxWindowBits`</sup>
/// bytes, and each some 10 KiB. With ``serverNoContextTakeover`` and ``clientNoContextTakeover`` the memory is held only
/// while a message is worked on.
///
/// Memory that a client can make the server take is bounded by ``EngineIOConfiguration/maximumPayloadBytes``, which
/// counts decompressed bytes.
public struct PerMessageDeflate: Sendable, Hashable {
    /// The size from which on a message is compressed, in bytes.
    ///
    /// Default: 1,024. It holds whether or not context is taken over; Node heeds it only when it is not. 0 compresses
    /// every message but empty ones.
    public var threshold: Int = 1024

    /// How hard the server tries: 1 is fastest, 9 smallest.
    ///
    /// Default: 6, as zlib's own.
    public var level: Int = 6

    /// How much memory compressing takes beside the window, 1 to 9; less compresses worse.
    ///
    /// Default: 8, which is 128 KiB.
    public var memoryLevel: Int = 8

    /// Whether each message to the client is compressed by itself, and no memory kept between two.
    ///
    /// A client may ask for it, too. Default: `false`.
    public var serverNoContextTakeover: Bool = false

    /// Whether the client is asked to compress each message by itself, so that no memory is kept between two.
    ///
    /// Default: `false`.
    public var clientNoContextTakeover: Bool = false

    /// The largest window for messages to the client, as a power of two, 9 to 15.
    ///
    /// A client may ask for a smaller one; an offer of one with 8 bits, which zlib does not have, is declined. Default: 15,
    /// which is 32 KiB.
    public var serverMaxWindowBits: Int = 15

    /// The largest window for messages of the client, as a power of two, 9 to 15.
    ///
    /// With less than 15, the offer of a client that does not let the server choose is declined. Default: 15.
    public var clientMaxWindowBits: Int = 15

    /// Creates the default options.
    public init() {}
}

extension PerMessageDeflate {
    /// Checks the values.
    func validate() throws(EngineIOError) {
        guard (0...1 << 30).contains(self.threshold) else {
            throw .invalid("perMessageDeflate.threshold", found: "\(self.threshold)", expected: "0 to 2^30")
        }
        for (name, value) in [("level", self.level), ("memoryLevel", self.memoryLevel)] {
            guard (1...9).contains(value) else {
                throw .invalid("perMessageDeflate.\(name)", found: "\(value)", expected: "1 to 9")
            }
        }
        for (name, value) in [
            ("serverMaxWindowBits", self.serverMaxWindowBits), ("clientMaxWindowBits", self.clientMaxWindowBits),
        ] {
            guard (9...15).contains(value) else {
                throw .invalid("perMessageDeflate.\(name)", found: "\(value)", expected: "9 to 15")
            }
        }
    }
}
