/// The options that all modes share.
import ArgumentParser

struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server's IPv4 address, which must be this machine's.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: "The server's port.")
    var port: Int

    @Option(help: "The path of the server's Socket.IO endpoint.")
    var path = "/socket.io/"

    @Option(help: ArgumentHelp("A header for every request, 'Name: value'; may be given again.", valueName: "line"))
    var header: [String] = []

    @Option(help: ArgumentHelp("What to send as authentication when connecting.", valueName: "json"))
    var auth = ""

    @Flag(help: "Allow a server on another machine.")
    var allowRemote = false

    @Option(help: ArgumentHelp("The server's process, whose children count too; may be given again.", valueName: "pid"))
    var serverPid: [Int32] = []

    @Option(help: ArgumentHelp("The processor to run the generator on.", valueName: "number"))
    var cpu: Int?

    @Option(help: "How long to measure, in seconds.")
    var seconds = 5.0

    @Option(help: "How long to work before measuring, in seconds.")
    var warmup = 1.0

    @Option(help: "How long to wait at the end for what is outstanding, in seconds.")
    var drain = 2.0

    @Option(help: "The limit for everything together, in seconds (default: what the other limits add up to).")
    var timeout: Double?

    @Option(help: "How many clients may connect at the same time, before the measurement.")
    var parallel = 32

    @Option(help: "The size of a message's text, in bytes.")
    var payload = 64

    @Flag(help: "Never sleep while working: keeps wake-ups out of the server's time.")
    var spin = false

    @Flag(help: "Print the result as one line of JSON.")
    var json = false

    func validate() throws {
        guard (1...65_535).contains(self.port) else { throw ValidationError("--port must be between 1 and 65535") }
        guard let target = self.target else { throw ValidationError("--host must be an IPv4 address or localhost") }
        guard target.isLoopback || self.allowRemote else {
            throw ValidationError("--host must be a loopback address, unless --allow-remote is given")
        }
        guard self.path.hasPrefix("/"), !self.path.contains(where: { " ?\r\n".contains($0) }) else {
            throw ValidationError("--path must begin with a slash and have no query")
        }
        guard self.header.allSatisfy({ $0.contains(":") && !$0.contains("\r") && !$0.contains("\n") }) else {
            throw ValidationError("--header must be one line with a colon")
        }
        guard (Payload.minimum...10_000_000).contains(self.payload) else {
            throw ValidationError("--payload must be between \(Payload.minimum) and 10000000")
        }
        guard (1...10_000).contains(self.parallel) else {
            throw ValidationError("--parallel must be between 1 and 10000")
        }
        let times = [self.seconds, self.warmup, self.drain, self.timeout ?? 1]
        guard self.seconds > 0, times.allSatisfy({ $0 >= 0 && $0 <= 86_400 }) else {
            throw ValidationError("times must be between 0 and 86400 seconds, and --seconds more than 0")
        }
    }

    var target: Target? {
        Target(host: self.host, port: self.port, path: self.path, headers: self.header, authentication: self.auth)
    }
}
