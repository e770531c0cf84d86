/// Everything the chat answers over HTTP beside Socket.IO: the page, and the files that belong to it.
import EngineIO
import HTTPTypes
import NIOCore

/// The chat's page, read once, and its static files.
struct Pages: Sendable {
    /// Larger pages are a mistake.
    private static let pageLimit = 16 << 20

    private let index: ByteBuffer
    private let files: StaticFiles

    /// Reads the page.
    ///
    /// - Parameter templates: The folder with `index.html`. Files come from the folder `static` beside it, if there is
    ///   one.
    init(templates: String) throws(PageError) {
        let path = templates + "/index.html"
        do throws(FileError) {
            self.index = ByteBuffer(bytes: try FileContent(of: path, limit: Self.pageLimit).bytes)
        } catch {
            throw PageError(message: "cannot read \(path): \(error)")
        }
        self.files = StaticFiles(folder: templates + "/../static")
    }

    /// Answers a request.
    @Sendable
    func respond(to request: HTTPRequest, body: ByteBuffer) async -> ApplicationResponse {
        guard let path = RequestPath.decoded(request.path ?? "") else { return .pageNotFound }
        if path == "/" { return await self.answer(request) { .html(self.index) } }
        guard let name = StaticFiles.name(in: path) else { return .pageNotFound }
        return await self.answer(request) { await self.files.respond(to: request, name: name) }
    }

    private func answer(
        _ request: HTTPRequest,
        _ page: () async -> ApplicationResponse
    ) async -> ApplicationResponse {
        switch request.method {
        case .get, .head: await page()
        case .options: .options
        default: .methodNotAllowed
        }
    }
}

/// The page cannot be shown.
struct PageError: Error, CustomStringConvertible {
    let message: String
    var description: String { self.message }
}
