/// Files sent in pieces: binary arguments, and an acknowledgement for each piece that says how much has arrived.
import EngineIO
import Foundation
import HTTPTypes
import Logging
import NIOCore
import ServiceLifecycle
import SocketIO
import Synchronization

struct StoredFile: Codable {
    var name: String
    var size: Int
    var path: String
}

let begin = Event<String, Int>("begin").replying(with: Bool.self)  // name, size; whether it may begin
let piece = Event<Data>("piece").replying(with: Int.self)  // bytes; how many there are now
let stored = Event<StoredFile>("stored")

/// The file that a client is sending.
struct Upload {
    static let limit = 20_000_000
    var name: String
    var size: Int
    var content = Data()
}
enum UploadKey: SocketValueKey { typealias Value = Upload }

/// The last ten files, in memory.
let files = Mutex<[(path: String, content: Data)]>([])

var configuration = SocketIOConfiguration()
configuration.port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 3000
let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "index.html")
let page = ByteBuffer(bytes: try Data(contentsOf: file))
let logger = Logger(label: "upload")
let server = try SocketIOServer(configuration: configuration, logger: logger) { request, _ in
    if request.path == "/" {
        return ApplicationResponse(headers: [.contentType: "text/html; charset=utf-8"], body: page)
    }
    guard let content = files.withLock({ $0.first { $0.path == request.path } })?.content else {
        return .text(status: .notFound, "Not Found\n")
    }
    // Never shown as a page of ours, whatever is in it.
    let headers: HTTPFields = [.contentType: "application/octet-stream", .contentDisposition: "attachment"]
    return ApplicationResponse(headers: headers, body: ByteBuffer(bytes: content))
}
let main = server.namespace("/")

main.on(begin) { socket, name, size in
    guard (1...Upload.limit).contains(size), name.count <= 200 else { return false }
    socket[UploadKey.self] = Upload(name: name, size: size)
    return true
}
main.on(piece) { socket, data in
    guard var upload = socket[UploadKey.self], upload.content.count + data.count <= upload.size else { return 0 }
    socket[UploadKey.self] = nil  // else the bytes would be copied
    upload.content.append(data)
    guard upload.content.count == upload.size else {
        socket[UploadKey.self] = upload
        return upload.content.count
    }
    let path = "/files/\(UUID().uuidString)"
    files.withLock { files in
        files.append((path, upload.content))
        if files.count > 10 { files.removeFirst() }
    }
    try socket.namespace.emit(stored, StoredFile(name: upload.name, size: upload.size, path: path))
    return upload.size
}

print("open http://localhost:\(configuration.port) and choose a file")
try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
