"""Packets that no client should send, each from a client of its own, so that one answer stands beside one fault."""

from .stage import scenario

AFTERWARDS = '429["send_message",{"message":"afterwards"}]'

SOCKETIO_FAULTS = (
    "4",
    "42",
    "42[]",
    "42{}",
    '42{"a":1}',
    "42[",
    '42["send_message"',
    "42[null]",
    "42[1]",
    '42abc["x"]',
    '42-1["x"]',
    "43",
    "43[]",
    "431[]",
    "431{}",
    "44",
    "44{}",
    "47",
    "49",
    '4x["x"]',
    '4 ["x"]',
    '42["x"]x',
    '42["connect_error"]',
    '42["newListener"]',
    '42/other["x"]',
)
ENGINE_FAULTS = ("2", "3", "6")


@scenario()
async def malformed_packets(stage):
    """Broken Socket.IO packets over a WebSocket; the client then sends a message."""
    await one_client_each(stage, SOCKETIO_FAULTS)


@scenario()
async def unexpected_engine_packets(stage):
    """Engine.IO packets that are out of place but harmless: ping, pong, noop from the client."""
    await one_client_each(stage, ENGINE_FAULTS)


@scenario()
async def acknowledgement_nobody_waits_for(stage):
    """Acknowledgements of events that were never sent, also binary ones, are ignored."""
    a = await stage.websocket("a")
    a.send_frame("43123456[]")
    a.send_frame('461-5[{"_placeholder":true,"num":0}]')
    a.send_binary(b"x")
    await a.asks(AFTERWARDS, 2)


@scenario()
async def disconnect_with_payload(stage):
    """A DISCONNECT that carries something."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    await a.asks("41{}", 1)
    await b.receive(1)


@scenario()
async def event_named_connect(stage):
    """An event that is named like the connect handler."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    a.send_frame('42["connect"]')
    await a.receive(2)
    await b.receive(1)


@scenario()
async def event_named_disconnect(stage):
    """An event that is named like the disconnect handler."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    a.send_frame('42["disconnect"]')
    await a.receive(1)
    await b.receive(1)


@scenario()
async def malformed_packets_polling(stage):
    """Broken Socket.IO packets in a POST; the client then sends a message."""
    for number, fault in enumerate(("42[]", '42{"a":1}', "42[", "47", "44{}")):
        a = await stage.polling(f"a{number}")
        await a.post(fault)
        await a.asks(AFTERWARDS, 2)
        await a.leave()


@scenario()
async def malformed_payloads(stage):
    """Payloads that are not Engine.IO packets; the client then sends a message."""
    for number, fault in enumerate(("", "x", "\x1e", "\x1e\x1e", "b!!!", "4", "hello world")):
        a = await stage.polling(f"a{number}")
        await a.post(fault)
        await a.asks(AFTERWARDS, 2)
        await a.leave()


@scenario()
async def refused_open_packet(stage):
    """The packet that opens a session, sent by a client: the session ends."""
    await refused(await stage.polling("a"), "0")


@scenario()
async def refused_noop_packet(stage):
    """The packet that says nothing, sent by a client: the session ends."""
    await refused(await stage.polling("a"), "6")


@scenario()
async def refused_payloads(stage):
    """Packets that a client never sends: the session ends."""
    for number, fault in enumerate(("2", "7", "8", "9")):
        await refused(await stage.polling(f"a{number}"), fault)


async def refused(actor, packet):
    """Sends what ends the session while a GET waits."""
    await actor.start_poll()
    await actor.post(packet)
    await actor.end_poll()
    actor.client.closed, actor.client.joined = True, False


async def one_client_each(stage, faults):
    for number, fault in enumerate(faults):
        actor = await stage.websocket(f"a{number}")
        actor.send_frame(fault)
        await actor.asks(AFTERWARDS, 2)
        await actor.leave()
