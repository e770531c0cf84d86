/// The limits that clients of a server can reach, named as in the configuration.
internal import EngineIO

extension LimitName {
    static let eventsPerSecond = Self("eventsPerSecond")
    static let bytesPerSecond = Self("bytesPerSecond")
    static let connectTimeout = Self("connectTimeout")
    static let attachmentTimeout = Self("attachmentTimeout")
    static let namespacesPerConnection = Self("namespacesPerConnection")
    static let dynamicNamespaces = Self("dynamicNamespaces")
    static let eventsPerInbox = Self("eventsPerInbox")
    static let inboxBytes = Self("inboxBytes")
    static let roomsPerSocket = Self("roomsPerSocket")
    static let roomNameBytes = Self("roomNameBytes")
    static let acknowledgementsPerSocket = Self("acknowledgementsPerSocket")

    init(_ limit: PacketLimit) {
        self.init(limit.rawValue)
    }
}
