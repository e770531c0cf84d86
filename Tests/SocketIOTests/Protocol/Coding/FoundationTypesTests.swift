import Foundation
import NIOCore
import Testing

@testable import SocketIO

@Suite struct FoundationTypesTests {
    private struct Everything: Codable, Equatable {
        var data: Data
        var date: Date
        var url: URL
        var uuid: UUID
        var decimal: Decimal
        var bytes: [UInt8]
    }

    private let everything = Everything(
        data: Data([1, 2]),
        date: Date(timeIntervalSince1970: 1_704_164_645.678),
        url: URL(string: "https://example.com/a?b=c#d")!,
        uuid: UUID(uuidString: "E621E1F8-C36C-495A-93FC-0C247A3E6E5F")!,
        decimal: Decimal(string: "12345678901234567890.12345")!,
        bytes: [0, 255]
    )

    @Test func `Foundation's types are written as JavaScript writes their like`() throws {
        let encoded = try EncodedValue(everything)
        #expect(
            encoded.json == #"""
                {"data":{"_placeholder":true,"num":0},"date":"2024-01-02T03:04:05.678Z","url":"https://example.com/a?b=c#d","uuid":"E621E1F8-C36C-495A-93FC-0C247A3E6E5F","decimal":12345678901234567890.12345,"bytes":[0,255]}
                """#
        )
        #expect(encoded.attachments == [ByteBuffer(bytes: [1, 2])])
    }

    @Test func `Foundation's types read back as they were`() throws {
        let decoded = try EncodedValue(everything).decode(as: Everything.self)
        #expect(decoded.date.timeIntervalSince1970 == everything.date.timeIntervalSince1970)
        #expect(decoded == everything)
    }

    @Test func `data in every place becomes an attachment`() throws {
        let value = ["a": [Data([1])], "b": []]
        let encoded = try EncodedValue(value)
        #expect(encoded.attachments == [ByteBuffer(bytes: [1])])
        #expect(try encoded.decode(as: [String: [Data]].self) == value)
        #expect(try EncodedValue(Data([3])).decode(as: Data.self) == Data([3]))
        #expect(try EncodedValue([Data([3]).prefix(0), nil]).decode(as: [Data?].self) == [Data(), nil])
    }

    @Test func `a slice of data is sent without the rest`() throws {
        let data = Data([1, 2, 3, 4])[1..<3]
        #expect(try EncodedValue(data).attachments == [ByteBuffer(bytes: [2, 3])])
    }

    @Test func `an impossible date or decimal is null`() throws {
        #expect(try EncodedValue(Date(timeIntervalSince1970: .infinity)).json == "null")
        #expect(try EncodedValue(Decimal.nan).json == "null")
    }

    @Test(arguments: [
        "+143832-07-26T14:06:00.275Z", "-138417-01-24T01:50:54.307Z",
        "-137380-07-31T16:43:16.894Z", "1969-12-31T23:59:59.999Z",
    ])
    func `a date comes back as it was, also where a Double has no room for fractions`(text: String) throws {
        let date = try EncodedValue(json: "\"\(text)\"").decode(as: Date.self)
        #expect(try EncodedValue(date).json == "\"\(text)\"")
    }

    @Test(arguments: [#""yesterday""#, "0", "null", "{}"])
    func `what is no date is refused`(json: String) throws {
        let value = try EncodedValue(json: "[\(json)]")
        let error = #expect(throws: DecodingError.self) { try value.decode(as: [Date].self) }
        #expect(error?.path == "0")
    }

    @Test func `what is of another kind is refused`() throws {
        #expect(throws: DecodingError.self) { try EncodedValue(json: "[1]").decode(as: Data.self) }
        #expect(throws: DecodingError.self) { try EncodedValue(json: #""aGk=""#).decode(as: Data.self) }
        #expect(throws: DecodingError.self) { try EncodedValue(json: #""1.5""#).decode(as: Decimal.self) }
        #expect(throws: DecodingError.self) { try EncodedValue(json: #""""#).decode(as: URL.self) }
        #expect(throws: DecodingError.self) { try EncodedValue(json: #""x""#).decode(as: UUID.self) }
    }
}

extension DecodingError {
    /// The steps of the coding path, separated by points.
    var path: String {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            context.codingPath.map(\.stringValue).joined(separator: ".")
        @unknown default: "?"
        }
    }
}
