/// The work that the chat has to do now and then.
import ServiceLifecycle

/// Tidies a chat up, again and again, until the process shuts down.
struct ChatCleaner: Service {
    let chat: Chat
    let interval: Duration

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // The sleep ends early only when the process shuts down; the loop ends with it.
            while (try? await Task.sleep(for: self.interval)) != nil { self.chat.tidy(at: .now) }
        }
    }
}
