/// The answers to what keeps an eye on the process: is it alive, does it take clients?
import NIOCore
import NIOHTTP1

/// The answer to a request for one of the health paths.
enum HealthAnswer {
    case alive
    case ready
    /// The server is starting, or shutting down.
    case notReady
    case methodNotAllowed

    /// Decides about a request.
    ///
    /// Nil when the request is for neither of the paths.
    init?(to method: HTTPMethod, _ target: Substring, _ configuration: EngineIOConfiguration, isReady: Bool) {
        guard configuration.livenessPath != nil || configuration.readinessPath != nil else { return nil }
        let path = target.prefix { $0 != "?" }
        let answer: Self
        if configuration.livenessPath.map({ path == $0 }) ?? false {
            answer = .alive
        } else if configuration.readinessPath.map({ path == $0 }) ?? false {
            answer = isReady ? .ready : .notReady
        } else {
            return nil
        }
        self = method == .GET || method == .HEAD ? answer : .methodNotAllowed
    }

    var answer: Answer {
        switch self {
        case .alive, .ready: Self.text(.ok, "ok\n")
        case .notReady: Self.text(.serviceUnavailable, "not ready\n")
        case .methodNotAllowed: Self.text(.methodNotAllowed, "method not allowed\n", ["Allow": "GET, HEAD"])
        }
    }

    private static func text(_ status: HTTPResponseStatus, _ text: String, _ extra: HTTPHeaders = [:]) -> Answer {
        var headers: HTTPHeaders = ["Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"]
        headers.add(contentsOf: extra)
        return Answer(status: status, headers: headers, body: ByteBuffer(string: text))
    }
}
