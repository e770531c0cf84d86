/// The JavaScript client's files, from a folder on disk to a browser.
import Foundation
import TestSupport
import Testing

@testable import SocketIO

@Suite struct ClientFilesTests {
    /// Runs a test with a folder, which is gone afterwards.
    private func withFolder(_ files: [String: String], _ body: (_ path: String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "client-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        try await body(folder.path())
    }

    @Test func `those of the client's files that are there are served, and no others`() async throws {
        let files = [
            "socket.io.min.js": "io", "socket.io.min.js.map": "{}",
            "socket.io.esm.min.js": String(repeating: "a", count: 200_000),
            "secret.js": "secret",
        ]
        try await self.withFolder(files) { folder in
            var configuration = SocketIOConfiguration()
            configuration.clientFolder = folder
            try await withSocketServer(configuration) { port in
                let client = try await HTTPTestClient.connect(port: port)
                for (name, text) in files where name != "secret.js" {
                    let response = try await client.request("GET", "/socket.io/\(name)")
                    #expect(response.status == 200)
                    #expect(response.text == text)
                    let type = name.hasSuffix(".map") ? "application/json" : "application/javascript"
                    #expect(response["content-type"] == "\(type); charset=utf-8")
                }
                for name in ["secret.js", "socket.io.js", "socket.io.msgpack.min.js", "../secret.js", ""] {
                    let response = try await client.request("GET", "/socket.io/\(name)")
                    #expect(response.text == #"{"code":0,"message":"Transport unknown"}"#)
                }
            }
        }
    }

    @Test func `by default no files are served`() async throws {
        try await withSocketServer { port in
            let client = try await HTTPTestClient.connect(port: port)
            #expect(try await client.request("GET", "/socket.io/socket.io.js").status == 400)
        }
    }

    @Test func `a folder without the client is an error that names the option`() async throws {
        try await self.withFolder(["socket.io.min.js.map": "{}"]) { folder in
            for path in [folder, "\(folder)/none", "\(folder)/socket.io.min.js.map", "", "/\r\n"] {
                var configuration = SocketIOConfiguration()
                configuration.clientFolder = path
                let error = #expect(throws: SocketIOError.self) {
                    try SocketIOServer(configuration: configuration, logger: quietLogger())
                }
                #expect(error?.code == .invalidConfiguration)
                #expect(
                    error?.message.hasPrefix("clientFolder is \(path.debugDescription), expected a folder with") == true
                )
            }
        }
    }

    @Test func `a folder in place of a file is no file`() async throws {
        try await self.withFolder(["socket.io.min.js": "io"]) { folder in
            let path = "\(folder)/socket.io.js"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let files = try ClientFiles.load(folder: folder)
            #expect(Array(files.keys) == ["socket.io.min.js"])
        }
    }
}
