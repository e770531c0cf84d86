/// A connection that carries bytes as they are.
import HTTPTypes
import NIOCore
import NIOPosix

/// A connection to the server under test, for what no client of the library sends.
package final class RawWire: Sendable {
    private struct State: Sendable {
        var all = ByteBuffer()
        var reader = ResponseReader()
        var hasEnded = false
    }

    private let wire: Wire
    private let state: Watched<State>
    private let patience: Duration

    private init(_ wire: Wire, _ state: Watched<State>, patience: Duration) {
        self.wire = wire
        self.state = state
        self.patience = patience
    }

    static func open(through dialer: Dialer, patience: Duration) async throws -> RawWire {
        let state = Watched(State())
        let wire = try await dialer.dial(on: MultiThreadedEventLoopGroup.singleton.next()) { event in
            state.change { state in
                switch event {
                case .bytes(let bytes):
                    state.all.writeImmutableBuffer(bytes)
                    state.reader.append(bytes)
                case .ended:
                    state.hasEnded = true
                }
            }
        }
        return RawWire(wire, state, patience: patience)
    }

    /// Sends text.
    package func send(_ text: String) { self.wire.write(ByteBuffer(string: text)) }

    /// Sends a frame of a WebSocket.
    package func send(frame text: String) { self.wire.write(EnginePacket.text(text).frame) }

    /// Sends a request, and waits for its response.
    ///
    /// - Returns: The status and the body.
    package func request(
        _ method: String,
        _ target: String,
        body: String? = nil
    ) async throws -> (status: Int, body: String) {
        self.start(method, target, body: body)
        return try await self.response()
    }

    /// Sends a request.
    package func start(_ method: String, _ target: String, body: String? = nil) {
        self.wire.write(WireRequest.encode(method, target, fields: [:], body: body.map { ByteBuffer(string: $0) }))
    }

    /// Asks for a WebSocket, and waits until it is there.
    package func openWebSocket(_ path: String, sid: String? = nil) async throws {
        let request = OpeningRequest(path: path, query: [], fields: [:], beginsOnWebSocket: true)
        self.wire.write(request.webSocket(sid: sid))
        let response = try await self.response()
        guard response.status == 101 else { throw TestFailure("the WebSocket was refused: \(response)") }
    }

    /// Ends the connection.
    package func close() { self.wire.close() }

    /// Reads nothing any more.
    package func stopReading() { self.wire.setReading(false) }

    /// Whether the server has ended the connection.
    package var hasEnded: Bool { self.state.current.hasEnded }

    /// All that has come so far.
    package var received: String { String(buffer: self.state.current.all) }

    /// Waits for the next response.
    ///
    /// - Returns: The status and the body.
    package func response() async throws -> (status: Int, body: String) {
        try await self.state.wait(upTo: self.patience) { state in
            guard let response = try state.reader.next() else {
                if state.hasEnded { throw TestFailure("the connection ended without a response") }
                return nil
            }
            return (response.status, String(buffer: response.body))
        } orSay: { state in
            TestFailure("no response came within \(self.patience); what came: \(String(buffer: state.all))")
        }
    }

    /// Waits until the server has ended the connection.
    ///
    /// - Returns: All that it sent.
    @discardableResult
    package func untilEnd() async throws -> String {
        try await self.state.wait(upTo: self.patience) { state in
            state.hasEnded ? String(buffer: state.all) : nil
        } orSay: { state in
            TestFailure("the connection did not end within \(self.patience); what came: \(String(buffer: state.all))")
        }
    }

    /// Waits for some text.
    package func wait(for text: String) async throws {
        _ = try await self.state.wait(upTo: self.patience) { state -> Bool? in
            String(buffer: state.all).contains(text) ? true : nil
        } orSay: { state in
            TestFailure("\"\(text)\" did not come within \(self.patience); what came: \(String(buffer: state.all))")
        }
    }
}
