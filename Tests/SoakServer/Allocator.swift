/// The C library's allocator, in what the standard header does not declare.
import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// Looked up by name: another allocator may stand in its place, or another C library.
enum Allocator {
    /// Gives back to the system what is not in use.
    ///
    /// - Returns: Whether that is possible.
    static func trim() -> Bool {
        typealias Trim = @convention(c) (Int) -> CInt
        guard let symbol = dlsym(nil, "malloc_trim") else { return false }
        _ = unsafeBitCast(symbol, to: Trim.self)(0)
        return true
    }

    #if canImport(Glibc)
    /// The bytes that were allocated and not freed; `nil` when they are not known.
    static var bytesInUse: Int? {
        typealias Info = @convention(c) (CInt, UnsafeMutablePointer<FILE>) -> CInt
        guard let symbol = dlsym(nil, "malloc_info") else { return nil }
        var text: UnsafeMutablePointer<CChar>?
        var length = 0
        guard let stream = open_memstream(&text, &length) else { return nil }
        let status = unsafeBitCast(symbol, to: Info.self)(0, stream)
        fclose(stream)
        defer { free(text) }
        guard status == 0, let text else { return nil }
        return Self.bytesInUse(report: String(cString: text))
    }

    /// What the system gave, without what lies free; the totals stand behind the last arena.
    private static func bytesInUse(report: String) -> Int? {
        guard let totals = report.range(of: "</heap>\n<total", options: .backwards) else { return nil }
        var (given, unused) = (0, 0)
        for line in report[totals.lowerBound...].split(separator: "\n") {
            guard let size = line.firstRange(of: "size=\"") else { continue }
            guard let bytes = Int(line[size.upperBound...].prefix { $0.isNumber }) else { return nil }
            if line.hasPrefix("<system type=\"current\"") || line.hasPrefix("<total type=\"mmap\"") { given += bytes }
            if line.hasPrefix("<total type=\"fast\"") || line.hasPrefix("<total type=\"rest\"") { unused += bytes }
        }
        return given - unused
    }
    #else
    /// Only one allocator says how much is in use.
    static var bytesInUse: Int? { nil }
    #endif
}
