/// The README's examples are ones that compile.
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite struct ReadmeTests {
    private static func text(_ path: String) throws -> String {
        // This file is Tests/SocketIOTests/ReadmeTests.swift.
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return String(decoding: try Data(contentsOf: URL(fileURLWithPath: "/\(root)/\(path)")), as: UTF8.self)
    }

    @Test(arguments: ["TenLineServer", "TourServer"])
    func `the README shows the example that is compiled`(name: String) throws {
        let example = try Self.text("Tests/Examples/\(name)/main.swift")
        #expect(name != "TenLineServer" || example.split(separator: "\n").count <= 10)
        #expect(try Self.text("README.md").contains("```swift\n\(example)```"))
    }
}
