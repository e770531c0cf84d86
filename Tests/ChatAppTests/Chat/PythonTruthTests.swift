/// Truth as Python sees it.
import NIOCore
import SocketIO
import Testing

@testable import ChatApp

@Suite struct PythonTruthTests {
    @Test(arguments: [
        "null", "false", "0", "-0", "0.0", "-0.0", "0e5", "0E-5", "0.000e9", "1e-400", "-1e-400", "0.1e-999999", #""""#,
        "[]", "{}", "[ ]", "{\n\t}",
    ])
    func `false in Python`(json: String) throws {
        #expect(try !PythonTruth.isTrue(EncodedValue(json: json)))
    }

    @Test(arguments: [
        "true", "1", "-1", "0.5", "1e5", "1e999", "10", "0.0000001", "5e-324", "100000000000000000000000", #""0""#,
        #"" ""#, #""no""#, #""\u0000""#, "[0]", "[[]]", "[ null]", #"{"":null}"#, #"{ "a":0}"#,
        #"{"_placeholder":true,"num":0}"#,
    ])
    func `true in Python`(json: String) throws {
        #expect(try PythonTruth.isTrue(EncodedValue(json: json)))
    }

    @Test func `bytes are true unless there are none`() throws {
        #expect(try PythonTruth.isTrue(EncodedValue(ByteBuffer(bytes: [0]))))
        #expect(try !PythonTruth.isTrue(EncodedValue(ByteBuffer())))
        #expect(try PythonTruth.isTrue(EncodedValue([ByteBuffer()])))
    }
}
