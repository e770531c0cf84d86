/// Paths of requests.
import Testing

@testable import ChatApp

@Suite struct RequestPathTests {
    @Test(arguments: [
        ("/", "/"), ("/?a=b", "/"), ("/a%20b", "/a b"), ("/%C3%A9?%zz", "/é"), ("/%2e%2E/", "/../"), ("/a%2fb", "/a/b"),
        ("", ""), ("/#x", "/"), ("/%00", "/\0"), ("/a+b", "/a+b"),
    ])
    func `the query is cut off and escapes are undone`(target: String, path: String) {
        #expect(RequestPath.decoded(target) == path)
    }

    @Test(arguments: ["/%", "/%4", "/%zz", "/%C3", "/%ff", "/%+1"])
    func `what is no text is no path`(target: String) {
        #expect(RequestPath.decoded(target) == nil)
    }
}
