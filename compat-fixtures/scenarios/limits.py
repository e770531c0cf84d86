"""Large and many messages."""

import base64

from .stage import scenario

LARGE = "L" * 900_000


def message(text):
    return f'42["send_message",{{"message":"{text}"}}]'


@scenario()
async def large_messages(stage):
    """Messages near the limit, from both transports to both transports."""
    a, b = await stage.websocket("a"), await stage.polling("b")
    for actor in (a, b):
        await actor.send(message(LARGE))
        await stage.everybody(1)


@scenario()
async def large_binary_message(stage):
    """Twenty thousand bytes as an attachment."""
    a = await stage.websocket("a")
    await stage.websocket("b")
    a.send_frame('451-["send_message",{"message":{"_placeholder":true,"num":0}}]')
    a.send_binary(b"\x00\x01" * 10_000)
    await stage.everybody(2)


@scenario()
async def largest_message(stage):
    """Exactly as long as the limit allows."""
    a = await stage.websocket("a")
    await a.asks(message("x" * (1_000_000 - len(message("")))), 1)


@scenario()
async def too_large_for_websocket(stage):
    """One byte more than the limit: the connection is closed, the others see it leave."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    a.send_frame(message("x" * (1_000_001 - len(message("")))))
    await a.receive(1)
    await b.receive(1)


@scenario()
async def too_large_for_polling(stage):
    """A body over the limit is refused."""
    a, b = await stage.polling("a"), await stage.websocket("b")
    await a.start_poll()
    await a.post(message("x" * 1_000_001))
    await a.end_poll()
    await b.receive(1)
    a.client.closed, a.client.joined = True, False


@scenario()
async def several_packets_per_payload(stage):
    """As many packets in one body as the original takes: 16."""
    a = await stage.polling("a")
    await stage.websocket("b")
    await a.send("\x1e".join(message(f"m{number}") for number in range(16)))
    await stage.everybody(16)


@scenario()
async def mixed_payload(stage):
    """Events, acknowledged ones and attachments in one body."""
    a = await stage.polling("a")
    attachment = "b" + base64.b64encode(b"attachment").decode()
    await a.asks(
        "\x1e".join(
            (
                message("one"),
                '421["send_message",{"message":"two"}]',
                '451-2["send_message",{"message":{"_placeholder":true,"num":0}}]',
                attachment,
                message("three"),
            )
        ),
        7,
    )


@scenario()
async def connect_and_event_in_one_payload(stage):
    """An event right behind CONNECT in the same body."""
    a, b = await stage.websocket("a"), stage.actor("b")
    await b.get("/socket.io/?EIO=4&transport=polling")
    await b.post('40\x1e421["send_message",{"message":"at once"}]')
    await b.receive(5)
    await a.receive(2)


@scenario()
async def many_messages(stage):
    """A hundred messages in a row reach a WebSocket and a polling client in order."""
    a = await stage.websocket("a")
    await stage.polling("b")
    for number in range(100):
        a.send_frame(message(f"m{number}"))
    await stage.everybody(100)


@scenario()
async def many_messages_both_ways(stage):
    """A polling client and a WebSocket client take turns, forty messages each."""
    a, b = await stage.polling("a"), await stage.websocket("b")
    for number in range(40):
        await (a, b)[number % 2].send(message(f"m{number}"))
        await stage.everybody(1)
