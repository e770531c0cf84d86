/// The limits of the engine as they are reported, by the names of the configuration.

extension LimitName {
    static let sessions = Self("sessions")
    static let connections = Self("connections")
    static let connectionsWithoutHandshake = Self("connectionsWithoutHandshake")
    static let connectionsPerAddress = Self("connectionsPerAddress")
    static let openRequestsPerAddress = Self("openRequestsPerAddress")
    static let handshakesPerSecondPerAddress = Self("handshakesPerSecondPerAddress")
    static let packetsPerPayload = Self("packetsPerPayload")
    /// What waits for a client that does not read.
    static let outboxBytes = Self("outboxBytes")
    static let fragmentsPerMessage = Self("fragmentsPerMessage")
    /// The body of a POST or a message of a WebSocket.
    static let maximumPayloadBytes = Self("maximumPayloadBytes")
    /// `headerBytes` or `headerCount`: the parser does not say which.
    static let headers = Self("headers")
    /// A head that was begun; a connection that says nothing at all is none of a peer's faults.
    static let headTimeout = Self("headTimeout")
    static let bodyTimeout = Self("bodyTimeout")
    static let upgradeTimeout = Self("upgradeTimeout")
    static let closingTimeout = Self("closingTimeout")
    static let closeHandshakeTimeout = Self("closeHandshakeTimeout")
    /// The system's limit of open files, for the process or for the machine.
    static let descriptors = Self("descriptors")
}
