/// Searches for namespaces that take their time.
internal import EngineIO
internal import Synchronization

extension Connection {
    /// Searches on in a task; the client may leave or go meanwhile.
    func continueSearch(_ search: NamespaceSearch, from step: NamespaceSearch.Step, on session: Session) {
        let tasks = self.server.environment.tasks
        let isStarted = self.state.withLock { state -> Bool? in
            guard !state.isClosed else { return nil }
            guard state.pendingJoins < self.server.configuration.limits.namespacesPerConnection else { return false }
            state.pendingJoins += 1
            state.nextJoinNumber += 1
            let number = state.nextJoinNumber
            // Made inside the lock, so that whoever gives the search up finds it.
            let task = tasks.run {
                var search = search
                let result = await search.finish(from: step)
                self.state.withLock { $0.pendingJoins -= 1 }
                self.join(result, search, number: number, on: session)
            }
            state.searches[search.name] = Search(number: number, task: task)
            return true
        }
        guard isStarted == false else { return }
        self.report(.namespacesPerConnection, on: session)
        self.refuse(search.name, .tooManyNamespaces, on: session)
    }

    /// The client leaves while its namespace is searched for.
    func giveUpSearch(for name: String) -> Bool {
        let search = self.state.withLock { $0.searches.removeValue(forKey: name) }
        search?.task.cancel()
        return search != nil
    }

    /// Whether the client still wants what was searched for.
    func takeSearch(_ name: String, _ number: Int) -> Bool {
        self.state.withLock { state in
            guard state.searches[name]?.number == number else { return false }
            state.searches[name] = nil
            return true
        }
    }
}
