/// What all containers of one encoding share.
///
/// The bytes are written in the order of the calls. Containers that may be filled out of order (`nestedContainer`,
/// `superEncoder`) get a session of their own; its text is put in their place at the end. A member that throws leaves
/// no trace, so that an `encode(to:)` may catch the error and go on.
final class EncodingSession {
    private var state: EncodingState

    /// A mistake of an `encode(to:)` in a call that cannot throw.
    private var failure: EncodingError?

    init(writer: JSONWriter) {
        state = EncodingState(writer: writer)
    }

    /// Ends what is open and hands the writer back; the session is of no use afterwards.
    func finish() throws -> JSONWriter {
        if let failure { throw failure }
        try state.finish()
        return state.writer.release()
    }

    func finishedValue() throws -> EncodedValue {
        let writer = try finish()
        return EncodedValue(validated: writer.buffer, attachments: writer.attachments)
    }

    /// Hands the writer back as it is, for who undoes everything.
    func abandon() -> JSONWriter { state.writer.release() }

    /// Makes the innermost value an array or an object.
    func begin(_ kind: EncodingState.Kind, _ id: Int, _ path: CodingPath) {
        if !state.begin(kind, id) { fail(path) }
    }

    func memberCount(of id: Int) -> Int { state.memberCount(of: id) }

    private func fail(_ path: CodingPath) {
        failure = failure ?? Self.misuse(path)
    }

    private static func misuse(_ path: CodingPath) -> EncodingError {
        let description = "expected one container per value, used while the value is encoded; found another use"
        return .invalidValue("container", .init(codingPath: path.keys, debugDescription: description))
    }
}

// MARK: - Values of any type

extension EncodingSession {
    /// Writes a value where the text ends.
    func encode<T: Encodable>(_ value: T, path: @autoclosure () -> CodingPath) throws {
        if !state.writer.writeDirectly(value) { try encodeOpening(value, path: path()) }
    }

    /// Writes a value by calling its `encode(to:)`.
    func encodeOpening<T: Encodable>(_ value: T, path: CodingPath) throws {
        let id = state.openValue()
        try value.encode(to: ValueEncoder(session: self, id: id, path: path))
        state.closeValue()
    }

    func encodeMember<T: Encodable>(_ value: T, _ key: some CodingKey, _ id: Int, _ path: CodingPath) throws {
        try undoingOnThrow {
            guard state.beginMember(key.stringValue, id) else { throw Self.misuse(path) }
            try encode(value, path: path.appending(key))
        }
    }

    func encodeElement<T: Encodable>(_ value: T, _ id: Int, _ path: CodingPath) throws {
        try undoingOnThrow {
            guard state.beginElement(id) else { throw Self.misuse(path) }
            try encode(value, path: path.appending(index: memberCount(of: id) - 1))
        }
    }

    func encodeScalar<T: Encodable>(_ value: T, _ id: Int, _ path: CodingPath) throws {
        try undoingOnThrow {
            guard state.beginScalar(id) else { throw Self.misuse(path) }
            try encode(value, path: path)
        }
    }

    @inline(__always)
    private func undoingOnThrow(_ body: () throws -> Void) throws {
        let mark = state.mark
        do {
            try body()
        } catch {
            state.rollBack(to: mark)
            throw error
        }
    }
}

// MARK: - Values that cannot fail

extension EncodingSession {
    @inline(__always)
    func writeMember(_ key: String, _ id: Int, _ path: CodingPath, _ write: (inout JSONWriter) -> Void) throws {
        guard Self.writeMember(key, id, &state, write) else { throw Self.misuse(path) }
    }

    @inline(__always)
    func writeElement(_ id: Int, _ path: CodingPath, _ write: (inout JSONWriter) -> Void) throws {
        guard Self.writeElement(id, &state, write) else { throw Self.misuse(path) }
    }

    @inline(__always)
    func writeScalar(_ id: Int, _ path: CodingPath, _ write: (inout JSONWriter) -> Void) throws {
        guard Self.writeScalar(id, &state, write) else { throw Self.misuse(path) }
    }

    // Static, with the state as an argument: one access to the class's storage for both steps.

    @inline(__always)
    private static func writeMember(
        _ key: String,
        _ id: Int,
        _ state: inout EncodingState,
        _ write: (inout JSONWriter) -> Void
    ) -> Bool {
        guard state.beginMember(key, id) else { return false }
        write(&state.writer)
        return true
    }

    @inline(__always)
    private static func writeElement(
        _ id: Int,
        _ state: inout EncodingState,
        _ write: (inout JSONWriter) -> Void
    ) -> Bool {
        guard state.beginElement(id) else { return false }
        write(&state.writer)
        return true
    }

    @inline(__always)
    private static func writeScalar(
        _ id: Int,
        _ state: inout EncodingState,
        _ write: (inout JSONWriter) -> Void
    ) -> Bool {
        guard state.beginScalar(id) else { return false }
        write(&state.writer)
        return true
    }
}

// MARK: - Values that are filled later

extension EncodingSession {
    /// Makes room for a member that is filled later, maybe after its successors.
    func deferredMember(_ key: any CodingKey, _ id: Int, _ path: CodingPath) -> ValueEncoder {
        leaveGap(path.appending(key), isAllowed: state.beginMember(key.stringValue, id))
    }

    /// Makes room for an element that is filled later.
    func deferredElement(_ id: Int, _ path: CodingPath) -> ValueEncoder {
        leaveGap(path.appending(index: memberCount(of: id)), isAllowed: state.beginElement(id))
    }

    private func leaveGap(_ path: CodingPath, isAllowed: Bool) -> ValueEncoder {
        let content = EncodingSession(writer: JSONWriter())
        if isAllowed { state.leaveGap(for: content) } else { fail(path) }
        return ValueEncoder(session: content, id: content.state.openValue(), path: path)
    }
}
