/// Faults that the server can be told to have, so that one sees the driver find them.
import ArgumentParser
import SocketIO
import Synchronization

struct SoakFaultOptions: ParsableArguments {
    @Option(help: "Withhold each Nth message from its sender.")
    var loseEvery: Int?

    @Option(help: "Send each Nth message twice.")
    var doubleEvery: Int?

    @Option(help: "Send each Nth message behind the next one of its sender.")
    var swapEvery: Int?

    @Option(help: "Never free each Nth socket that sends a message.")
    var leakEvery: Int?

    @Option(help: "Block the event loop for 80 ms with each Nth message.")
    var blockEvery: Int?
}

/// A message on its way to a room.
struct Delivery: Sendable {
    var arguments: Arguments
    var isWithheldFromSender = false
}

/// Decides which message meets which fault.
final class SoakFaults: Sendable {
    private struct State {
        var messages = 0
        /// Messages that are held back, by the socket that sent them.
        var held: [SocketID: Arguments] = [:]
        var leaked: [Socket] = []
    }

    private let options: SoakFaultOptions
    private let isFaultless: Bool
    private let state = Mutex(State())

    init(_ options: SoakFaultOptions) {
        self.options = options
        let all = [
            options.loseEvery, options.doubleEvery, options.swapEvery, options.leakEvery, options.blockEvery,
        ]
        self.isFaultless = all.allSatisfy { $0 == nil }
    }

    /// What is sent instead of a message: without faults the message, once.
    func deliveries(of arguments: Arguments, from socket: Socket) -> [Delivery] {
        guard !self.isFaultless else { return [Delivery(arguments: arguments)] }
        let number = self.state.withLock { state in
            state.messages += 1
            if Self.hits(self.options.leakEvery, state.messages) { state.leaked.append(socket) }
            return state.messages
        }
        if Self.hits(self.options.blockEvery, number) { Self.block() }
        let isLost = Self.hits(self.options.loseEvery, number)
        let copies = Self.hits(self.options.doubleEvery, number) ? 2 : 1
        let messages = self.swap(arguments, from: socket, number: number)
        return messages.flatMap { message in
            Array(repeating: Delivery(arguments: message, isWithheldFromSender: isLost), count: copies)
        }
    }

    private func swap(_ arguments: Arguments, from socket: Socket, number: Int) -> [Arguments] {
        self.state.withLock { state in
            if let held = state.held.removeValue(forKey: socket.id) { return [arguments, held] }
            guard Self.hits(self.options.swapEvery, number) else { return [arguments] }
            state.held[socket.id] = arguments
            return []
        }
    }

    private static func hits(_ interval: Int?, _ number: Int) -> Bool {
        guard let interval, interval > 0 else { return false }
        return number.isMultiple(of: interval)
    }

    private static func block() {
        let end = ContinuousClock.now + .milliseconds(80)
        while ContinuousClock.now < end {}
    }
}
