// The scalars of ``ObjectReader``: one method per type, each calling the document with that very type. A generic helper
// inside the generic container would not be specialized and decode several times slower.

extension ObjectReader {
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try document.bool(at: row(of: key), path: path(of: key))
    }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try document.string(at: row(of: key), path: path(of: key))
    }

    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try document.double(at: row(of: key), path: path(of: key))
    }

    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try document.float(at: row(of: key), path: path(of: key))
    }

    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        try document.integer(type, at: row(of: key), path: path(of: key))
    }

    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
        try document.integer(type, at: row(of: key), path: path(of: key))
    }

    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
        try document.integer(type, at: row(of: key), path: path(of: key))
    }

    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
        try document.integer(type, at: row(of: key), path: path(of: key))
    }

    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try document.integer(type, at: row(of: key), path: path(of: key))
    }

    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 {
        try document.integer(type, at: row(of: key), path: path(of: key))
    }

    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
        try document.integer(type, at: row(of: key), path: path(of: key))
    }

    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
        try document.integer(type, at: row(of: key), path: path(of: key))
    }

    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
        try document.integer(type, at: row(of: key), path: path(of: key))
    }

    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
        try document.integer(type, at: row(of: key), path: path(of: key))
    }

    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
        try document.integer(type, at: row(of: key), path: path(of: key))
    }

    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 {
        try document.integer(type, at: row(of: key), path: path(of: key))
    }
}

// MARK: - Optional members

extension ObjectReader {
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.bool(at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.string(at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.double(at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.float(at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.integer(type, at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.integer(type, at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.integer(type, at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.integer(type, at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.integer(type, at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: Int128.Type, forKey key: Key) throws -> Int128? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.integer(type, at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.integer(type, at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.integer(type, at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.integer(type, at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.integer(type, at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.integer(type, at: row, path: path(of: key))
    }

    func decodeIfPresent(_ type: UInt128.Type, forKey key: Key) throws -> UInt128? {
        guard let row = presentRow(of: key) else { return nil }
        return try document.integer(type, at: row, path: path(of: key))
    }
}
