/// Patterns for names: what they match, and what is wrong with some.
import TestSupport
import Testing

@testable import SocketIO

@Suite struct NamespacePatternTests {
    private static let id = NamespaceParameter<Int>("id")

    private static func texts(_ pattern: NamespacePattern, _ name: String) -> [String]? {
        pattern.match(name).map { parameters in parameters.names.map { "\($0)=\(parameters[$0] ?? "")" } }
    }

    @Test(
        arguments: [
            ("/org/{org}/room/{id}", "/org/a/room/b c", ["org=a", "id=b c"]),
            ("/org/{org}/room/{id}", "/org/a/room/b/", nil), ("/org/{org}/room/{id}", "/org//room/b", nil),
            ("/org/{org}/room/{id}", "/Org/a/room/b", nil), ("/org/{org}/room/{id}", "/org/a/room", nil),
            ("user-{name}.x", "/user-ü.x", ["name=ü"]), ("/user-{name}.x", "/user-.x", nil),
            ("/user-{name}.x", "/user-a.y", nil), ("/aa{n}aa", "/aaa", nil), ("/{n}", "/", nil),
            ("/{n}", "/a?b=c", ["n=a?b=c"]),
            ("/{n}", "/a%2Fb%20", ["n=a%2Fb%20"]), ("/{n}", "/a\u{0}", nil), ("/{n}", "/\u{7F}a", nil),
            ("/{n}", "/a\nb", nil), ("/plain", "/plain", []), ("/caf\u{E9}", "/cafe\u{301}", nil), ("/", "/", []),
            ("/{n}/\u{301}", "/x/\u{301}", ["n=x"]),
        ] as [(NamespacePattern, String, [String]?)]
    )
    func `a name matches as a whole, byte by byte`(pattern: NamespacePattern, name: String, expected: [String]?) {
        #expect(Self.texts(pattern, name) == expected)
    }

    @Test func `a parameter takes any number of bytes`() {
        let long = String(repeating: "x", count: 1_000_000)
        #expect(NamespacePattern("/{n}").match("/" + long)?["n"] == long)
    }

    @Test(
        arguments: [("5", 5), ("-5", -5), ("05", nil), ("+5", nil), ("5.0", nil), ("٥", nil), ("", nil)]
            as [(String, Int?)]
    )
    func `a typed parameter has one spelling for each value`(text: String, value: Int?) throws {
        let pattern: NamespacePattern = "/room/\(Self.id)"
        let parameters = pattern.match("/room/\(text)")
        #expect(try parameters?.value(of: Self.id) == value)
    }

    @Test func `a value that is not there, or is none of the type, is an error`() throws {
        let parameters = try #require(NamespacePattern("/{id}/{x}").match("/five/y"))
        for parameter in [Self.id, NamespaceParameter<Int>("other")] {
            let error = #expect(throws: SocketIOError.self) { try parameters.value(of: parameter) }
            #expect(error?.code == .invalidParameter)
        }
        #expect(try parameters.value(of: NamespaceParameter<String>("x")) == "y")
    }

    @Test(arguments: ["/{a", "/a}", "/{}", "/{a}{b}", "/{a}/{a}", "/{a/b}", "/{a{b}}", "/{a/\u{301}b}"])
    func `a pattern with a fault is refused where it is used`(text: String) throws {
        let pattern = NamespacePattern(text)
        #expect(pattern.fault != nil)
        let server = try SocketIOServer(logger: quietLogger())
        let error = #expect(throws: SocketIOError.self) { try server.namespaces(matching: pattern) }
        #expect(error?.code == .invalidPattern)
    }
}
