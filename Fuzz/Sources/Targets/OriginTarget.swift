/// The origin of the page that makes a request, and the host that it is compared with.
@testable import EngineIO

extension FuzzTarget {
    /// Behind the origin come the host and the origins of a list, between bytes that are in no text.
    static let origin = FuzzTarget("origin") { input in
        let parts = input.parts()
        let texts = parts.map { String(decoding: $0, as: UTF8.self) }
        let (origin, host, listed) = (texts[0], texts.dropFirst().first, Array(texts.dropFirst(2)))
        let isWellFormed = origin.utf8.allSatisfy { $0 == 0x09 || $0 >= 0x20 && $0 != 0x7F }
        let isListed = listed.contains { Array($0.lowercased().utf8) == Array(origin.utf8) }
        for isSecure in [false, true] {
            let own = host.map { Array((isSecure ? "https://" : "http://").utf8) + Array($0.utf8) }
            let isOwn = own == Array(origin.utf8)
            let expected: [(policy: OriginPolicy, isAllowed: Bool)] = [
                (.any, true), (.sameOrigin, isOwn), (.list(listed), isListed), (.custom { _ in false }, false),
                (.sameOrigin(and: listed), isOwn || isListed),
            ]
            for (index, (policy, isAllowed)) in expected.enumerated() {
                try expectSame(
                    try input.bounded(perByte: 64) {
                        policy.allows(origin: origin, host: host, isSecure: isSecure)
                    },
                    isAllowed && isWellFormed,
                    "whether policy \(index) allows \(origin.debugDescription) at \(host.debugDescription)"
                )
                try expect(policy.allows(origin: nil, host: host, isSecure: isSecure), "no origin is refused")
            }
        }
    }
}
