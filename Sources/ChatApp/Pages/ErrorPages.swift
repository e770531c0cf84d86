/// The pages for what is not there, in the words of the original.
import EngineIO
import HTTPTypes
import NIOCore

extension ApplicationResponse {
    /// A page of HTML.
    static func html(
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:],
        _ body: ByteBuffer
    ) -> ApplicationResponse {
        var headers = headers
        headers[.contentType] = "text/html; charset=utf-8"
        return ApplicationResponse(status: status, headers: headers, body: body)
    }

    /// There is no such page.
    static var pageNotFound: ApplicationResponse {
        let explanation = """
            The requested URL was not found on the server. \
            If you entered the URL manually please check your spelling and try again.
            """
        return .error(.notFound, "Not Found", explanation)
    }

    /// There is such a page, but nothing can be sent to it.
    static var methodNotAllowed: ApplicationResponse {
        let explanation = "The method is not allowed for the requested URL."
        var response = Self.error(.methodNotAllowed, "Method Not Allowed", explanation)
        response.head.headerFields[.allow] = Self.allowedMethods
        return response
    }

    /// What can be done with a page.
    static var options: ApplicationResponse { .html(headers: [.allow: Self.allowedMethods], ByteBuffer()) }

    private static var allowedMethods: String { "OPTIONS, GET, HEAD" }

    private static func error(
        _ status: HTTPResponse.Status,
        _ title: String,
        _ explanation: String
    ) -> ApplicationResponse {
        let page = """
            <!doctype html>
            <html lang=en>
            <title>\(status.code) \(title)</title>
            <h1>\(title)</h1>
            <p>\(explanation)</p>

            """
        return .html(status: status, ByteBuffer(string: page))
    }
}
