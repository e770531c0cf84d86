// Encodes and decodes random values of one type both here and with Foundation's coders.

import Foundation
import Testing

@testable import SocketIO

@Suite struct CodingDifferentialTests {
    private struct Record: Codable, Equatable {
        var id: Int
        var small: Int8?
        var name: String
        var score: Double
        var flags: [Bool]
        var tags: [String: String]
        var children: [Record]
        var kind: Kind

        enum Kind: String, Codable { case plain, other }
    }

    private func record(_ random: inout RandomJSON, depth: Int) -> Record {
        let count = Int.random(in: 0...3, using: &random.generator)
        let names = ["", "plain", "é😀", "line\nbreak", "quote\"", "\u{0}", "a name longer than fifteen bytes"]
        return Record(
            id: Int.random(in: .min ... .max, using: &random.generator),
            small: Bool.random(using: &random.generator)
                ? Int8.random(in: .min ... .max, using: &random.generator) : nil,
            name: names.randomElement(using: &random.generator)!,
            score: Double.random(in: -1e6...1e6, using: &random.generator),
            flags: (0..<count).map { _ in Bool.random(using: &random.generator) },
            tags: Dictionary(uniqueKeysWithValues: (0..<count * 8).map { ("tag\($0)", names[$0 % names.count]) }),
            children: depth > 0 ? (0..<count).map { _ in record(&random, depth: depth - 1) } : [],
            kind: Bool.random(using: &random.generator) ? .plain : .other
        )
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `what one side encodes the other decodes`(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        for _ in 0..<20 {
            let record = record(&random, depth: 3)
            let ours = try EncodedValue(record)
            #expect(try JSONDecoder().decode(Record.self, from: Data(ours.json.utf8)) == record)
            let theirs = try String(decoding: JSONEncoder().encode(record), as: UTF8.self)
            #expect(try EncodedValue(json: theirs).decode(as: Record.self) == record)
            #expect(try ours.decode(as: Record.self) == record)
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `damaged values are refused or decoded as Foundation does`(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        for _ in 0..<40 {
            let text = try random.mutated(EncodedValue(record(&random, depth: 0)).json)
            guard let string = String(validating: text, as: UTF8.self) else { continue }
            guard let value = try? EncodedValue(json: string) else { continue }
            let ours = try? value.decode(as: Record.self)
            let theirs = try? JSONDecoder().decode(Record.self, from: Data(text))
            // Foundation keeps the first of two members with one name, and refuses numbers beyond all doubles.
            if !hasDuplicates(value), ours?.score.isFinite != false { #expect(ours == theirs, "\(string)") }
        }
    }

    /// Whether an object in the value has two members with one name.
    private func hasDuplicates(_ value: EncodedValue) -> Bool {
        let document = JSONDocument(value)
        return (0..<document.rowCount).contains { row in
            guard document.kind(of: row) == .object else { return false }
            let names = document.members(of: row, isObject: true).map { document.string(at: $0) }
            return Set(names).count < names.count
        }
    }
}
