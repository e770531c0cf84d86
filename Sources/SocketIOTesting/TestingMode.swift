/// How the clients of a test get at the server.

/// How the clients of a test get at the server.
///
/// The same test body does for both:
///
/// ```swift
/// @Test(arguments: TestingMode.allCases)
/// func `the room hears of newcomers`(mode: TestingMode) async throws {
///     try await makeServer().test(mode) { harness in … }
/// }
/// ```
public struct TestingMode: Sendable, Hashable, CaseIterable, CustomStringConvertible {
    private enum Kind: String, Hashable {
        case inMemory, live
    }

    private let kind: Kind

    /// Through memory: no sockets, no ports; everything above them is the real server, bytes included.
    public static let inMemory = Self(kind: .inMemory)

    /// Through a free port on loopback.
    public static let live = Self(kind: .live)

    /// Both.
    public static var allCases: [TestingMode] { [.inMemory, .live] }

    /// The mode's name.
    public var description: String { self.kind.rawValue }
}
