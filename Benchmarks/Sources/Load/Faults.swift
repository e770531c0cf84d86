/// What was wrong in a run, counted by kind, with the first of each described.
enum Fault: String, CaseIterable {
    /// Never arrived.
    case lost
    /// Arrived again.
    case duplicate
    /// Arrived with other contents than expected.
    case corrupt
    /// Overtook an earlier message of the same sender.
    case reordered
    /// Answers nothing that was asked.
    case unexpected
    /// The server ended a connection.
    case closed
    /// The server refused a connection or a request.
    case refused
    /// The server broke a rule of HTTP, WebSocket, Engine.IO or Socket.IO.
    case violation
    /// Something that is due did not come in time.
    case late
    /// The generator's own system calls failed.
    case system
}

/// The thing that a connection failed of.
struct Problem: Error {
    let fault: Fault
    let text: String

    init(_ fault: Fault, _ text: String) {
        self.fault = fault
        self.text = text
    }
}

final class Faults {
    private(set) var counts: [Fault: Int] = [:]
    private(set) var examples: [String] = []
    private static let examplesOfEachKind = 3

    var total: Int { self.counts.values.reduce(0, +) }

    func record(_ fault: Fault, _ description: @autoclosure () -> String, times: Int = 1) {
        let before = self.counts[fault, default: 0]
        self.counts[fault] = before + times
        if before < Self.examplesOfEachKind {
            self.examples.append("\(fault.rawValue): \(description())")
        }
    }

    func record(_ problem: Problem) {
        self.record(problem.fault, problem.text)
    }
}
