"""Events, acknowledgements, binary data, namespaces and refusal, against the client test server."""

import asyncio

import socketio

from peers import NoAnswer, within_deadline
from scenarios import equal, scenario

NESTED_BINARY = {"file": b"\x00\x01\xfe\xff", "list": [b"", {"deep": b"\x1e"}], "text": "plain"}
TEXTS = ["", "text", "ünïcödé 🎉", '\x1e\u2028"\\']
VALUES = TEXTS + [0, -1, 1.5, True, False, None, [], {}, [[1, [2]]], {"a": {"b": 1}}]


@scenario("features", "events")
async def events_come_back_with_the_same_arguments(stage):
    peer = await stage.peer()
    for value in VALUES:
        await peer.emit("message", value)
        equal(await peer.expect("message-back"), [value])


@scenario("features", "events")
async def events_carry_no_one_and_many_arguments(stage):
    peer = await stage.peer()
    for arguments in ([], [1], [None], [1, "two", [3], {"four": 4}, None]):
        await peer.emit("message", *arguments)
        equal(await peer.expect("message-back"), arguments)


@scenario("features", "acknowledgements")
async def acknowledgements_carry_no_one_and_many_arguments(stage):
    peer = await stage.peer()
    for arguments in ([], [1], [None], [1, "two", [3], {"four": 4}, None]):
        equal(await peer.call("message-with-ack", *arguments), arguments)


@scenario("features", "acknowledgements")
async def acknowledgements_find_their_events_when_many_are_outstanding(stage):
    peer = await stage.peer()
    calls = [await peer.start_call("message-with-ack", number) for number in range(100)]
    answers = await within_deadline(asyncio.gather(*calls), "100 acknowledgements")
    equal(answers, [[number] for number in range(100)])


@scenario("features", "binary")
async def binary_arguments_come_back_unchanged(stage):
    peer = await stage.peer()
    for value in (b"", b"\x00", bytes(range(256)), NESTED_BINARY):
        await peer.emit("message", value, "after")
        equal(await peer.expect("message-back"), [value, "after"])


@scenario("features", "binary")
async def binary_arguments_are_acknowledged_unchanged(stage):
    peer = await stage.peer()
    for value in (b"", bytes(range(256)), NESTED_BINARY):
        equal(await peer.call("message-with-ack", "before", value), ["before", value])


@scenario("features", "binary")
async def text_and_binary_events_keep_their_order(stage):
    peer = await stage.peer()
    values = [bytes([number]) * number if number % 3 else number for number in range(120)]
    await peer.emit_all("message", values)
    for value in values:
        equal(await peer.expect("message-back"), [value])


@scenario("features", "acknowledgements")
async def the_server_gets_the_client_s_acknowledgement(stage):
    peer = await stage.peer()
    peer.reply("question", lambda value: ("answered", value))
    for value in ("why", {"a": [1]}, b"\x01\x02", NESTED_BINARY):
        await peer.emit("ask", value)
        equal(await peer.expect("answer"), ["answered", value])


@scenario("features", "acknowledgements")
async def the_server_s_wait_for_an_acknowledgement_times_out(stage):
    peer = await stage.peer()

    def ignore(value):
        raise NoAnswer

    peer.reply("question", ignore)
    began = peer.loop.time()
    await peer.emit("ask-timeout", "anybody?")
    equal(await peer.expect("answer"), ["timeout"])
    waited = peer.loop.time() - began
    assert waited >= 0.25, f"gave up after {waited:.3f} s, expected 0.3 s"


@scenario("features", "acknowledgements")
async def an_acknowledgement_in_time_beats_the_timeout(stage):
    peer = await stage.peer()
    peer.reply("question", lambda value: value)
    await peer.emit("ask-timeout", 42)
    equal(await peer.expect("answer"), [42])


@scenario("features", "events")
async def a_handler_that_throws_is_not_acknowledged_and_harms_nothing(stage):
    peer = await stage.peer()
    unanswered = await peer.start_call("throw", "now")
    # Handlers run in order, so an answer to the first would have come before the answer to the second.
    equal(await peer.call("message-with-ack", "still here"), ["still here"])
    assert not unanswered.done(), f"acknowledged with {unanswered.result()}"


@scenario("features", "events")
async def unknown_events_are_ignored(stage):
    peer = await stage.peer()
    unanswered = await peer.start_call("nobody-handles-this", 1)
    equal(await peer.call("message-with-ack", 2), [2])
    assert not unanswered.done(), "an unknown event was acknowledged"


@scenario("features", "namespaces")
async def a_namespace_of_its_own_works_like_the_main_one(stage):
    peer = await stage.peer(["/custom"])
    await peer.emit("message", "hello", b"\x01", namespace="/custom")
    equal(await peer.expect("message-back", "/custom"), ["hello", b"\x01"])
    equal(await peer.call("message-with-ack", "hello", namespace="/custom"), ["hello"])


@scenario("features", "namespaces")
async def namespaces_of_one_connection_do_not_mix(stage):
    peer = await stage.peer(["/", "/custom"])
    assert peer.sid("/") != peer.sid("/custom"), "both namespaces have the same id"
    for number in range(20):
        await peer.emit("message", f"main {number}")
        await peer.emit("message", f"custom {number}", namespace="/custom")
    for number in range(20):
        equal(await peer.expect("message-back"), [f"main {number}"])
        equal(await peer.expect("message-back", "/custom"), [f"custom {number}"])
    equal(peer.pending("message-back") + peer.pending("message-back", "/custom"), [])


@scenario("features", "handshake")
async def the_handshake_s_auth_reaches_the_handlers(stage):
    auth = {"token": "pa ss", "nested": {"list": [1, None, "ü"]}}
    peer = await stage.peer(["/custom"], auth=auth)
    equal(await peer.expect("auth", "/custom"), [auth])


@scenario("features", "handshake")
async def without_auth_the_handshake_s_auth_is_empty(stage):
    peer = await stage.peer(["/custom"])
    equal(await peer.expect("auth", "/custom"), [{}])


@scenario("features", "refusals")
async def a_refusal_carries_its_message_and_data(stage):
    for auth in (None, {"token": "wrong"}):
        peer = stage.new_peer()
        try:
            await peer.connect(["/admin"], auth=auth)
        except socketio.exceptions.ConnectionError as error:
            assert "/admin" in str(error), f"refused with {error}"
        else:
            raise AssertionError("the namespace let us in")
        equal(await peer.expect("connect_error", "/admin"), [{"message": "not authorized", "data": {"code": 7}}])


@scenario("features", "refusals")
async def the_right_auth_is_admitted(stage):
    peer = await stage.peer(["/admin"], auth={"token": "secret"})
    equal(await peer.call("message-with-ack", 1, namespace="/admin"), [1])


@scenario("features", "refusals")
async def a_refusal_leaves_the_connection_s_other_namespaces_alone(stage):
    peer = stage.new_peer()
    await peer.connect(["/", "/admin", "/custom"], wait=False)
    await peer.expect("connect_error", "/admin")
    for namespace in ("/", "/custom"):
        await peer.expect("connect", namespace)
        equal(await peer.call("message-with-ack", namespace, namespace=namespace), [namespace])


@scenario("features", "refusals")
async def an_unknown_namespace_is_refused(stage):
    peer = stage.new_peer()
    await peer.connect(["/", "/nowhere"], wait=False)
    equal(await peer.expect("connect_error", "/nowhere"), [{"message": "Invalid namespace"}])
    await peer.expect("connect")
    equal(await peer.call("message-with-ack", 1), [1])


@scenario("features", "limits")
async def messages_of_nearly_a_megabyte_pass_both_ways(stage):
    peer = await stage.peer()
    # What is carried counts against the limit of 1,000,000 bytes: binary data is a third longer over polling (base64),
    # and the client writes six characters for each é.
    for value in ("x" * 990_000, "é" * 160_000, bytes(range(256)) * 2_900, {"list": list(range(140_000))}):
        equal(await peer.call("message-with-ack", value), [value])
        await peer.emit("message", value)
        equal(await peer.expect("message-back"), [value])


@scenario("features", "limits", transports=("websocket", "upgrade"))
async def a_message_over_the_limit_ends_only_its_own_connection(stage):
    other = await stage.peer()
    peer = await stage.peer()
    await peer.emit("message", "x" * 1_000_001)
    await peer.expect("disconnect")
    equal(await other.call("message-with-ack", "fine"), ["fine"])


@scenario("features", "events")
async def a_thousand_messages_keep_their_order(stage):
    peer = await stage.peer()
    await peer.emit_all("message", range(1000))
    for number in range(1000):
        equal(await peer.expect("message-back"), [number])
    equal(peer.pending("message-back"), [])
