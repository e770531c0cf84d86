/// The example of the harness's article is one that compiles.
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite struct ArticleTests {
    private static func text(_ path: String) throws -> String {
        // This file is Tests/SocketIOTests/Testing/ArticleTests.swift.
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        return String(decoding: try Data(contentsOf: URL(fileURLWithPath: "/\(root)/\(path)")), as: UTF8.self)
    }

    @Test func `the article about the harness shows the example that is compiled`() throws {
        let example = try Self.text("Tests/SocketIOTests/Testing/QuizTests.swift").drop { $0 != "\n" }.dropFirst()
        let article = try Self.text("Sources/SocketIOTesting/Documentation.docc/SocketIOTesting.md")
        #expect(article.contains("```swift\n\(example)```"))
    }
}
