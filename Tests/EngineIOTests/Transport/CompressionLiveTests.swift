/// Which answers are compressed, and that they can be read again.
import CEngineIOZlib
import EngineIO
import TestSupport
import Testing

extension LiveTests {
    @Suite struct CompressionLiveTests {
        /// A session whose next poll holds `size` bytes.
        private func poll(
            _ server: EngineTestServer,
            size: Int,
            accepting encodings: String?
        ) async throws -> (expected: String, response: HTTPTestResponse) {
            let client = try await PollingTestClient.connect(port: server.port)
            let text = (0..<size).map { String($0 % 10) }.joined()
            try await server.session(client.sid).send(MessageUnit(text: String(text.prefix(size - 1))))
            let headers = encodings.map { [("Accept-Encoding", $0)] } ?? []
            return ("4" + text.prefix(size - 1), try await client.polls.request("GET", client.target, headers: headers))
        }

        @Test(
            arguments: [
                ("gzip", "gzip"), ("deflate", "deflate"), ("gzip, deflate", "gzip"), ("deflate, gzip", "deflate"),
                ("deflate, gzip;q=0.5", "deflate"), ("gzip;q=0.5, deflate;q=0.8", "deflate"), ("*", "gzip"),
                ("gzip, deflate, br, zstd", "gzip"), ("GZIP", "gzip"), ("*;q=0.1, deflate", "deflate"),
            ] as [(String, String)]
        )
        func `a large answer is compressed as the client likes best`(accepted: String, coding: String) async throws {
            try await withEngineServer { server in
                let (expected, response) = try await self.poll(server, size: 5000, accepting: accepted)
                #expect(response["content-encoding"] == coding)
                #expect(response.body.count < 1000)
                #expect(response["content-length"] == "\(response.body.count)")
                #expect(response["content-type"] == "text/plain; charset=UTF-8")
                #expect(response["cache-control"] == "no-store")
                #expect(try inflated(response.body, isGzip: coding == "gzip") == expected)
            }
        }

        @Test(arguments: [nil, "", "br", "identity", "gzip;q=0", "gzip;q=0, *;q=0", "gzip;q=2", "gzipped"])
        func `it is sent as it is to a client that does not take compression`(accepted: String?) async throws {
            try await withEngineServer { server in
                let (expected, response) = try await self.poll(server, size: 5000, accepting: accepted)
                #expect(response["content-encoding"] == nil)
                #expect(response.text == expected)
            }
        }

        @Test func `answers are compressed from 1024 bytes on`() async throws {
            try await withEngineServer { server in
                let small = try await self.poll(server, size: 1023, accepting: "gzip")
                #expect(small.response["content-encoding"] == nil)
                let large = try await self.poll(server, size: 1024, accepting: "gzip")
                #expect(large.response["content-encoding"] == "gzip")
                #expect(try inflated(large.response.body, isGzip: true) == large.expected)
            }
        }

        @Test func `threshold and compression are options`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.compressionThreshold = 10
            try await withEngineServer(configuration) { server in
                let (_, response) = try await self.poll(server, size: 10, accepting: "gzip")
                #expect(response["content-encoding"] == "gzip")
            }
            configuration.compressesResponses = false
            try await withEngineServer(configuration) { server in
                let (_, response) = try await self.poll(server, size: 5000, accepting: "gzip")
                #expect(response["content-encoding"] == nil)
            }
        }

        @Test func `an answer is compressed when one of its messages allows it`() async throws {
            try await withEngineServer { server in
                for (mayCompress, coding) in [([false, false], nil), ([false, true], "gzip")] {
                    let client = try await PollingTestClient.connect(port: server.port)
                    let session = try await server.session(client.sid)
                    let text = String(repeating: "a", count: 2000)
                    for isAllowed in mayCompress { session.send(MessageUnit(text: text).compress(isAllowed)) }
                    let headers = [("Accept-Encoding", "gzip")]
                    let response = try await client.polls.request("GET", client.target, headers: headers)
                    #expect(response["content-encoding"] == coding)
                    let body = coding == nil ? response.text : try inflated(response.body, isGzip: true)
                    #expect(body == "4\(text)\u{1e}4\(text)")
                }
            }
        }

        @Test func `an answer to a post is never compressed`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.compressionThreshold = 0
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let headers = [("Accept-Encoding", "gzip")]
                let response = try await client.posts.request("POST", client.target, headers: headers, body: "4a")
                #expect(response.text == "ok")
                #expect(response["content-encoding"] == nil)
            }
        }
    }
}

/// The body failed to decompress, with zlib's status.
private struct InflateError: Error {
    var status: Int32
}

private func inflated(_ bytes: [UInt8], isGzip: Bool) throws -> String {
    var stream = z_stream()
    // 15 is the largest window; 16 more make zlib expect gzip's header.
    let version = inflateInit2_(&stream, isGzip ? 31 : 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard version == Z_OK else { throw InflateError(status: version) }
    defer { inflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: 100_000)
    let status = input.withUnsafeMutableBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            return inflate(&stream, Z_FINISH)
        }
    }
    guard status == Z_STREAM_END, stream.avail_in == 0 else { throw InflateError(status: status) }
    return String(decoding: output.prefix(Int(stream.total_out)), as: UTF8.self)
}
