import Logging
import SocketIO

let server = try SocketIOServer(logger: Logger(label: "chat"))
let chat = server.namespace("/")
let message = Event<String>("message")

chat.onConnect { socket in socket.join("lobby") }
chat.on(message) { socket, text in
    try socket.to("lobby").emit(message, text)
}
try await server.run()
