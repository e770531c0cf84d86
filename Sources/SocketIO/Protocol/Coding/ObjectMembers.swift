/// Finds the members of one object by name.
///
/// Small objects are searched, as comparing a few lengths is faster than hashing; large ones get an index first, so that
/// the work stays linear.
///
/// A class, because generic code copies the container around it for each member; one reference is copied cheaply.
final class ObjectMembers {
    let document: JSONDocument
    let path: CodingPath
    private let object: Int
    private let index: Index?

    /// The members of a large object.
    private struct Index {
        /// The rows of the values by name, the last of each name.
        var rows: [Name: Int] = [:]

        /// Each name once, in the order of the text.
        var names: [String] = []
    }

    private static var searchLimit: Int { 16 }

    init(_ decoder: ValueDecoder) throws {
        guard let row = decoder.row else { throw decoder.document.missing([String: Any].self, decoder.path) }
        guard decoder.document.kind(of: row) == .object else {
            throw decoder.document.mismatch([String: Any].self, at: row, decoder.path)
        }
        document = decoder.document
        object = row
        path = decoder.path
        index = document.memberCount(of: row) > Self.searchLimit ? Self.index(of: row, in: document) : nil
    }

    private static func index(of object: Int, in document: JSONDocument) -> Index {
        var index = Index()
        index.rows.reserveCapacity(document.memberCount(of: object))
        for row in document.members(of: object, isObject: true) {
            guard let name = document.string(at: row) else { continue }
            let previous = index.rows.updateValue(row + 1, forKey: Name(text: name))
            if previous == nil { index.names.append(name) }
        }
        return index
    }

    /// The row of the value called `name`; of several the last, as in `JSON.parse`.
    func row(of name: String) -> Int? {
        if let index { return index.rows[Name(text: name)] }
        return document.value(of: name, in: object)
    }

    /// Each name once, in the order of the text.
    var names: [String] {
        if let index { return index.names }
        var names: [String] = []
        for row in document.members(of: object, isObject: true) {
            guard let name = document.string(at: row) else { continue }
            let isNew = !names.contains { Name(text: $0) == Name(text: name) }
            if isNew { names.append(name) }
        }
        return names
    }
}
