/// Arguments of every type, given everything that JSON and attachments can be: the handler gets what it asks for, or the
/// error hook is told.
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct ArgumentFaultTests {
    private struct Point: Codable, Sendable { var x: Int }
    private struct Tree: Codable, Sendable { var children: [Tree] }
    private enum Shape: Codable, Sendable {
        case circle(Double)
        case square(side: Int)
    }
    private enum Color: String, Codable, Sendable { case red }

    /// A type, registered as an event of its name; each handles its arguments in one of several ways.
    struct Kind: Sendable, CustomTestStringConvertible {
        let name: String
        let register: @Sendable (Namespace, Log) -> Void
        /// What the type takes, beside which there may be more.
        let good: String

        var testDescription: String { self.name }

        init<T: Codable & Sendable>(_ type: T.Type, _ good: String) {
            let name = "\(type)"
            self.name = name
            self.good = good
            self.register = { namespace, log in
                namespace.on(Event<T>(name)) { _, _ in log.append("handled") }
                namespace.on(Event<T>(name + "Async")) { _, _ async in log.append("handled") }
                namespace.on(Event<T>(name + "Reply").replying(with: Int.self)) { _, _ in
                    log.append("handled")
                    return 1
                }
                namespace.on(Event<T, T>(name + "Two")) { _, _, _ in log.append("handled") }
                namespace.once(Event<T>(name + "Once")) { _, _ in log.append("handled") }
            }
        }
    }

    static let kinds = [
        Kind(Bool.self, "true"), Kind(String.self, #""text""#), Kind(Int.self, "-1"), Kind(Int8.self, "127"),
        Kind(Int64.self, "9223372036854775807"), Kind(UInt.self, "1"), Kind(UInt8.self, "255"), Kind(Float.self, "1.5"),
        Kind(Double.self, "1e3"), Kind([Int].self, "[1,2]"), Kind([String: Int].self, #"{"a":1}"#),
        Kind(Int?.self, "null"), Kind([Int?].self, "[null]"), Kind(Point.self, #"{"x":1}"#),
        Kind(Tree.self, #"{"children":[{"children":[]}]}"#), Kind(Shape.self, #"{"circle":{"_0":1}}"#),
        Kind(Color.self, #""red""#), Kind(Date.self, #""2024-05-01T12:00:00.000Z""#), Kind(URL.self, #""http://a""#),
        Kind(UUID.self, #""E621E1F8-C36C-495A-93FC-0C247A3E6E5F""#), Kind(Value.self, "{}"),
        Kind(EncodedValue.self, "[]"), Kind(Data.self, placeholder), Kind(ByteBuffer.self, placeholder),
        Kind([Data].self, "[\(placeholder)]"),
    ]

    private static let placeholder = #"{"_placeholder":true,"num":0}"#

    static let values = [
        "null", "true", "0", "-1", "1.5", "256", "1e400", "-9223372036854775809", "18446744073709551616",
        "\"\"", #""text""#, #""\ud800""#, "[]", "[[]]", "[1,\"a\"]", "{}", #"{"x":"1"}"#, #"{"x":null}"#,
        #"{"children":[{"children":1}]}"#, #"{"circle":{}}"#, #"{"circle":1,"square":2}"#,
        #"{"__proto__":{"x":1}}"#, placeholder, "[\(placeholder)]", "{\"x\":\(placeholder)}",
    ]

    /// Sends events and returns what became of each: `handled` or the error's code.
    private func outcomes(
        of kind: Kind,
        _ events: [String],
        body: (_ outcomes: [String], _ acknowledgements: [String]) throws -> Void
    ) async throws {
        let log = Log()
        try await WatchedServer.run(
            setUp: { server in
                let namespace = server.namespace("/")
                kind.register(namespace, log)
                namespace.onError { _, error, _ in log.append((error as? SocketIOError)?.code.rawValue ?? "\(error)") }
                namespace.acknowledge("end") { _, _ async in [] }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                for event in events {
                    // An announced attachment that no argument names is no offence.
                    try await client.send("51-1\(event)")
                    try await client.send(binary: [1, 2, 3])
                }
                try await client.emit("end", id: 2)
                var acknowledgements: [String] = []
                while true {
                    let packet = try await client.receive()
                    if packet == "32[]" { break }
                    acknowledgements.append(packet)
                }
                try body(try await log.count(events.count), acknowledgements)
            }
        )
    }

    @Test(arguments: kinds)
    func `whatever comes, the handler is called or the error hook is, and never both`(kind: Kind) async throws {
        let forms = ["", "Async", "Reply"]
        let events = forms.flatMap { form in Self.values.map { "[\"\(kind.name)\(form)\",\($0)]" } }
        try await self.outcomes(of: kind, events) { outcomes, acknowledgements in
            #expect(outcomes.count == events.count)
            #expect(Set(outcomes).isSubset(of: ["handled", "invalidArguments"]))
            #expect(acknowledgements.count == outcomes.count { $0 == "handled" })
            // All forms are of one mind.
            let count = Self.values.count
            #expect(Array(outcomes[..<count]) == Array(outcomes[count..<(2 * count)]))
            #expect(Array(outcomes[..<count]) == Array(outcomes[(2 * count)...]))
            let takesAll = ["Value", "EncodedValue"].contains(kind.name)
            #expect(outcomes.contains("invalidArguments") != takesAll)
        }
    }

    @Test(arguments: kinds)
    func `too few, too many and wrongly nested arguments never reach the handler`(kind: Kind) async throws {
        let (name, good) = (kind.name, kind.good)
        // What has a `null` of its own may be left out.
        let isOptional = name.hasPrefix("Optional") || name == "Value"
        let takesAll = ["Value", "EncodedValue"].contains(name)
        let cases: [(event: String, isGood: Bool)] = [
            ("[\"\(name)\",\(good)]", true),
            ("[\"\(name)Two\",\(good),\(good)]", true),
            ("[\"\(name)Once\",\(good)]", true),
            ("[\"\(name)\"]", isOptional),
            ("[\"\(name)Two\",\(good)]", isOptional),
            ("[\"\(name)Two\"]", isOptional),
            ("[\"\(name)\",\(good),\(good)]", false),
            ("[\"\(name)\",\(good),null]", false),
            ("[\"\(name)Two\",\(good),\(good),1]", false),
            ("[\"\(name)\",[[\(good)]]]", takesAll),
            ("[\"\(name)\",{\"0\":\(good)}]", takesAll),
            ("[\"\(name)Two\",[\(good),\(good)]]", name == "Value"),
        ]
        try await self.outcomes(of: kind, cases.map(\.event)) { outcomes, _ in
            for (index, outcome) in outcomes.enumerated() {
                #expect(outcome == (cases[index].isGood ? "handled" : "invalidArguments"), "\(cases[index].event)")
            }
        }
    }

    @Test func `an acknowledgement that does not fit is the caller's error, and nobody else's`() async throws {
        let log = Log()
        try await WatchedServer.run(
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.onError { _, error, _ in log.append("hook \(error)") }
                namespace.on("go") { socket, _ async in
                    for _ in Self.values {
                        do throws(SocketIOError) {
                            _ = try await socket.emitWithAck(Signal("ask").replying(with: Int8.self))
                            log.append("fits")
                        } catch {
                            log.append(error.code.rawValue)
                        }
                    }
                }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                try await client.emit("go")
                for (id, value) in Self.values.enumerated() {
                    try await client.expect(#"2\#(id)["ask"]"#)
                    try await client.send("61-\(id)[\(value)]")
                    try await client.send(binary: [1])
                }
                let outcomes = try await log.count(Self.values.count)
                #expect(Set(outcomes) == ["fits", "invalidAcknowledgement"])
                #expect(outcomes.count { $0 == "fits" } == 2)
            }
        )
    }
}
