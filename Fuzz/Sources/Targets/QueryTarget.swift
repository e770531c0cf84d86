/// A request's target: its query, its origin form, and the session ids in it.
import NIOCore

@testable import EngineIO

extension FuzzTarget {
    static let query = FuzzTarget("query") { input in
        let target = String(decoding: input.bytes, as: UTF8.self)
        let query = try input.bounded(perByte: 200) {
            Outcome { () throws(RequestRejection) in QueryParts(try Query(target: target)) }
        }
        let expected = referenceParameters(target)
        try expectSame(query == .failure(.badRequest), expected.count > Query.defaultMaximumParameters, "is it refused")
        if let parts = query.value {
            try expectSame(parts.all, expected, "parameters of \(target)")
            for (name, value) in [("EIO", parts.revision), ("transport", parts.transport), ("sid", parts.sid)] {
                try expectSame(
                    value,
                    expected.last { $0.name == Array(name.utf8) }.map { String(decoding: $0.value, as: UTF8.self) },
                    name
                )
            }
        }
        if let id = SessionID(target) { try expectSame(id.description, target, "a session id") }
    }
}

private struct QueryParts: Equatable {
    var revision: String?
    var transport: String?
    var sid: String?
    var all: [Parameter]

    init(_ query: Query) {
        self.revision = query.revision.map(String.init)
        self.transport = query.transport.map(String.init)
        self.sid = query.sid.map(String.init)
        self.all = query.all.map { Parameter(name: Array($0.name.utf8), value: Array($0.value.utf8)) }
    }
}

/// One parameter, told from others byte by byte.
private struct Parameter: Equatable {
    var name: [UInt8]
    var value: [UInt8]
}

extension Parameter {
    /// `text` is what stands between two `&`.
    fileprivate init(_ text: ArraySlice<UInt8>) {
        let end = text.firstIndex(of: UInt8(ascii: "=")) ?? text.endIndex
        self.name = Self.decoded(text[..<end])
        self.value = Self.decoded(text[end...].dropFirst())
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "+") {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%"), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
                let escaped = UInt8(digits, radix: 16)
            {
                bytes.append(escaped)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return Array(String(decoding: bytes, as: UTF8.self).utf8)
    }
}

private func referenceParameters(_ target: String) -> [Parameter] {
    let beforeFragment = Array(target.utf8).prefix { $0 != UInt8(ascii: "#") }
    guard let mark = beforeFragment.firstIndex(of: UInt8(ascii: "?")) else { return [] }
    return beforeFragment[(mark + 1)...].split(separator: UInt8(ascii: "&")).map(Parameter.init)
}
