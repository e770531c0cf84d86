/// Registering namespaces that come into being when a client asks for them.
internal import EngineIO
internal import Logging

extension SocketIOServer {
    /// Makes namespaces for the names that match a pattern.
    ///
    /// <!-- example: given server -->
    /// ```swift
    /// let id = NamespaceParameter<Int>("id")
    /// let rooms = try server.namespaces(matching: "/org/{org}/room/\(id)")
    /// rooms.onConnect { socket in
    ///     try socket.emit("welcome", .int(Int64(socket.value(of: id))))
    /// }
    /// ```
    /// A name that exists is never asked about. Of several parents the first one registered that accepts a name makes
    /// the child; when none does the client is refused with `Invalid namespace`. At most
    /// ``SocketIOConfiguration/Limits/dynamicNamespaces`` are made for clients; one more is refused with
    /// `Too many namespaces`. A name longer than ``SocketIOConfiguration/Limits/namespaceBytes`` ends the connection.
    ///
    /// ``namespace(_:)`` with a name that matches makes a child too, as in Node, which is neither counted nor removed.
    ///
    /// - Parameter pattern: The pattern.
    /// - Returns: The parent of these namespaces, for handlers.
    /// - Throws: ``SocketIOError`` with the code ``SocketIOError/Code/invalidPattern``.
    public func namespaces(matching pattern: NamespacePattern) throws(SocketIOError) -> DynamicNamespace {
        if let fault = pattern.fault { throw SocketIOError(.invalidPattern, fault) }
        return self.addParent(.pattern(pattern))
    }

    /// Makes namespaces for the names that a predicate accepts.
    ///
    /// Names come from clients: they may hold any character but the comma, control characters too.
    ///
    /// - Parameter predicate: Called with a name and what is known of the client who asks for it, on the event loop: it
    ///   must not block. A ``ConnectRefusal`` it throws is what the client is told, and ends the search; of any other
    ///   error the client is told `Internal error`, and it is logged.
    /// - Returns: The parent of these namespaces, for handlers.
    public func namespaces(
        matching predicate: @escaping @Sendable (_ name: String, _ handshake: Handshake) throws -> Bool
    ) -> DynamicNamespace {
        self.addParent(.synchronous(predicate))
    }

    /// Makes namespaces for the names that a predicate accepts, which runs on the default pool.
    ///
    /// The client must wait for the answer before it sends anything else to the namespace, as all clients do: otherwise
    /// its connection is closed, as in Node.
    ///
    /// - Parameter predicate: Called with a name and what is known of the client who asks for it.
    /// - Returns: The parent of these namespaces, for handlers.
    public func namespaces(
        matching predicate: @escaping @Sendable (_ name: String, _ handshake: Handshake) async throws -> Bool
    ) -> DynamicNamespace {
        self.addParent(.asynchronous(predicate))
    }

    /// Tells of each namespace made from now on, by the application or for a client.
    ///
    /// No client enters the namespace before the handler has returned, so that it may register more handlers.
    ///
    /// - Parameter handler: Called with the namespace; it must not block.
    public func onNamespaceCreated(_ handler: @escaping @Sendable (Namespace) -> Void) {
        self.directory.add(handler)
    }

    private func addParent(_ rule: DynamicNamespace.Rule) -> DynamicNamespace {
        let parent = DynamicNamespace(rule: rule)
        self.directory.add(parent)
        return parent
    }

    // MARK: Making children

    /// The parent whose pattern a name matches, if any.
    func patternMatch(_ name: String) -> (parent: DynamicNamespace, parameters: NamespaceParameters)? {
        for parent in self.directory.parents {
            if case .pattern(let pattern) = parent.rule, let parameters = pattern.match(name) {
                return (parent, parameters)
            }
        }
        return nil
    }

    /// Makes a child for a client.
    ///
    /// - Returns: Why not, when it cannot be made; nothing when it is there, whoever made it.
    func makeChild(
        _ name: String,
        of parent: DynamicNamespace,
        _ parameters: NamespaceParameters
    ) -> ConnectRefusal? {
        let limit = self.configuration.limits.dynamicNamespaces
        // The adapter is the application's: it is not asked for one in vain.
        guard self.directory.hasRoom(limit: limit) else { return self.refuseNamespace() }
        let child = self.makeNamespace(
            name,
            inheritingFrom: parent,
            parameters,
            isRemovable: self.configuration.removesEmptyNamespaces
        )
        switch self.insert(child, childOf: parent, limit: limit) {
        case .inserted: return nil
        // The same letters in another normal form: another name, for which there is no room beside the first.
        case .existing(let other): return other.name.utf8.elementsEqual(name.utf8) ? nil : .invalidNamespace
        case .full: return self.refuseNamespace()
        }
    }

    private func refuseNamespace() -> ConnectRefusal {
        self.environment.limits.reached(.dynamicNamespaces)
        return .tooManyNamespaces
    }

    /// A client that had entered a namespace has gone.
    func left(_ namespace: Namespace) {
        guard self.directory.leave(namespace) else { return }
        self.environment.tasks.run { await namespace.adapterLife.close() }
    }

    func logFailedPredicate(_ error: any Error, name: String) {
        self.environment.logger.warning(
            "namespace predicate failed",
            metadata: ["socketio.namespace": "\(Excerpt.quoted(name.utf8))", "error": "\(error)"]
        )
    }
}
