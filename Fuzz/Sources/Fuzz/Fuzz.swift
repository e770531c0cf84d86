/// Runs libFuzzer on one of the targets: `Fuzz <target> [options of libFuzzer] [folders and files]`.
import CFuzz
import Foundation
import Targets

/// The heap of the fuzzer's thread, as the address sanitizer sees it.
private struct HeapMeter: AllocationMeter {
    func reset() { fuzz_meter_reset() }
    var peak: Int { Int(fuzz_meter_peak()) }
}

@main
enum Fuzz {
    private static let target = FuzzTarget.all.first { $0.name == CommandLine.arguments.dropFirst().first }

    static func main() {
        guard Self.target != nil else {
            for target in FuzzTarget.all { print(target.name) }
            exit(CommandLine.arguments.count == 1 ? 0 : 2)
        }
        fuzz_meter_install()
        // The fuzzer sees the options behind the target's name.
        let rest = CommandLine.arguments.enumerated().filter { $0.offset != 1 }.map { strdup($0.element) }
        var arguments = Array(rest) + [nil]
        var count = Int32(rest.count)
        let status = arguments.withUnsafeMutableBufferPointer { pointers in
            var start = pointers.baseAddress
            return LLVMFuzzerRunDriver(&count, &start) { Fuzz.run($0, $1) }
        }
        exit(status)
    }

    private static func run(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
        guard let target = Self.target else { return -1 }
        fuzz_random_reset()
        let input = Array(UnsafeBufferPointer(start: bytes, count: count))
        do {
            try target.run(FuzzInput(input, meter: HeapMeter()))
        } catch {
            // reason: the fuzzer takes a trap for a finding, and keeps the input.
            fatalError("\(target.name): \(error)")
        }
        return 0
    }
}
