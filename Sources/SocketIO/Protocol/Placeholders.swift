/// Checks the stand-ins of attachments, `{"_placeholder":true,"num":k}`, in a received binary packet.
struct Placeholders {
    /// Attachments that the packet announced.
    private let attachments: Int

    /// Most placeholders in one packet.
    ///
    /// One attachment may be named more than once, but not without bound: a server that sends the packet on could be
    /// made to send far more than it received.
    private let limit: Int
    private var count = 0

    init(attachments: Int, limit: Int) {
        self.attachments = attachments
        self.limit = limit
    }

    /// Checks every placeholder in one argument, whose JSON is known to be valid.
    mutating func check(_ argument: EncodedValue) throws(PacketViolation) {
        let document = JSONDocument(argument)
        var row = 0
        while row < document.rowCount {
            if let number = document.placeholder(at: row) {
                try check(number)
                row = document.next(after: row)
            } else {
                row += 1
            }
        }
    }

    private mutating func check(_ number: JSONDocument.PlaceholderNumber) throws(PacketViolation) {
        guard case .index(let index) = number, index < attachments else {
            throw PacketViolation(
                message: "expected a placeholder for one of \(attachments) attachments, found \(number)"
            )
        }
        count += 1
        guard count <= limit else {
            throw .tooMany("placeholders", found: count, limit: limit, of: .attachmentsPerPacket)
        }
    }
}
