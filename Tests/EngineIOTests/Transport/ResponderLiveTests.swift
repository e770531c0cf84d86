/// The application's own pages, answered on the same port.
import EngineIO
import HTTPTypes
import NIOCore
import TestSupport
import Testing

extension LiveTests {
    @Suite struct ResponderLiveTests {
        private struct Broken: Error {}

        private static let responder: HTTPResponder = { request, body in
            await Task.yield()
            switch request.path {
            case "/echo":
                var headers: HTTPFields = [.contentType: "application/octet-stream", .location: "/there"]
                headers[HTTPField.Name("X-Method")!] = request.method.rawValue
                return ApplicationResponse(status: .created, headers: headers, body: body)
            case "/forged":
                let headers: HTTPFields = [.contentLength: "1", .transferEncoding: "chunked", .connection: "close"]
                return ApplicationResponse(headers: headers, body: ByteBuffer(string: "whole"))
            case "/none":
                return ApplicationResponse(status: .noContent)
            case "/none/204", "/none/304":
                let status: HTTPResponse.Status = request.path == "/none/204" ? .noContent : .notModified
                return ApplicationResponse(status: status, body: ByteBuffer(string: "unwanted"))
            case "/broken":
                throw Broken()
            default:
                return .text("\(request.path ?? "") \(request.authority ?? "")")
            }
        }

        private func withClient(_ body: (HTTPTestClient) async throws -> Void) async throws {
            var configuration = EngineIOConfiguration()
            configuration.maximumPayloadBytes = 1000
            try await withEngineServer(configuration, responder: Self.responder) { server in
                try await body(HTTPTestClient.connect(port: server.port))
            }
        }

        @Test func `a page is what the application says`() async throws {
            try await self.withClient { client in
                let response = try await client.request("GET", "/page?a=b", headers: [("Host", "chat.example")])
                #expect(response.status == 200)
                #expect(response.text == "/page?a=b chat.example")
                #expect(response["content-type"] == "text/plain; charset=utf-8")
                #expect(response["date"]?.hasSuffix(" GMT") == true)
            }
        }

        @Test func `status, headers and bodies pass both ways`() async throws {
            try await self.withClient { client in
                let response = try await client.request("POST", "/echo", body: "some bytes")
                #expect(response.status == 201)
                #expect(response.text == "some bytes")
                #expect(response["location"] == "/there")
                #expect(response["x-method"] == "POST")
                let found = try await client.request("PROPFIND", "/echo")
                #expect(found["x-method"] == "PROPFIND")
            }
        }

        @Test func `HEAD gets the headers of the page and its length, and nothing more`() async throws {
            try await self.withClient { client in
                let response = try await client.request("HEAD", "/page")
                #expect(response.status == 200)
                #expect(response["content-length"] == "\("/page 127.0.0.1".utf8.count)")
                #expect(response.body == [])
                #expect(try await client.request("GET", "/page").status == 200)
            }
        }

        @Test func `an answer without a body may have no length`() async throws {
            try await self.withClient { client in
                let response = try await client.request("GET", "/none")
                #expect(response.status == 204)
                #expect(response["content-length"] == nil)
                #expect(try await client.request("GET", "/page").status == 200)
            }
        }

        @Test(arguments: [204, 304], ["GET", "HEAD", "POST"])
        func `a body that the status has no room for is left out`(status: Int, method: String) async throws {
            try await self.withClient { client in
                // Sent ahead: had the first answer a body, the second would begin with it.
                for target in ["/none/\(status)", "/page"] { try await client.send(method, target) }
                let response = try await client.receive()
                #expect(response.status == status)
                #expect(response["content-length"] == nil)
                #expect(response["transfer-encoding"] == nil)
                let next = try await client.receive(isHead: method == "HEAD")
                #expect(next.status == 200)
                #expect(next.text == (method == "HEAD" ? "" : "/page 127.0.0.1"))
                try await client.connection.closeOutput()
                try await client.expectEnd()
            }
        }

        @Test func `an error is answered 500 without a word about it`() async throws {
            try await self.withClient { client in
                let response = try await client.request("GET", "/broken")
                #expect(response.status == 500)
                #expect(response.text == "Internal Server Error\n")
                #expect(try await client.request("GET", "/page").status == 200)
            }
        }

        @Test func `the framing of an answer is not the application's to choose`() async throws {
            try await self.withClient { client in
                let response = try await client.request("GET", "/forged")
                #expect(response.text == "whole")
                #expect(response["content-length"] == "5")
                #expect(response["connection"] == nil)
                #expect(try await client.request("GET", "/page").status == 200)
            }
        }

        @Test func `a body over the limit does not reach the application`() async throws {
            try await self.withClient { client in
                let body = String(repeating: "x", count: 1001)
                let refused = try await client.request("POST", "/echo", body: body)
                #expect(refused.status == 413)
                let allowed = String(body.dropFirst())
                let taken = try await client.request("POST", "/echo", body: allowed)
                #expect(taken.status == 201)
            }
        }

        @Test func `a target in absolute form reaches the application, and the server's own path`() async throws {
            try await self.withClient { client in
                let page = try await client.request(
                    "GET",
                    "http://chat.example/page",
                    headers: [("Host", "chat.example")]
                )
                #expect(page.status == 200)
                let open = try await client.request("GET", "http://chat.example/engine.io/?EIO=4&transport=polling")
                #expect(open.text.hasPrefix("0{"))
            }
        }

        @Test func `an answer that nobody waits for any more is dropped`() async throws {
            let started = EventLog<Int>()
            let goOn = EventLog<Int>()
            let responder: HTTPResponder = { request, _ in
                guard request.path == "/slow" else { return .text("quick") }
                started.append(1)
                try await goOn.count(1)
                return .text("slow")
            }
            try await withEngineServer(responder: responder) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                try await client.send("GET", "/slow")
                try await started.count(1)
                try await client.connection.reset()
                goOn.append(1)
                let other = try await HTTPTestClient.connect(port: server.port)
                #expect(try await other.request("GET", "/").text == "quick")
            }
        }

        @Test func `a slow answer holds up its own connection only`() async throws {
            let goOn = EventLog<Int>()
            let responder: HTTPResponder = { request, _ in
                if request.path == "/slow" { try await goOn.count(1) }
                return .text(request.path ?? "")
            }
            try await withEngineServer(threads: 1, responder: responder) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                try await client.send("GET", "/slow")
                try await client.send("GET", "/behind")
                let other = try await HTTPTestClient.connect(port: server.port)
                #expect(try await other.request("GET", "/other").text == "/other")
                goOn.append(1)
                #expect(try await client.receive().text == "/slow")
                #expect(try await client.receive().text == "/behind")
            }
        }

        @Test func `a shutdown lets the answer under way finish`() async throws {
            let started = EventLog<Int>()
            let goOn = EventLog<Int>()
            let responder: HTTPResponder = { _, _ in
                started.append(1)
                try await goOn.count(1)
                return .text("finished")
            }
            try await withEngineServer(responder: responder) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                try await client.send("GET", "/")
                try await started.count(1)
                async let end = server.server.shutDown(timeout: .seconds(10))
                try await eventually("no connection is taken any more") {
                    (try? await RawConnection.connect(port: server.port)) == nil
                }
                goOn.append(1)
                let response = try await client.receive()
                #expect(response.text == "finished")
                #expect(response["connection"] == "close")
                _ = await end
            }
        }
    }
}
