/// What Linux knows of the threads of this process: how long each has run, and waited for a processor.
import NIOCore
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The accounts of all threads as a loop's thread sees them from turn to turn; zeros on other systems.
///
/// Made and used on that thread.
final class ThreadAccounts: Sendable {
    /// After how many turns it looks for threads that are new.
    private static let turnsPerSearch = 100

    private struct State {
        var time = NIODeadline.now()
        var own = Account()
        var others: [String: (file: CInt, waited: Int64)] = [:]
        var turns = 0
    }

    private struct Account {
        var ran: Int64 = 0
        var waited: Int64 = 0
    }

    private let file: CInt
    private let name: String
    private let state = Mutex(State())

    init() {
        self.file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)
        self.name = Self.nameOfThisThread
        self.state.withLock { $0.own = Self.read(self.file) ?? Account() }
    }

    deinit {
        close(self.file)
        self.state.withLock { state in
            for (file, _) in state.others.values { close(file) }
        }
    }

    /// The number that the system gave to the calling thread; empty when there is none.
    private static var nameOfThisThread: String {
        var bytes = [UInt8](repeating: 0, count: 128)
        let capacity = bytes.count
        let length = bytes.withUnsafeMutableBytes { buffer in
            readlink("/proc/thread-self", buffer.assumingMemoryBound(to: CChar.self).baseAddress!, capacity)
        }
        let parts = bytes.prefix(max(0, length)).split(separator: UInt8(ascii: "/"))
        return String(decoding: parts.last ?? [], as: UTF8.self)
    }

    /// What has passed since the last turn.
    func lap() -> Gap {
        self.state.withLock { state in
            let (now, account) = (NIODeadline.now(), Self.read(self.file) ?? state.own)
            let gap = Gap(
                gap: (now - state.time).nanoseconds,
                waited: account.waited - state.own.waited,
                ran: account.ran - state.own.ran,
                othersWaited: Self.longestWait(&state)
            )
            (state.time, state.own) = (now, account)
            state.turns += 1
            if state.turns % Self.turnsPerSearch == 1 { self.findThreads(&state) }
            return gap
        }
    }

    /// The longest wait of another thread since the last turn.
    ///
    /// A thread that has ended is forgotten.
    private static func longestWait(_ state: inout State) -> Int64 {
        var longest: Int64 = 0
        for (name, thread) in state.others {
            guard let account = self.read(thread.file) else {
                close(thread.file)
                state.others[name] = nil
                continue
            }
            longest = max(longest, account.waited - thread.waited)
            state.others[name] = (thread.file, account.waited)
        }
        return longest
    }

    private func findThreads(_ state: inout State) {
        guard let folder = opendir("/proc/self/task") else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !name.hasPrefix("."), name != self.name, state.others[name] == nil else { continue }
            let file = open("/proc/self/task/\(name)/schedstat", O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { continue }
            state.others[name] = (file, Self.read(file)?.waited ?? 0)
        }
    }

    /// The nanoseconds in which a thread has run, and in which it could have run and has not; `nil` when nobody knows.
    private static func read(_ file: CInt) -> Account? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = pread(file, &bytes, bytes.count, 0)
        let numbers = bytes.prefix(max(0, count)).split(separator: UInt8(ascii: " ")).map { digits in
            digits.reduce(into: Int64(0)) { $0 = $0 &* 10 &+ Int64($1) &- 48 }
        }
        return numbers.count < 2 ? nil : Account(ran: numbers[0], waited: numbers[1])
    }
}
