/// The open packet of Engine.IO, read by looking for its keys: it is the server's JSON, in any order and spacing.
struct OpenPacket {
    let sessionID: String
    /// In nanoseconds.
    let pingInterval: UInt64
    /// In nanoseconds.
    let pingTimeout: UInt64

    init?(_ json: UnsafeRawBufferPointer) {
        guard let sessionID = Self.string("\"sid\"", in: json),
            let interval = Self.milliseconds("\"pingInterval\"", in: json),
            let timeout = Self.milliseconds("\"pingTimeout\"", in: json)
        else { return nil }
        self.sessionID = sessionID
        self.pingInterval = interval
        self.pingTimeout = timeout
    }

    /// The text value of a key, which must not hold escapes.
    static func string(_ key: StaticString, in json: UnsafeRawBufferPointer) -> String? {
        guard let start = self.valueStart(key, in: json), json.contains("\"", at: start),
            let end = json.position(of: UInt8(ascii: "\""), from: start + 1)
        else { return nil }
        return String(decoding: json[start + 1..<end], as: UTF8.self)
    }

    private static func milliseconds(_ key: StaticString, in json: UnsafeRawBufferPointer) -> UInt64? {
        guard let start = self.valueStart(key, in: json), let number = json.decimal(at: start) else { return nil }
        return UInt64(number.value) * 1_000_000
    }

    private static func valueStart(_ key: StaticString, in json: UnsafeRawBufferPointer) -> Int? {
        guard let position = json.position(of: key),
            let colon = json.position(of: UInt8(ascii: ":"), from: position + key.utf8CodeUnitCount)
        else { return nil }
        return json[(colon + 1)...].firstIndex { $0 != UInt8(ascii: " ") }
    }
}
