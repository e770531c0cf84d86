/// What the chat answers beside Socket.IO.
import EngineIO
import HTTPTypes
import NIOCore
import Testing

@testable import ChatApp

@Suite struct PagesTests {
    private let folder: TemporaryFolder
    private let pages: Pages

    init() throws {
        self.folder = try TemporaryFolder()
        try self.folder.write("<p>chat {{ no template language }}", to: "templates/index.html")
        try self.folder.write("body {}", to: "static/site.css")
        try self.folder.write("deep", to: "static/a/b.js")
        try self.folder.write("hidden", to: "static/.git/config")
        // One character with a slash behind it.
        try self.folder.write("deep", to: "static/a\u{600}/b.js")
        try self.folder.write("secret", to: "secret.txt")
        self.pages = try Pages(templates: "\(self.folder.path)/templates")
    }

    private func answer(
        _ method: HTTPRequest.Method,
        _ target: String,
        _ headers: HTTPFields = [:]
    ) async -> ApplicationResponse {
        let request = HTTPRequest(method: method, scheme: nil, authority: nil, path: target, headerFields: headers)
        return await self.pages.respond(to: request, body: ByteBuffer())
    }

    private func text(_ response: ApplicationResponse) -> String { String(buffer: response.body) }

    // MARK: The page

    @Test(arguments: ["/", "/?x=1"])
    func `the page is the file as it is`(target: String) async {
        for method in [HTTPRequest.Method.get, .head] {
            let response = await self.answer(method, target)
            #expect(response.head.status == .ok)
            #expect(response.head.headerFields[.contentType] == "text/html; charset=utf-8")
            #expect(self.text(response) == "<p>chat {{ no template language }}")
        }
    }

    @Test func `the page is read once`() async throws {
        try self.folder.write("changed", to: "templates/index.html")
        #expect(self.text(await self.answer(.get, "/")) == "<p>chat {{ no template language }}")
    }

    @Test func `OPTIONS names the methods`() async {
        let response = await self.answer(.options, "/")
        #expect(response.head.status == .ok)
        #expect(response.head.headerFields[.allow] == "OPTIONS, GET, HEAD")
        #expect(response.head.headerFields[.contentType] == "text/html; charset=utf-8")
        #expect(self.text(response) == "")
    }

    @Test(arguments: [HTTPRequest.Method.post, .put, .delete, .patch])
    func `other methods are refused in the original's words`(method: HTTPRequest.Method) async {
        let response = await self.answer(method, "/")
        #expect(response.head.status == .methodNotAllowed)
        #expect(response.head.headerFields[.allow] == "OPTIONS, GET, HEAD")
        #expect(response.head.headerFields[.contentType] == "text/html; charset=utf-8")
        let expected = """
            <!doctype html>
            <html lang=en>
            <title>405 Method Not Allowed</title>
            <h1>Method Not Allowed</h1>
            <p>The method is not allowed for the requested URL.</p>

            """
        #expect(self.text(response) == expected)
        #expect(response.body.readableBytes == 153)
    }

    @Test(arguments: [HTTPRequest.Method.get, .post, .options])
    func `an unknown path is not found, in the original's words`(method: HTTPRequest.Method) async {
        let response = await self.answer(method, "/nope")
        #expect(response.head.status == .notFound)
        #expect(response.head.headerFields[.contentType] == "text/html; charset=utf-8")
        #expect(self.text(response).hasPrefix("<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n"))
        #expect(response.body.readableBytes == 207)
    }

    @Test func `a page that cannot be read is an error in one line`() throws {
        let path = "\(self.folder.path)/nowhere"
        #expect {
            try Pages(templates: path)
        } throws: { error in
            "\(error)" == "cannot read \(path)/index.html: No such file or directory"
        }
        try self.folder.makeFolder("odd/index.html")
        #expect(throws: PageError.self) { try Pages(templates: "\(self.folder.path)/odd") }
    }

    // MARK: Files

    @Test(arguments: [
        ("/static/site.css", "body {}", "text/css; charset=utf-8"),
        ("/static/a/b.js?v=1", "deep", "text/javascript; charset=utf-8"),
        ("/static/%61/b%2Ejs", "deep", "text/javascript; charset=utf-8"),
    ])
    func `files come from the folder beside the templates`(target: String, text: String, type: String) async {
        let response = await self.answer(.get, target)
        #expect(response.head.status == .ok)
        #expect(self.text(response) == text)
        #expect(response.head.headerFields[.contentType] == type)
        #expect(response.head.headerFields[.xContentTypeOptions] == "nosniff")
    }

    @Test(arguments: [
        "/static/../secret.txt", "/static/%2e%2e/secret.txt", "/static/..%2fsecret.txt", "/static/a/../../secret.txt",
        "/static//secret.txt", "/static/./site.css", "/static/.git/config", "/static/site.css%00", "/static/",
        "/static", "/static/a", "/static/a/", "/static/nope.css", "/Static/site.css", "//static/site.css",
        "/static/site.css/", "/secret.txt", "/../secret.txt", "/templates/index.html", "/static/..\\secret.txt",
        "/static/a%D8%80/../site.css",
    ])
    func `nothing else is a file`(target: String) async {
        let response = await self.answer(.get, target)
        #expect(response.head.status == .notFound)
        #expect(response.body.readableBytes == 207)
    }

    @Test func `a file cannot be written to`() async {
        #expect(await self.answer(.post, "/static/site.css").head.status == .methodNotAllowed)
        #expect(await self.answer(.options, "/static/site.css").head.headerFields[.allow] == "OPTIONS, GET, HEAD")
    }

    @Test func `a file that a browser has is not sent again until it changes`() async throws {
        let tag = try #require(await self.answer(.get, "/static/site.css").head.headerFields[.eTag])
        for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
            let response = await self.answer(.get, "/static/site.css", [.ifNoneMatch: known])
            #expect(response.head.status == .notModified)
            #expect(response.head.headerFields[.eTag] == tag)
            #expect(self.text(response) == "")
        }
        #expect(await self.answer(.get, "/static/site.css", [.ifNoneMatch: "\"x\""]).head.status == .ok)
        try self.folder.write("body { margin: 0 }", to: "static/site.css")
        let changed = await self.answer(.get, "/static/site.css", [.ifNoneMatch: tag])
        #expect(changed.head.status == .ok)
        #expect(self.text(changed) == "body { margin: 0 }")
    }

    @Test(arguments: [
        ("a.PNG", "image/png"), ("x/y.svg", "image/svg+xml"), ("a.b/c", "application/octet-stream"),
        ("noext", "application/octet-stream"), ("a.tar.gz", "application/octet-stream"), ("f.woff2", "font/woff2"),
    ])
    func `types follow names`(name: String, type: String) {
        #expect(ContentType.of(name) == type)
    }
}
