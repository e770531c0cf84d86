"""The chat's contract as python-socketio's clients see it."""

import re

from scenarios import equal, scenario

JSON_MESSAGES = ["", "hello", "<b>&", "🎉", 7, 1.5, True, False, None, [], [1, [2]], {"a": {}}]
BINARY_MESSAGES = [b"\x00\xff", {"file": [b"\x01"]}]
TRUE_IN_PYTHON = [True, 1, -1, 0.5, "no", [0], {"a": 0}]
FALSE_IN_PYTHON = [False, None, 0, 0.0, "", [], {}]


async def join(stage):
    """A client in the chat, with what the server introduced it as."""
    peer = await stage.peer()
    (user,) = await peer.expect("set_username")
    return peer, user


async def pair(stage):
    """Two clients in the chat, the first of which has seen the second arrive."""
    ann, ann_user = await join(stage)
    bob, bob_user = await join(stage)
    await ann.expect("user_joined", where=lambda data: data == {"username": bob_user["username"]})
    return ann, ann_user, bob, bob_user


def from_user(user):
    return lambda data: data["from_sid"] == user["sid"]


def expected_message(user, message, temp=False):
    return {
        "from_sid": user["sid"],
        "from_username": user["username"],
        "avatar": user["avatar"],
        "message": message,
        "temp": temp,
    }


@scenario("chat", "chat")
async def a_newcomer_is_introduced_to_everybody_and_itself(stage):
    ann, _ = await join(stage)
    bob, user = await join(stage)
    equal(sorted(user), ["avatar", "sid", "username"])
    equal(user["sid"], bob.sid())
    name = user["username"]
    assert re.fullmatch("User_[1-9][0-9]{3}", name), name
    avatar = f"https://avatar\\.iran\\.liara\\.run/public/(girl|boy)\\?username={name}"
    assert re.fullmatch(avatar, user["avatar"]), user["avatar"]
    for peer in (ann, bob):
        await peer.expect("user_joined", where=lambda data: data == {"username": name})


@scenario("chat", "chat")
async def messages_reach_everybody_unchanged(stage):
    ann, user, bob, _ = await pair(stage)
    for message in JSON_MESSAGES + BINARY_MESSAGES:
        await ann.emit("send_message", {"to": "ignored", "message": message, "temp": False})
        for peer in (ann, bob):
            (data,) = await peer.expect("new_message", where=from_user(user))
            equal(data, expected_message(user, message))
            equal(type(data["message"]), type(message), "type of the message")


@scenario("chat", "chat")
async def a_message_without_text_is_empty(stage):
    ann, user = await join(stage)
    await ann.emit("send_message", {})
    equal(await ann.expect("new_message", where=from_user(user)), [expected_message(user, "")])


@scenario("chat", "chat")
async def temp_is_the_truth_of_its_value(stage):
    ann, user = await join(stage)
    for value in TRUE_IN_PYTHON + FALSE_IN_PYTHON:
        await ann.emit("send_message", {"message": "m", "temp": value})
        (data,) = await ann.expect("new_message", where=from_user(user))
        equal(data["temp"], bool(value), f"temp of {value!r}")


@scenario("chat", "chat")
async def a_message_is_acknowledged_after_its_broadcast(stage):
    ann, user = await join(stage)
    equal(await ann.call("send_message", {"message": "one", "temp": False}), [])
    seen = [data["message"] for (data,) in ann.pending("new_message") if data["from_sid"] == user["sid"]]
    equal(seen, ["one"], "messages seen before the acknowledgement")


@scenario("chat", "chat")
async def a_rename_reaches_everybody_trimmed(stage):
    ann, user, bob, _ = await pair(stage)
    equal(await ann.call("update_username", {"username": "\t\u2003Zoë 🎉 \n"}), [])
    renamed = {"old_username": user["username"], "new_username": "Zoë 🎉"}
    for peer in (ann, bob):
        equal(await peer.expect("username_updated"), [renamed])
    await ann.emit("send_message", {"message": "renamed"})
    expected = expected_message(user | {"username": "Zoë 🎉"}, "renamed")
    equal(await bob.expect("new_message", where=from_user(user)), [expected])


@scenario("chat", "chat")
async def empty_and_unchanged_names_are_no_renames(stage):
    ann, user, bob, _ = await pair(stage)
    for name in ("", "   ", "\u00a0\t", user["username"], f" {user['username']} "):
        await ann.emit("update_username", {"username": name})
    await ann.emit("send_message", {"message": "marker"})
    (data,) = await bob.expect("new_message", where=from_user(user))
    equal(data, expected_message(user, "marker"))
    equal(ann.pending("username_updated") + bob.pending("username_updated"), [])


@scenario("chat", "chat")
async def the_others_are_told_when_somebody_leaves(stage):
    ann, user, bob, _ = await pair(stage)
    await ann.leave()
    await bob.expect("user_left", where=lambda data: data == {"username": user["username"]})
    equal([data for (data,) in ann.pending("user_left") if data["username"] == user["username"]], [])


@scenario("chat", "chat")
async def wrong_arguments_are_neither_broadcast_nor_acknowledged(stage):
    ann, user = await join(stage)
    wrong = [[], ["text"], [7], [None], [[]], [{}, {}]]
    unanswered = [await ann.start_call("send_message", *arguments) for arguments in wrong]
    unanswered += [await ann.start_call("update_username", *arguments) for arguments in wrong]
    unanswered.append(await ann.start_call("nobody-knows-this", {}))
    equal(await ann.call("send_message", {"message": "marker"}), [])
    equal(await ann.expect("new_message", where=from_user(user)), [expected_message(user, "marker")])
    assert not any(call.done() for call in unanswered), "a wrong call was acknowledged"
    equal([data for (data,) in ann.pending("new_message") if data["from_sid"] == user["sid"]], [])


@scenario("chat", "chat")
async def many_messages_arrive_in_order(stage):
    ann, user, bob, _ = await pair(stage)
    await ann.emit_all("send_message", [{"message": number, "temp": False} for number in range(300)])
    for peer in (ann, bob):
        for number in range(300):
            (data,) = await peer.expect("new_message", where=from_user(user))
            equal(data["message"], number)
