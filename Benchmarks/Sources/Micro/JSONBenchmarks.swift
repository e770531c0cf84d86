/// JSON and typed arguments, beside Foundation's coders.
import Foundation
import NIOCore

@testable import SocketIO

/// Five fields, as a chat message may have.
private struct Message: Codable, Sendable {
    var sender = "3n2b7s9d"
    var name = "Ada Lovelace"
    var text = "The Analytical Engine weaves algebraic patterns."
    var time = 1_700_000_000
    var isTemporary = false
}

func jsonBenchmarks() throws -> [Benchmark] {
    let message = Message()
    let encoded = try EncodedValue(message)
    let data = Data(encoded.json.utf8)
    let tree = try encoded.value
    return [
        Benchmark("json/scan") {
            encoded.bytes.withUnsafeReadableBytes { text in
                var position = 0
                try? JSONScanner.skipValue(text, from: &position, maximumDepth: 64)
                use(position)
            }
        },
        Benchmark("json/read a tree") { use(try? encoded.value) },
        Benchmark("json/write a tree") {
            var writer = JSONWriter()
            writer.write(tree)
            use(writer)
        },
        Benchmark("json/decode five fields") { use(try? encoded.decode(as: Message.self)) },
        Benchmark("json/encode five fields") { use(try? EncodedValue(message)) },
        Benchmark("peer: Foundation/decode five fields") { use(try? JSONDecoder().decode(Message.self, from: data)) },
        Benchmark("peer: Foundation/encode five fields") { use(try? JSONEncoder().encode(message)) },
    ]
}
