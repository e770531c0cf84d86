/// The cookie that a server is told to set; the server reads none.
@testable import EngineIO

extension FuzzTarget {
    /// Name, domain and path: what is not refused must say what it is meant to, and write no header of its own.
    static let cookie = FuzzTarget("cookie") { input in
        let texts = input.parts().map { String(decoding: $0, as: UTF8.self) }
        var cookie = CookieConfiguration(
            name: texts[0],
            domain: texts.dropFirst().first,
            path: texts.dropFirst(2).first
        )
        cookie.maxAge = .seconds(input.bytes.count)
        var configuration = EngineIOConfiguration()
        configuration.cookie = cookie
        do throws(EngineIOError) {
            try configuration.validate()
        } catch {
            return try expectSame(error.code, .invalidConfiguration, "how it is refused")
        }
        let id = SessionID()
        let value = try input.bounded(perByte: 64) { cookie.headerValue(for: id) }
        try expect(value.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "characters that are in no header: \(value)")
        let expected = [
            "\(cookie.name)=\(id)", "Max-Age=\(input.bytes.count)", cookie.domain.map { "Domain=\($0)" },
            cookie.path.map { "Path=\($0)" }, "HttpOnly", "SameSite=Lax",
        ]
        let parts = value.split(separator: ";", omittingEmptySubsequences: false).enumerated()
        try expectSame(
            parts.map { $0 == 0 ? String($1) : String($1.dropFirst()) },
            expected.compactMap(\.self),
            "what the cookie says"
        )
    }
}
