/// Acknowledgements of a broadcast that other servers take part in.
import EngineIO
import Synchronization
import TestSupport
import Testing

@testable import SocketIO

@Suite(.timeLimit(.minutes(1))) struct PendingBroadcastTests {
    private let sockets: LooseSockets
    private let adapter = ClusterStub()

    init() throws {
        self.sockets = try LooseSockets(adapter: self.adapter)
    }

    private func emit(timeout: Duration = .seconds(3600)) throws -> (AckCollector, BroadcastAnswers<Int>) {
        let answers = try self.sockets.namespace.timeout(timeout).emitWithAck(AckEvent<Int>("ask"))
        return (try #require(self.adapter.collectors.all.last), answers)
    }

    @Test func `the receivers of all announced servers are waited for`() async throws {
        let (collector, answers) = try self.emit()
        collector.serverReported(receivers: 2)
        collector.receive(try EncodedValue(1), from: SocketID(rawValue: "one"))
        collector.receive(try EncodedValue(2), from: nil)
        #expect(collector.pending.end == nil)
        // An answer may overtake the number.
        collector.receive(try EncodedValue(3), from: SocketID(rawValue: "three"))
        #expect(collector.pending.end == nil)
        collector.serverReported(receivers: 1)
        #expect(collector.pending.end == .complete)
        let replies = try await answers.collected()
        #expect(replies.replies == [1, 2, 3])
        #expect(replies.bySocket == [SocketID(rawValue: "one"): 1, SocketID(rawValue: "three"): 3])
        #expect(replies.isComplete)
    }

    @Test func `servers without receivers end the wait as well`() async throws {
        let (collector, answers) = try self.emit()
        collector.serverReported(receivers: 0)
        collector.serverReported(receivers: 0)
        #expect(try await answers.collected().isComplete)
    }

    @Test func `who is missing elsewhere is counted when the time is up`() async throws {
        let (collector, answers) = try self.emit(timeout: .milliseconds(30))
        collector.serverReported(receivers: 3)
        collector.receive(try EncodedValue(1), from: nil)
        collector.receiveDisconnect(of: nil)
        let replies = try await answers.collected()
        #expect(replies.replies == [1])
        #expect(replies.missingElsewhere == 2)
        #expect(replies.silentServers == 1)
        #expect(!replies.isComplete)
        collector.serverReported(receivers: 1)
        collector.receive(try EncodedValue(2), from: nil)
        #expect(collector.pending.end == .timedOut)
    }

    @Test func `a socket that left elsewhere is named when it is known`() async throws {
        let (collector, answers) = try self.emit()
        collector.serverReported(receivers: 1)
        collector.serverReported(receivers: 1)
        collector.receiveDisconnect(of: SocketID(rawValue: "gone"))
        collector.receive(nil, from: SocketID(rawValue: "silent"))
        #expect(
            try await answers.collected().failures.mapValues(\.code) == [
                SocketID(rawValue: "gone"): .disconnected, SocketID(rawValue: "silent"): .invalidAcknowledgement,
            ]
        )
    }

    @Test func `sockets that have left are no receivers, and a socket is asked once`() async throws {
        let (collector, answers) = try self.emit()
        let (gone, there) = (self.sockets.socket(), self.sockets.socket())
        gone.leave(.transportClose)
        collector.send(self.adapter.packets.all[0], to: [gone, there], flags: BroadcastFlags())
        collector.serverReported(receivers: 0)
        collector.serverReported(receivers: 0)
        #expect(gone.session.outboxBytes == 0)
        #expect(there.session.outboxBytes > 0)
        #expect(collector.pending.end == nil)
        there.receive(ack: collector.pending.id, arguments: Arguments(try EncodedValue(5)))
        #expect(collector.pending.end == .complete)
        #expect(try await answers.collected().bySocket == [there.id: 5])
    }

    @Test func `what is sent when it is over is not sent, and nothing is remembered`() throws {
        let (collector, answers) = try self.emit()
        withExtendedLifetime(answers) {
            collector.serverReported(receivers: 0)
            collector.serverReported(receivers: 0)
        }
        let socket = self.sockets.socket()
        collector.send(self.adapter.packets.all[0], to: [socket], flags: BroadcastFlags())
        #expect(socket.session.outboxBytes == 0)
        #expect(socket.state.withLock { $0.acks.isEmpty })
    }
}

/// An adapter that knows of two other servers, and of no sockets.
private final class ClusterStub: ForwardingAdapter {
    let base = InMemoryAdapter()
    let collectors = EventLog<AckCollector>()
    let packets = EventLog<BroadcastPacket>()

    func broadcast(
        _ packet: BroadcastPacket,
        to selection: BroadcastSelection,
        flags: BroadcastFlags,
        collecting collector: AckCollector
    ) {
        collector.expectServers(2)
        self.collectors.append(collector)
        self.packets.append(packet)
    }
}
