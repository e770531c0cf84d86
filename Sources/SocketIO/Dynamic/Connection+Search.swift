/// Searches for namespaces that take their time.
internal import EngineIO
internal import Synchronization

extension Connection {
    /// Searches on in a task; the client may leave or go meanwhile.
    func continueSearch(_ search: NamespaceSearch, from step: NamespaceSearch.Step, on session: Session) {
        let number = self.state.withLock { state -> Int? in
            guard state.pendingJoins < self.server.configuration.limits.namespacesPerConnection else { return nil }
            state.pendingJoins += 1
            state.nextJoinNumber += 1
            state.searches[search.name] = state.nextJoinNumber
            return state.nextJoinNumber
        }
        guard let number else { return self.refuse(search.name, .tooManyNamespaces, on: session) }
        self.server.environment.tasks.run {
            var search = search
            let result = await search.finish(from: step)
            self.state.withLock { $0.pendingJoins -= 1 }
            self.join(result, search, number: number, on: session)
        }
    }

    /// The client leaves while its namespace is searched for.
    func giveUpSearch(for name: String) -> Bool {
        self.state.withLock { $0.searches.removeValue(forKey: name) != nil }
    }

    /// Whether the client still wants what was searched for.
    func takeSearch(_ name: String, _ number: Int) -> Bool {
        self.state.withLock { state in
            guard state.searches[name] == number else { return false }
            state.searches[name] = nil
            return true
        }
    }
}
