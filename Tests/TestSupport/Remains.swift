/// Sees that objects are gone when nobody should have them any more.
import Synchronization

/// Objects that must not outlive the work they were made for, and that it does not keep.
package final class Remains: Sendable {
    private struct Reference: Sendable {
        let name: String
        weak let object: (any AnyObject & Sendable)?
    }

    private let references = Mutex<[Reference]>([])

    package init() {}

    /// The names of those that somebody still keeps.
    package var names: [String] { self.references.withLock { $0.filter { $0.object != nil }.map(\.name) } }

    /// Adds an object that is about to be let go.
    package func add(_ object: (any AnyObject & Sendable)?, _ name: String) {
        guard let object else { return }
        self.references.withLock { $0.append(Reference(name: name, object: object)) }
    }

    /// The number of objects there have been.
    package var count: Int { self.references.withLock { $0.count } }

    /// Waits until all are released.
    ///
    /// - Throws: ``TestTimeout`` when somebody keeps one: a circle of references, most likely.
    package func expectNone() async throws {
        do {
            try await eventually("the release") { self.names.isEmpty }
        } catch is TestTimeout {
            throw TestTimeout(description: "somebody keeps \(self.names)")
        }
    }
}
