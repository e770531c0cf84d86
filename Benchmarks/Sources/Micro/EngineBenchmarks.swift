/// Engine.IO's codecs and the outbox.
import NIOCore

@testable import EngineIO

func engineBenchmarks() throws -> [Benchmark] {
    let packet = ByteBuffer(string: #"42["echo",{"text":"hello","number":1}]"#)
    let payload = ByteBuffer(string: Array(repeating: String(buffer: packet), count: 16).joined(separator: "\u{1E}"))
    let target = "/socket.io/?EIO=4&transport=polling&t=PXw3nDk&sid=\(SessionID().description)"
    let unit = MessageUnit(text: String(buffer: packet))
    let bytes = ByteBuffer(repeating: 7, count: 1_000)
    return [
        Benchmark("engine/packet/decode") { use(try? PacketDecoder.decode(packet)) },
        Benchmark("engine/payload/decode 16 packets") {
            var decoder = PayloadDecoder(payload, maximumPackets: 1_000)
            while let packet = try? decoder.next() { use(packet) }
        },
        Benchmark("engine/payload/encode 16 packets") {
            var outbox = Outbox(tracksUnits: true)
            for _ in 0..<16 { outbox.append(unit) }
            use(outbox.takePayload(maximumPackets: 16))
        },
        Benchmark("engine/base64/encode 1000 bytes") {
            var text = ByteBuffer()
            Base64.encode(bytes, into: &text)
            use(text)
        },
        Benchmark("engine/query/parse") { use(try? Query(target: target)) },
        Benchmark("engine/session id/make and write") { use(SessionID().description) },
        Benchmark("engine/outbox/one unit of its own, and flush") {
            var outbox = Outbox(tracksUnits: false)
            outbox.append(own: unit)
            use(outbox.takeFrames())
        },
        Benchmark("engine/outbox/16 shared units, and flush") {
            var outbox = Outbox(tracksUnits: false)
            for _ in 0..<16 { outbox.append(unit) }
            use(outbox.takeFrames())
        },
    ]
}
