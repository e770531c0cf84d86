/// Health paths: what keeps an eye on the process gets short answers, and nobody else notices them.
import HTTPTypes
import TestSupport
import Testing

@testable import EngineIO

extension LiveTests {
    @Suite struct HealthLiveTests {
        private func configuration(_ change: (inout EngineIOConfiguration) -> Void = { _ in }) -> EngineIOConfiguration
        {
            var configuration = EngineIOConfiguration()
            configuration.livenessPath = "/healthz"
            configuration.readinessPath = "/readyz"
            change(&configuration)
            return configuration
        }

        @Test(arguments: ["/healthz", "/readyz", "/healthz?verbose", "/readyz?"])
        func `a running server is alive and ready`(target: String) async throws {
            try await withEngineServer(self.configuration()) { server in
                #expect(server.server.isReady)
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", target)
                #expect(response.status == 200)
                #expect(response.text == "ok\n")
                #expect(response["content-type"] == "text/plain; charset=utf-8")
                #expect(response["cache-control"] == "no-store")
                let head = try await client.request("HEAD", target)
                #expect(head.status == 200)
                #expect(head["content-length"] == "3")
            }
        }

        @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS"])
        func `other methods are refused, and the connection goes on`(method: String) async throws {
            try await withEngineServer(self.configuration()) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request(method, "/readyz", body: "ignored")
                #expect(response.status == 405)
                #expect(response["allow"] == "GET, HEAD")
                #expect(try await client.request("GET", "/readyz").status == 200)
            }
        }

        @Test func `the application and other origins have no say`() async throws {
            let configuration = self.configuration { configuration in
                configuration.cors.origins = .any
                configuration.cors.allowsCredentials = true
                configuration.requestMiddlewares = [{ _ in .answer(.text(status: .unauthorized, "who?")) }]
                configuration.headers = { _ in [.server: "ours"] }
            }
            let responder: HTTPResponder = { _, _ in .text("application") }
            try await withEngineServer(configuration, responder: responder) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", "/healthz", headers: [("Origin", "http://a.example")])
                #expect(response.text == "ok\n")
                #expect(response["access-control-allow-origin"] == nil)
                #expect(response["server"] == nil)
                #expect(try await client.request("GET", "/healthz/more").text == "application")
                #expect(try await client.request("GET", "/health").text == "application")
            }
        }

        @Test func `a client that may not ask for anything else may ask for these`() async throws {
            let configuration = self.configuration { $0.limits.openRequestsPerAddress = 1 }
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPoll()
                let session = try await server.session(client.sid)
                try await eventually("the poll waits") { session.holdsPoll }
                #expect(try await client.posts.request("GET", "/page").status == 429)
                for path in ["/healthz", "/readyz"] {
                    #expect(try await client.posts.request("GET", path).status == 200)
                    #expect(try await client.posts.request("POST", path).status == 405)
                }
                #expect(server.server.limits.count(of: .openRequestsPerAddress) == 1)
            }
        }

        @Test func `by default the application gets these requests, too`() async throws {
            let responder: HTTPResponder = { request, _ in .text(request.path ?? "") }
            try await withEngineServer(responder: responder) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                for path in ["/healthz", "/readyz"] { #expect(try await client.request("GET", path).text == path) }
            }
        }

        @Test func `one of the two paths may be asked for alone`() async throws {
            let configuration = self.configuration { $0.livenessPath = nil }
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                #expect(try await client.request("GET", "/readyz").status == 200)
                #expect(try await client.request("GET", "/healthz").status == 404)
            }
        }

        @Test func `a server that shuts down is alive but not ready`() async throws {
            let clock = ManualShutdown()
            try await withEngineServer(self.configuration(), clock: clock) { server in
                // Two sessions, so that one of them is there until the drain is over.
                let first = try await PollingTestClient.connect(port: server.port)
                let second = try await PollingTestClient.connect(port: server.port)
                try await first.post("3")
                let shutdown = Task {
                    await server.server.shutDown(drainDuration: .seconds(10), timeout: .seconds(3))
                }
                try await clock.next(is: .seconds(5))
                #expect(!server.server.isReady)
                let response = try await first.posts.request("GET", "/readyz")
                #expect(response.status == 503)
                #expect(response.text == "not ready\n")
                #expect(try await first.posts.request("GET", "/healthz").status == 200)
                await clock.move(to: .seconds(5))
                for client in [first, second] { #expect(try await client.poll() == ["1"]) }
                #expect(await shutdown.value.isComplete)
            }
        }

        @Test func `a server that has not started is not ready`() throws {
            let server = try EngineIOServer(threads: 1, logger: quietLogger()) {
                SessionRecorder(log: EventLog(), reaction: SessionRecorder.silent)
            }
            #expect(!server.isReady)
        }
    }
}
