/// Request targets and what is read from their queries.
import Testing

@testable import EngineIO

@Suite struct QueryTests {
    @Test func `the parameters of the protocol are picked out`() throws {
        let query = try Query(target: "/socket.io/?EIO=4&transport=polling&t=Abc&sid=xyz&b64=1&j=0&other=1")
        #expect(query.revision == "4")
        #expect(query.transport == "polling")
        #expect(query.sid == "xyz")
        #expect(query.raw == "EIO=4&transport=polling&t=Abc&sid=xyz&b64=1&j=0&other=1")
        #expect(query.asksForBase64)
    }

    @Test(arguments: ["/socket.io/", "/socket.io/?", "", "/?eio=4&Transport=x&SID=1", "/#?EIO=4"])
    func `what is not there is nil`(_ target: String) throws {
        let query = try Query(target: target)
        #expect(query.revision == nil)
        #expect(query.transport == nil)
        #expect(query.sid == nil)
    }

    @Test func `of duplicates the last counts`() throws {
        let query = try Query(target: "/?EIO=3&EIO=4&transport=websocket&transport=polling&sid=a&sid=")
        #expect(query.revision == "4")
        #expect(query.transport == "polling")
        #expect(query.sid == "")
        #expect(query.all.map(\.value) == ["3", "4", "websocket", "polling", "a", ""])
    }

    /// WHATWG URL §5.1, the results as Node's `URLSearchParams` gives them.
    @Test(
        arguments: [
            ("a=b", ["a": "b"]), ("a", ["a": ""]), ("a=", ["a": ""]), ("=b", ["": "b"]), ("=", ["": ""]),
            ("a=b=c", ["a": "b=c"]), ("&&a=b&", ["a": "b"]), ("a=1&b=2", ["a": "1", "b": "2"]), ("", [:]), ("&", [:]),
            ("a+b=c+d", ["a b": "c d"]), ("a%20b=c%2Bd", ["a b": "c+d"]), ("%61=%62", ["a": "b"]),
            ("a=%26%3D", ["a": "&="]),
            ("a=%", ["a": "%"]), ("a=%4", ["a": "%4"]), ("a=%zz", ["a": "%zz"]), ("a=%4z%41", ["a": "%4zA"]),
            ("a=%%41", ["a": "%A"]), ("a=%C3%BC", ["a": "ü"]), ("a=%c3%bc", ["a": "ü"]), ("a=%FF", ["a": "\u{FFFD}"]),
            ("a=%E2%82", ["a": "\u{FFFD}"]), ("a=ü", ["a": "ü"]), ("a=b?c", ["a": "b?c"]), ("a=%00", ["a": "\u{0}"]),
            ("__proto__=1&constructor=2", ["__proto__": "1", "constructor": "2"]),
            ("a[]=1&a[b]=2", ["a[]": "1", "a[b]": "2"]),
            ("a=b#c=d", ["a": "b"]), ("a=%23", ["a": "#"]), ("a;b=1", ["a;b": "1"]),
        ] as [(String, [String: String])]
    )
    func `parameters are decoded as URLs are`(_ query: String, _ expected: [String: String]) throws {
        let all = try Query(target: "/x/?\(query)").all
        #expect(Dictionary(all.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }) == expected)
        #expect(all.count == expected.count)
    }

    @Test func `names may be escaped too`() throws {
        let query = try Query(target: "/?%45IO=4&s%69d=%61b+c")
        #expect(query.revision == "4")
        #expect(query.sid == "ab c")
    }

    @Test func `as many parameters as allowed pass, one more is refused`() throws {
        let target = { (count: Int) in "/?" + Array(repeating: "a=1", count: count).joined(separator: "&") }
        #expect(try Query(target: target(256)).all.count == 256)
        #expect(throws: RequestRejection.badRequest) { try Query(target: target(257)) }
        #expect(throws: RequestRejection.badRequest) { try Query(target: target(3), maximumParameters: 2) }
    }

    @Test func `empty pieces do not count as parameters`() throws {
        let query = try Query(target: "/?" + String(repeating: "&", count: 10_000) + "EIO=4")
        #expect(query.revision == "4")
    }

    @Test(arguments: UInt64(1)...4)
    func `random targets are read without harm`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("?&=%+#4aü\u{301}\r\n E")
        for _ in 0..<300 {
            let count = Int.random(in: 0...20, using: &generator)
            let target = String((0..<count).map { _ in alphabet.randomElement(using: &generator)! })
            let query = try Query(target: target)
            #expect(query.all.count <= target.utf8.filter { $0 == UInt8(ascii: "&") }.count + 1)
        }
    }
}
