/// The wire contract: what is read from events, and what is written.
import NIOCore
import SocketIO
import Testing

@testable import ChatApp

@Suite struct ChatEventsTests {
    @Test(arguments: [
        (#"{"to":null,"message":"hé <b>","temp":false}"#, #""hé <b>""#, false),
        (#"{"message":null,"temp":null}"#, "null", false),
        (#"{}"#, #""""#, false),
        (#"{"temp":"no"}"#, #""""#, true),
        (#"{"message":{"a":[1,null,1.50],"a":1e2},"temp":[]}"#, #"{"a":[1,null,1.50],"a":1e2}"#, false),
        (#"{"message":"one","message":"two","temp":0,"temp":1}"#, #""two""#, true),
    ])
    func `a message is taken as it is`(json: String, message: String, isTemporary: Bool) throws {
        let request = try EncodedValue(json: json).decode(as: SendMessage.self)
        #expect(request.message.json == message)
        #expect(request.temp == isTemporary)
    }

    @Test(arguments: [#""text""#, "7", "null", "[]", "true"])
    func `only an object is a message or a rename`(json: String) throws {
        let value = try EncodedValue(json: json)
        #expect(throws: (any Error).self) { try value.decode(as: SendMessage.self) }
        #expect(throws: (any Error).self) { try value.decode(as: UpdateUsername.self) }
    }

    @Test(arguments: [(#"{}"#, ""), (#"{"username":" Zoë\n"}"#, " Zoë\n"), (#"{"username":"","x":1}"#, "")])
    func `a name is text, and empty when it is absent`(json: String, name: String) throws {
        #expect(try EncodedValue(json: json).decode(as: UpdateUsername.self).username == name)
    }

    @Test(arguments: ["null", "7", "[]", "{}", "true"])
    func `a name of another type is an error`(json: String) throws {
        let value = try EncodedValue(json: #"{"username":\#(json)}"#)
        #expect(throws: (any Error).self) { try value.decode(as: UpdateUsername.self) }
    }

    @Test func `members are written in the original's order`() throws {
        let sid = SocketID(rawValue: "S")
        let message = NewMessage(
            fromSID: sid,
            fromUsername: "Ann",
            avatar: "A",
            message: try EncodedValue(json: "[1.0,{\"b\":1}]"),
            temp: true
        )
        let expected = #"{"from_sid":"S","from_username":"Ann","avatar":"A","message":[1.0,{"b":1}],"temp":true}"#
        #expect(try EncodedValue(message).json == expected)
        let introduction = SetUsername(sid: sid, username: "Ann", avatar: "A")
        #expect(try EncodedValue(introduction).json == #"{"sid":"S","username":"Ann","avatar":"A"}"#)
        let update = UsernameUpdated(oldUsername: "Ann", newUsername: "Bob")
        #expect(try EncodedValue(update).json == #"{"old_username":"Ann","new_username":"Bob"}"#)
        #expect(try EncodedValue(UserName(username: "Ann")).json == #"{"username":"Ann"}"#)
    }

    @Test func `a binary message stays binary`() throws {
        let bytes = ByteBuffer(bytes: [0, 255])
        let request = try EncodedValue(["message": bytes]).decode(as: SendMessage.self)
        let message = NewMessage(
            fromSID: SocketID(rawValue: "S"),
            fromUsername: "Ann",
            avatar: "A",
            message: request.message,
            temp: false
        )
        #expect(try EncodedValue(message).value["message"] == .binary(bytes))
    }

    @Test func `events have the original's names`() {
        #expect(ChatEvents.sendMessage.name == "send_message")
        #expect(ChatEvents.updateUsername.name == "update_username")
        #expect(ChatEvents.userJoined.name == "user_joined")
        #expect(ChatEvents.userLeft.name == "user_left")
        #expect(ChatEvents.setUsername.name == "set_username")
        #expect(ChatEvents.newMessage.name == "new_message")
        #expect(ChatEvents.usernameUpdated.name == "username_updated")
    }
}
