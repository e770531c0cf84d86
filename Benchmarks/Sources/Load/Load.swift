/// An end-to-end load generator for Socket.IO servers: verifies every answer, measures what the server spent.
import ArgumentParser
import Foundation

@main
struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Load",
        abstract: "Puts load on a Socket.IO server, verifies every answer and measures what the server spent.",
        discussion: """
            The exit status is 0 when everything was right, 1 when something was wrong, 2 for wrong usage and 3 when \
            the limit of time was reached.
            """,
        subcommands: [Echo.self, Broadcast.self, Chat.self, Connect.self, Idle.self, Polling.self]
    )

    static func main() {
        do {
            var command = try self.parseAsRoot()
            try command.run()
        } catch let end as RunEnd {
            Foundation.exit(end.status)
        } catch {
            let isHelp = self.exitCode(for: error) == .success
            if isHelp {
                print(self.fullMessage(for: error))
            } else {
                printError(self.fullMessage(for: error))
            }
            Foundation.exit(isHelp ? 0 : RunEnd.wrongUsage.status)
        }
    }
}

func printError(_ text: String) {
    FileHandle.standardError.write(Data("\(text)\n".utf8))
}

/// How a run ends that is not simply good.
enum RunEnd: Error {
    case faulty
    case wrongUsage
    case outOfTime

    var status: Int32 {
        switch self {
        case .faulty: 1
        case .wrongUsage: 2
        case .outOfTime: 3
        }
    }
}
