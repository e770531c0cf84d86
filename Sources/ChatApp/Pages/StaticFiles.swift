/// The files that belong to the page: pictures, styles, scripts.
import EngineIO
import HTTPTypes
import NIOCore

/// Serves the files of one folder, and nothing outside it.
///
/// A file is read when it is asked for, and shared by all who ask for it: see ``FileCache``.
struct StaticFiles: Sendable {
    private static let prefix = "/static/"

    let folder: String
    private let cache = FileCache()

    /// Serves a folder.
    init(folder: String) {
        self.folder = folder
    }

    /// The name of the file that a path asks for; nothing when the path does not lead into the folder.
    ///
    /// A name that could lead out again is none: no part of it may be empty, `.` or `..`. Parts that begin with a dot
    /// are hidden files, such as those of version control, and not served either.
    static func name(in path: String) -> String? {
        // By bytes, as the file system reads it: a mark behind a slash makes one character with it.
        guard path.utf8.starts(with: Self.prefix.utf8), !path.utf8.contains(0) else { return nil }
        let name = path.utf8.dropFirst(Self.prefix.utf8.count)
        let parts = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.allSatisfy({ $0.first != nil && $0.first != UInt8(ascii: ".") }) else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    /// Answers a request for a file.
    ///
    /// - Parameter name: What ``name(in:)`` has found.
    func respond(to request: HTTPRequest, name: String) async -> ApplicationResponse {
        let known = request.headerFields[.ifNoneMatch]
        let found = try? await self.cache.file(at: "\(self.folder)/\(name)") { Self.lists(known, Self.tag($0)) }
        guard let file = found else { return .pageNotFound }
        // Browsers keep the file and ask each time whether it is still the same.
        let headers: HTTPFields = [
            .eTag: Self.tag(file.version), .cacheControl: "no-cache", .xContentTypeOptions: "nosniff",
        ]
        guard let content = file.content else { return ApplicationResponse(status: .notModified, headers: headers) }
        var response = ApplicationResponse(headers: headers, body: content)
        response.head.headerFields[.contentType] = ContentType.of(name)
        return response
    }

    private static func tag(_ version: String) -> String { "\"\(version)\"" }

    /// Whether `If-None-Match` names the version (RFC 9110 §13.1.2).
    private static func lists(_ field: String?, _ tag: String) -> Bool {
        guard let field else { return false }
        return field.split(separator: ",").contains { entry in
            let entry = entry.drop { $0 == " " }.prefix { $0 != " " }
            return entry == "*" || entry == tag || entry == "W/\(tag)"
        }
    }
}

/// A file, read whole.
struct FileContent: Sendable {
    let bytes: [UInt8]
    /// Changes when the file does.
    let version: String

    init(of path: String, limit: Int) throws(FileError) {
        let file = try FileDescriptor(reading: path)
        defer { file.close() }
        let status = try file.status(ofFileUpTo: limit)
        self.bytes = try file.read(atMost: status.byteCount)
        self.version = status.version
    }
}

/// What browsers are told about a file's content.
enum ContentType {
    /// The type by the name's ending.
    static func of(_ name: String) -> String {
        let base = name.split(separator: "/").last ?? ""
        guard let dot = base.lastIndex(of: ".") else { return Self.unknown }
        return Self.types[base[base.index(after: dot)...].lowercased()] ?? Self.unknown
    }

    private static let unknown = "application/octet-stream"

    private static let types = [
        "avif": "image/avif", "css": "text/css; charset=utf-8", "gif": "image/gif",
        "htm": "text/html; charset=utf-8", "html": "text/html; charset=utf-8", "ico": "image/x-icon",
        "jpeg": "image/jpeg", "jpg": "image/jpeg", "js": "text/javascript; charset=utf-8",
        "json": "application/json", "map": "application/json", "mjs": "text/javascript; charset=utf-8",
        "mp3": "audio/mpeg", "mp4": "video/mp4", "oga": "audio/ogg", "ogg": "audio/ogg", "otf": "font/otf",
        "pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml", "ttf": "font/ttf",
        "txt": "text/plain; charset=utf-8", "wasm": "application/wasm", "wav": "audio/wav", "webm": "video/webm",
        "webmanifest": "application/manifest+json", "webp": "image/webp", "woff": "font/woff", "woff2": "font/woff2",
        "xml": "application/xml",
    ]
}
