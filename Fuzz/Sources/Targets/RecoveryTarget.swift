/// What a client says to come back: the id of its lost connection, and the last event it has seen.
import NIOCore

@testable import EngineIO
@testable import SocketIO

extension FuzzTarget {
    /// An offset of the event queue whose offsets begin with `p`, or a client's authentication as JSON.
    static let recovery = FuzzTarget("recovery") { input in
        var events = MissedEvents(prefix: "p", maximumCount: 3, maximumBytes: 1000)
        let everybody = KeptEvent.Target.selection(BroadcastSelection())
        for _ in 0..<5 {
            events.append(
                KeptEvent(unit: MessageUnit(text: "x"), target: everybody, observed: nil),
                until: .distantFuture
            )
        }
        let offset = String(decoding: input.bytes, as: UTF8.self)
        let expected = ["p2": 3, "p3": 2, "p4": 1, "p5": 0]
        var found: Int?
        if case .known(let number) = events.find(offset) {
            found = events.events(after: number, for: .random(), in: []).count
        }
        try expectSame(found, expected[offset], "events after \(offset)")

        let time = TimeSource(manual: ManualTime(timeOfDay: 0))
        let limits = LimitReporter(label: "fuzz", logger: quietLogger(), time: time)
        let settings = ConnectionStateRecovery()
        let store = RecoveryStore(settings: settings, mostMissedBytes: .max, limits: limits, time: time)
        store.giveBack(
            RecoveredSocket(
                socket: AbsentSocket(
                    id: .random(),
                    privateID: "pid",
                    rooms: [],
                    values: SocketValues(),
                    firstNumber: 0
                ),
                seenNumber: 0
            )
        )
        guard let auth = encodedValue(ByteBuffer(bytes: input.bytes), maximumDepth: 40) else { return }
        let recovered = try input.bounded(perByte: 300) { store.take(for: auth, beside: 0) }
        let pid = try auth.value["pid"]?.stringValue
        try expect(recovered == nil || pid == "pid", "\(auth) has brought back another socket")
    }
}
