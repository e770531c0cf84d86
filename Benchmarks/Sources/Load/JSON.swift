/// Compares what a server sent as JSON values, for servers that write the same values differently.
import Foundation

enum JSON {
    static func array(_ json: UnsafeRawBufferPointer) -> [Any]? {
        (try? JSONSerialization.jsonObject(with: Data(json))) as? [Any]
    }

    /// Whether both texts are the same value.
    static func same(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        guard let one = self.array(one), let other = self.array(other) else { return false }
        return NSArray(array: one).isEqual(NSArray(array: other))
    }
}
