/// Compares values as a JavaScript client would: its numbers are all of one kind.
import SocketIO

extension Value {
    /// Whether a JavaScript client would see the same.
    ///
    /// `Value`'s own equality is exact: it tells 2^60 from the shortest text that means 2^60 to a `Double`.
    func means(_ other: Value) -> Bool {
        switch (self, other) {
        case (.double(let double), .int(let int)), (.int(let int), .double(let double)): Double(int) == double
        case (.string(let first), .string(let second)): first.utf8.elementsEqual(second.utf8)
        case (.array(let first), .array(let second)):
            first.count == second.count && zip(first, second).allSatisfy { $0.means($1) }
        case (.object(let first), .object(let second)):
            first.count == second.count
                && first.allSatisfy { member in second[member.key].map(member.value.means) ?? false }
        default: self == other
        }
    }

    /// What becomes of a value on the wire: numbers that are none become `null`.
    var written: Value {
        switch self {
        case .double(let value): value.isFinite ? self : .null
        case .array(let elements): .array(elements.map(\.written))
        case .object(let members): .object(Object(members.map { ($0.key, $0.value.written) }))
        default: self
        }
    }
}
