/// Sends one request at a time over a connection that is kept, or made again when the server closed it.
import Glibc

protocol HTTPOwner: AnyObject {
    func httpResponded(_ connection: HTTPConnection, _ response: HTTPResponse, toPost: Bool)
    func httpFailed(_ connection: HTTPConnection, _ problem: Problem)
}

final class HTTPConnection: StreamOwner {
    private let target: Target
    private let poller: Poller
    private var owner: (any HTTPOwner)?
    private var stream: Stream?
    private(set) var isWaiting = false
    private var isPost = false

    init(target: Target, poller: Poller, owner: any HTTPOwner) {
        self.target = target
        self.poller = poller
        self.owner = owner
    }

    func get(_ query: String) {
        self.isPost = false
        self.request { out in
            out.append("GET ")
            self.writeHead(query, to: &out)
            out.append("\r\n")
        }
    }

    func post(_ query: String, _ body: UnsafeRawBufferPointer) {
        self.isPost = true
        self.request { out in
            out.append("POST ")
            self.writeHead(query, to: &out)
            out.append("Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ")
            out.append(decimal: body.count)
            out.append("\r\n\r\n")
            out.append(body)
        }
    }

    func close() {
        self.owner = nil
        self.isWaiting = false
        self.stream?.close()
        self.stream = nil
    }

    private func writeHead(_ query: String, to out: inout ByteBuffer) {
        out.append(text: self.target.path)
        out.append("?EIO=4&transport=polling")
        out.append(text: query)
        out.append(" HTTP/1.1\r\nHost: ")
        out.append(text: self.target.authority)
        out.append("\r\nAccept: */*\r\n")
        out.append(text: self.target.headers)
    }

    private func request(_ write: (inout ByteBuffer) -> Void) {
        self.isWaiting = true
        do {
            let stream = try self.stream ?? Stream(to: self.target.address, poller: self.poller, owner: self)
            self.stream = stream
            stream.write(write)
        } catch {
            self.fail(error as? Problem ?? Problem(.system, "\(error)"))
        }
    }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) -> Int {
        do {
            guard let response = try HTTPResponse(bytes) else { return 0 }
            guard self.isWaiting, response.length == bytes.count else {
                throw Problem(.unexpected, "an HTTP response that was not asked for")
            }
            self.isWaiting = false
            if response.closes {
                self.stream?.close()
                self.stream = nil
            }
            self.owner?.httpResponded(self, response, toPost: self.isPost)
            return response.length
        } catch {
            self.stream?.close()
            self.fail(error as? Problem ?? Problem(.violation, "\(error)"))
            return bytes.count
        }
    }

    func streamEnded(_ problem: Problem) {
        self.stream = nil
        // A server may close a connection it has nothing to answer on.
        if self.isWaiting {
            self.fail(problem)
        }
    }

    private func fail(_ problem: Problem) {
        let owner = self.owner
        self.close()
        owner?.httpFailed(self, problem)
    }
}
