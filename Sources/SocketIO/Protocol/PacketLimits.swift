/// Bounds on what a peer may put into one packet; beyond them the packet is a violation.

/// The bounds by name, as the configuration calls them.
enum PacketLimit: String, Sendable, Hashable, CaseIterable {
    case attachmentsPerPacket
    case attachmentBytes
    case nestingDepth
    case namespaceBytes
    case eventNameBytes
    case acknowledgementDigits
}

/// The bounds.
struct PacketLimits: Sendable, Hashable {
    /// Attachments of one packet.
    ///
    /// Default: 10, as Node's parser since 4.2.6.
    var maximumAttachments = 10

    /// Bytes of all attachments of one packet together.
    ///
    /// Default: ten messages of the default `maxPayload`.
    var maximumAttachmentBytes = 10_000_000

    /// Levels of arrays and objects, the packet's own array included.
    ///
    /// Default: 512.
    var maximumNestingDepth = 512

    /// Bytes of a namespace's name.
    ///
    /// Default: 512.
    var maximumNamespaceLength = 512

    /// Bytes that a query behind a namespace's name may have, its question mark included.
    ///
    /// Default: 0, there are none, since Socket.IO 3.
    var maximumQueryLength = 0

    /// Bytes of an event's name.
    ///
    /// Default: 512.
    var maximumEventNameLength = 512

    /// Digits of an acknowledgement id without leading zeros.
    ///
    /// Default: 19, which always fits an unsigned 64-bit integer.
    var maximumAckIDDigits = 19
}
