/// Newcomers and their names.
import Testing

@testable import ChatApp

@Suite struct MemberTests {
    /// Numbers that follow each other, spread over all bits.
    private struct Sequence: RandomNumberGenerator {
        var state: UInt64 = 1

        mutating func next() -> UInt64 {
            self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return self.state
        }
    }

    @Test func `a newcomer has a four-digit name and a picture of either kind`() throws {
        var generator = Sequence()
        let members = (0..<2000).map { _ in Member.random(avatarURL: "https://a.example/p", using: &generator) }
        var kinds: Set<Substring> = []
        for member in members {
            let number = try #require(Int(member.username.dropFirst("User_".count)))
            #expect(member.username == "User_\(number)")
            #expect((1000...9999).contains(number))
            let pattern = /https:\/\/a\.example\/p\/(girl|boy)\?username=(\w+)/
            let match = try #require(member.avatar.wholeMatch(of: pattern))
            #expect(match.2 == member.username)
            kinds.insert(match.1)
        }
        #expect(kinds == ["girl", "boy"])
        #expect(Set(members.map(\.username)).count > 1000)
    }
}
