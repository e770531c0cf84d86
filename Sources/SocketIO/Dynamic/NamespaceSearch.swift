/// Finds the namespace that a client wants to join, or makes it.
internal import Logging

/// The search for one client's namespace: those that exist first, then the parents in the order of their registration.
///
/// A value without waiting: whoever drives it asks the predicates that have to be awaited.
struct NamespaceSearch: Sendable {
    enum Step {
        /// Found and entered, or refused.
        case done(Result<Namespace, ConnectRefusal>)
        /// A predicate has to be asked; ``answer(_:of:)`` takes what it says.
        case ask(DynamicNamespace, @Sendable (String, Handshake) async throws -> Bool)
        /// The namespace is being made.
        case wait
    }

    let name: String
    let handshake: Handshake
    private let server: SocketIOServer
    /// The parents that have not been asked; absent before the first is.
    private var candidates: ArraySlice<DynamicNamespace>?
    private var match: (parent: DynamicNamespace, parameters: NamespaceParameters)?

    init(name: String, handshake: Handshake, server: SocketIOServer) {
        self.name = name
        self.handshake = handshake
        self.server = server
    }

    /// Goes on.
    mutating func next() -> Step {
        while true {
            switch self.server.directory.enter(self.name) {
            case .entered(let namespace): return .done(.success(namespace))
            case .opening: return .wait
            case .unknown: break
            }
            // A namespace that was made may be gone again: then it is made again.
            if self.match == nil, let step = self.findMatch() { return step }
            guard let match = self.match else { return .done(.failure(.invalidNamespace)) }
            if let refusal = self.server.makeChild(self.name, of: match.parent, match.parameters) {
                return .done(.failure(refusal))
            }
        }
    }

    /// Takes the answer of a predicate.
    ///
    /// - Returns: The refusal, when the search is over.
    mutating func answer(_ answer: Result<Bool, any Error>, of parent: DynamicNamespace) -> ConnectRefusal? {
        switch answer {
        case .success(let accepts):
            if accepts { self.match = (parent, NamespaceParameters()) }
            return nil
        case .failure(let refusal as ConnectRefusal):
            return refusal
        case .failure(let error):
            self.server.logFailedPredicate(error, name: self.name)
            return .internalError
        }
    }

    /// Asks one parent after the other until one accepts the name.
    ///
    /// - Returns: What has to be done before, or what ends the search.
    private mutating func findMatch() -> Step? {
        var rest = self.candidates ?? self.server.directory.parents[...]
        defer { self.candidates = rest }
        while self.match == nil, let parent = rest.popFirst() {
            switch parent.rule {
            case .pattern(let pattern):
                if let parameters = pattern.match(self.name) { self.match = (parent, parameters) }
            case .synchronous(let predicate):
                let answer = Result { try predicate(self.name, self.handshake) }
                if let refusal = self.answer(answer, of: parent) { return .done(.failure(refusal)) }
            case .asynchronous(let predicate):
                return .ask(parent, predicate)
            }
        }
        return nil
    }

    /// Searches to the end, awaiting what has to be awaited.
    mutating func finish(from step: Step) async -> Result<Namespace, ConnectRefusal> {
        var step = step
        while true {
            switch step {
            case .done(let result):
                return result
            case .ask(let parent, let predicate):
                let answer: Result<Bool, any Error>
                do {
                    answer = .success(try await predicate(self.name, self.handshake))
                } catch {
                    // The client has gone, and what was cancelled has done nothing wrong.
                    if Task.isCancelled { return .failure(.internalError) }
                    answer = .failure(error)
                }
                if let refusal = self.answer(answer, of: parent) { return .failure(refusal) }
            case .wait:
                await self.server.directory.waitUntilOpen(self.name)
            }
            step = self.next()
        }
    }
}
