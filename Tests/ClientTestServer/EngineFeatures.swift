/// What clients see of the engine: the handshake, added headers, refused requests.
import EngineIO
import HTTPTypes
import NIOCore
import SocketIO

/// Hooks of the engine, and what handlers know of the first request.
enum EngineFeatures {
    /// Adds headers to answers, refuses who asks for it, and tells of what was refused.
    static func add(to engine: inout EngineIOConfiguration, _ reports: Reports) {
        engine.initialHeaders = { _ in [HTTPField.Name("x-first")!: "first answer"] }
        engine.headers = { _ in [HTTPField.Name("x-every")!: "every answer"] }
        engine.requestMiddlewares.append { request in
            guard request.queryValue("middleware") == "answers" else { return .proceed }
            return .answer(.text(status: .unauthorized, "who?"))
        }
        engine.allowRequest = { request in
            request.queryValue("admission") == "none" ? .refuse(message: "not today") : .allow
        }
        engine.onRefusedRequest = { refused in
            let report = Report(
                kind: "refused",
                code: refused.code,
                message: refused.message,
                context: refused.context
            )
            reports.send(report, about: refused.request.queryValue("key"))
        }
    }

    /// Adds an event that is acknowledged with what is known of the client.
    static func addHandshake(to registry: some HandlerRegistry) {
        registry.acknowledge("handshake") { socket, _ -> [Value]? in
            let handshake = socket.handshake
            let query = handshake.request.query.map { ($0.name, Value.string($0.value)) }
            let headers = handshake.headers.map { ($0.name.canonicalName, Value.string($0.value)) }
            return [
                [
                    "url": .string(handshake.url), "query": .object(Value.Object(query)),
                    "headers": .object(Value.Object(headers)), "address": .string(handshake.address),
                    "time": .double(handshake.time), "secure": .bool(handshake.isSecure),
                    "auth": try handshake.auth?.value ?? [:],
                ]
            ]
        }
    }

    /// An empty page, for clients in a browser.
    @Sendable
    static func answer(_ request: HTTPRequest, _ body: ByteBuffer) async -> ApplicationResponse {
        guard request.path == "/" else { return .text(status: .notFound, "Not Found\n") }
        let page = ByteBuffer(staticString: "<!doctype html><link rel=\"icon\" href=\"data:,\"><title>Features</title>")
        return ApplicationResponse(headers: [.contentType: "text/html; charset=utf-8"], body: page)
    }
}
