/// The modes on the command line: their options, and what they start.
import ArgumentParser

private func check(_ connections: Int, _ others: Int...) throws {
    guard ([connections] + others).allSatisfy({ (1...100_000).contains($0) }) else {
        throw ValidationError("numbers of connections and messages must be between 1 and 100000")
    }
}

struct Echo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Events that the server acknowledges with their own argument; one operation is a round trip."
    )

    @OptionGroup var options: CommonOptions

    @Option(name: .shortAndLong, help: "The number of clients.")
    var connections = 50

    @Option(name: .shortAndLong, help: "How many events of a client are outstanding.")
    var window = 1

    @Option(help: "The event's name.")
    var event = "echo"

    @Flag(help: "Send an object with the fields text, kind, number, time and isLast instead of a string.")
    var object = false

    func validate() throws { try check(self.connections, self.window) }

    func run() throws {
        let run = try Run(mode: "echo", operation: "round trip", options: self.options)
        let load = EchoLoad(
            run: run,
            connections: self.connections,
            window: self.window,
            event: self.event,
            sendsObjects: self.object
        )
        try load.perform()
    }
}

struct Polling: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "As echo, over HTTP long polling only; one operation is a round trip."
    )

    @OptionGroup var options: CommonOptions

    @Option(name: .shortAndLong, help: "The number of clients.")
    var connections = 50

    @Option(name: .shortAndLong, help: "How many events of a client are outstanding.")
    var window = 1

    @Option(help: "The event's name.")
    var event = "echo"

    @Flag(help: "Always have a GET waiting and POST over a second connection, as browsers do.")
    var dual = false

    func validate() throws { try check(self.connections, self.window) }

    func run() throws {
        let run = try Run(mode: "polling", operation: "round trip", options: self.options)
        let load = PollingLoad(
            run: run,
            connections: self.connections,
            window: self.window,
            event: self.event,
            dual: self.dual
        )
        try load.perform()
    }
}

struct FanOutOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The number of clients, all of which receive every message.")
    var connections = 200

    @Option(help: "How many of the clients send.")
    var senders = 1

    @Option(help: "How many messages of a sender are under way; the next is sent when everybody has one.")
    var outstanding = 1

    @Flag(help: "The server leaves the sender out.")
    var excludeSender = false

    @Flag(help: "Allow messages to overtake others of the same sender; they are only counted.")
    var anyOrder = false

    func validate() throws {
        try check(self.connections, self.senders, self.outstanding)
        guard self.senders <= self.connections else { throw ValidationError("--senders must not exceed --connections") }
        guard !self.excludeSender || self.connections > 1 else {
            throw ValidationError("--exclude-sender needs at least two --connections")
        }
    }
}

struct Broadcast: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Events that the server emits to everybody unchanged; one operation is a delivery."
    )

    @OptionGroup var options: CommonOptions
    @OptionGroup var fanOut: FanOutOptions

    @Option(help: "The event's name.")
    var event = "msg"

    func run() throws {
        let run = try Run(mode: "broadcast", operation: "delivery", options: self.options)
        try FanOutLoad(run: run, options: self.fanOut, event: BroadcastEvent(name: self.event)).perform()
    }
}

struct Chat: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Messages of the chat, send_message to new_message; one operation is a delivery."
    )

    @OptionGroup var options: CommonOptions
    @OptionGroup var fanOut: FanOutOptions

    func run() throws {
        let run = try Run(mode: "chat", operation: "delivery", options: self.options)
        try FanOutLoad(run: run, options: self.fanOut, event: ChatEvent()).perform()
    }
}

extension Route: ExpressibleByArgument {}

struct Connect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Clients that connect, and leave when they have; one operation is a connection."
    )

    @OptionGroup var options: CommonOptions

    @Option(name: .shortAndLong, help: "How many clients connect at the same time.")
    var connections = 16

    @Option(help: "How they connect.")
    var via = Route.upgrade

    @Flag(help: "Have an echo event acknowledged before leaving, as a part of the operation.")
    var verify = false

    func validate() throws {
        try check(self.connections)
        guard !self.verify || self.via != .polling else { throw ValidationError("--verify needs a WebSocket") }
    }

    func run() throws {
        let run = try Run(mode: "connect", operation: "connection", options: self.options)
        try ConnectLoad(run: run, connections: self.connections, route: self.via, verifies: self.verify).perform()
    }
}

struct Idle: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Clients that only answer pings: memory of the server for each; one operation is a client's second."
    )

    @OptionGroup var options: CommonOptions

    @Option(name: .shortAndLong, help: "The number of clients.")
    var connections = 10_000

    func validate() throws { try check(self.connections) }

    func run() throws {
        let run = try Run(mode: "idle", operation: "client second", options: self.options)
        try IdleLoad(run: run, connections: self.connections).perform()
    }
}
