/// What every target shares: its input, what it may find, and the memory it may hold.

/// One part of the server with what must hold for any bytes.
public struct FuzzTarget: Sendable {
    /// The name on the command line, and of the folder with its cases.
    public let name: String

    /// Checks everything for one input.
    ///
    /// - Throws: A ``Finding`` when something does not hold.
    public let run: @Sendable (FuzzInput) throws -> Void

    package init(_ name: String, _ run: @escaping @Sendable (FuzzInput) throws -> Void) {
        self.name = name
        self.run = run
    }

    /// All of them.
    public static let all: [FuzzTarget] = [
        .base64, .cookie, .deflate, .encode, .enginePacket, .enginePayload, .extensionOffer, .fields, .json,
        .messagePack, .namespace, .origin, .outbox, .query, .recovery, .requestHead, .revision3Payload, .server,
        .socketPacket, .typed, .webSocket,
    ]
}

/// Something that does not hold.
public struct Finding: Error, CustomStringConvertible {
    /// What does not hold.
    public let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Throws unless something holds.
package func expect(_ holds: Bool, _ message: @autoclosure () -> String) throws(Finding) {
    guard holds else { throw Finding(message()) }
}

/// Throws unless two values are the same.
package func expectSame<Value: Equatable>(
    _ first: Value,
    _ second: Value,
    _ what: @autoclosure () -> String
) throws(Finding) {
    guard first == second else { throw Finding("\(what()): \(first) and \(second)") }
}

// MARK: - Input

/// Something that knows how much memory is held.
public protocol AllocationMeter {
    /// Begins a measurement.
    func reset()

    /// The most bytes that were held at once since then.
    var peak: Int { get }
}

/// One input, and the means to measure what is done with it.
public struct FuzzInput {
    package let bytes: [UInt8]
    private let meter: (any AllocationMeter)?

    /// Creates an input.
    ///
    /// - Parameters:
    ///   - bytes: The fuzzer's bytes.
    ///   - meter: What knows how much memory is held; without it, memory is not checked.
    public init(_ bytes: [UInt8], meter: (any AllocationMeter)? = nil) {
        self.bytes = bytes
        self.meter = meter
    }

    /// Does something that may hold a bounded amount of memory: some bytes for each of the input's, above a fixed sum.
    package func bounded<Result>(perByte factor: Int, _ work: () throws -> Result) throws -> Result {
        self.meter?.reset()
        let result = try work()
        if let peak = self.meter?.peak {
            let limit = Self.fixedBytes + factor * self.bytes.count
            try expect(peak <= limit, "\(peak) bytes held for \(self.bytes.count) bytes of input, allowed are \(limit)")
        }
        return result
    }

    /// Tables that are made once, and the metadata of generic types, count too when they are first needed.
    private static let fixedBytes = 1 << 20

    /// The input's parts, between bytes that are in no text.
    func parts(separator: UInt8 = 0xFF) -> [ArraySlice<UInt8>] {
        self.bytes.split(separator: separator, omittingEmptySubsequences: false)
    }
}
