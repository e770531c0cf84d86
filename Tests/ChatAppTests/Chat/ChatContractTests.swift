/// The chat's contract, packet by packet, over real sockets.
import SocketIO
import TestSupport
import Testing

@testable import ChatApp

@Suite struct ChatContractTests {
    // MARK: Coming and going

    @Test(arguments: EngineIOTestClient.Transport.allCases)
    func `a newcomer is let in, announced to everybody and introduced to itself`(
        transport: EngineIOTestClient.Transport
    ) async throws {
        try await withChat { stage in
            let ann = try await stage.join(over: transport)
            let bob = try await stage.join(over: transport)
            #expect(ann.name == "User_1")
            #expect(bob.name == "User_2")
            try await ann.client.expect(#"2["user_joined",{"username":"User_2"}]"#)
        }
    }

    @Test func `the others are told who left, by the name at that time`() async throws {
        try await withChat { stage in
            let (ann, bob) = try await stage.pair()
            try await bob.client.emit("update_username", #"{"username":"Bob"}"#)
            try await ann.client.expect(#"2["username_updated",{"old_username":"User_2","new_username":"Bob"}]"#)
            try await bob.client.close()
            try await ann.client.expect(#"2["user_left",{"username":"Bob"}]"#)
        }
    }

    @Test func `who leaves the namespace is not told, and may come back as somebody else`() async throws {
        try await withChat { stage in
            let (ann, bob) = try await stage.pair()
            try await bob.client.send("1")
            try await ann.client.expect(#"2["user_left",{"username":"User_2"}]"#)
            let again = try await stage.introduction(of: bob.client)
            #expect(again.name == "User_3")
            #expect(again.sid != bob.sid)
            try await ann.client.expect(#"2["user_joined",{"username":"User_3"}]"#)
        }
    }

    // MARK: Messages

    @Test(arguments: [
        #""hé <b>&\u00e9\/""#, #"" ""#, #""""#, "7", "1.50", "-0", "1e2", "123456789012345678901234567890", "true",
        "null",
        "[]", #"{"b":1, "a":[1,null,1.5],"b":2}"#, #""🎉""#,
    ])
    func `a message reaches everybody as it came`(json: String) async throws {
        try await withChat { stage in
            let (ann, bob) = try await stage.pair()
            try await ann.client.emit("send_message", #"{"to":"x","message":\#(json),"temp":false,"more":1}"#)
            for client in [ann.client, bob.client] { try await client.expect(ann.message(json)) }
        }
    }

    @Test func `an absent message is empty`() async throws {
        try await withChat { stage in
            let ann = try await stage.join()
            try await ann.client.emit("send_message", "{}")
            try await ann.client.expect(ann.message(#""""#))
        }
    }

    @Test func `a binary message is passed on with its bytes`() async throws {
        try await withChat { stage in
            let (ann, bob) = try await stage.pair()
            let placeholder = #"{"_placeholder":true,"num":0}"#
            try await ann.client.send(#"51-["send_message",{"message":\#(placeholder)}]"#)
            try await ann.client.send(binary: [0, 255])
            for client in [ann.client, bob.client] {
                try await client.expect("51-" + ann.message(placeholder).dropFirst())
                #expect(try await client.receiveBinary() == [0, 255])
            }
        }
    }

    @Test(arguments: [
        ("1", true), (#""no""#, true), ("[0]", true), ("0.0", false), (#""""#, false), ("{}", false), ("null", false),
    ])
    func `temp is the truth of its value`(json: String, isTrue: Bool) async throws {
        try await withChat { stage in
            let ann = try await stage.join()
            try await ann.client.emit("send_message", #"{"message":1,"temp":\#(json)}"#)
            try await ann.client.expect(ann.message("1", temp: isTrue))
        }
    }

    @Test func `only temporary messages are kept, until they are removed`() async throws {
        try await withChat { stage in
            let ann = try await stage.join()
            try await ann.client.emit("send_message", #"{"message":1,"temp":true}"#, id: 1)
            try await ann.client.emit("send_message", #"{"message":2,"temp":false}"#, id: 2)
            try await ann.client.expect(ann.message("1", temp: true))
            try await ann.client.expect("31[]")
            try await ann.client.expect(ann.message("2"))
            try await ann.client.expect("32[]")
            let kept = stage.chat.temporaryMessages
            #expect(kept.map { "2[\"new_message\",\($0.json)]" } == [ann.message("1", temp: true)])
            stage.chat.tidy(at: .now)
            #expect(stage.chat.temporaryMessages == kept)
            stage.chat.tidy(at: .now + ChatStage.temporaryLifetime)
            #expect(stage.chat.temporaryMessages == [])
        }
    }

    @Test func `the acknowledgement follows the broadcast`() async throws {
        try await withChat { stage in
            let ann = try await stage.join()
            try await ann.client.emit("send_message", #"{"message":"x"}"#, id: 3)
            try await ann.client.expect(ann.message(#""x""#))
            try await ann.client.expect("33[]")
            try await ann.client.emit("update_username", #"{"username":"Ann"}"#, id: 0)
            try await ann.client.expect(#"2["username_updated",{"old_username":"User_1","new_username":"Ann"}]"#)
            try await ann.client.expect("30[]")
        }
    }

    // MARK: Names

    @Test func `a name is trimmed, told to everybody, and used from then on with the old picture`() async throws {
        try await withChat { stage in
            var (ann, bob) = try await stage.pair()
            try await ann.client.emit("update_username", #"{"username":"\t\u2003Zoë 🎉 \n"}"#)
            for client in [ann.client, bob.client] {
                try await client.expect(#"2["username_updated",{"old_username":"User_1","new_username":"Zoë 🎉"}]"#)
            }
            ann.name = "Zoë 🎉"
            try await ann.client.emit("send_message", #"{"message":1}"#)
            try await bob.client.expect(ann.message("1"))
        }
    }

    @Test(arguments: ["{}", #"{"username":""}"#, #"{"username":" \u00a0\t"}"#, #"{"username":" User_1\n"}"#])
    func `an empty or unchanged name is acknowledged and nothing else`(json: String) async throws {
        try await withChat { stage in
            let ann = try await stage.join()
            try await ann.client.emit("update_username", json, id: 5)
            try await ann.client.expect("35[]")
        }
    }

    // MARK: Mistakes

    @Test(arguments: [
        #"["send_message"]"#, #"["send_message","text"]"#, #"["send_message",null]"#, #"["send_message",[]]"#,
        #"["send_message",7]"#, #"["send_message",{},{}]"#, #"["update_username"]"#, #"["update_username","text"]"#,
        #"["update_username",{"username":7}]"#, #"["update_username",{"username":null}]"#,
        #"["update_username",{"username":"a"},1]"#, #"["nobody_knows_this",{}]"#,
    ])
    func `wrong arguments and unknown events change nothing, and the connection stays`(event: String) async throws {
        try await withChat { stage in
            let ann = try await stage.join()
            try await ann.client.send("27\(event)")
            try await ann.client.emit("send_message", #"{"message":"still here"}"#, id: 8)
            try await ann.client.expect(ann.message(#""still here""#))
            try await ann.client.expect("38[]")
        }
    }
}
