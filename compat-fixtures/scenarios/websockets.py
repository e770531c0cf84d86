"""RFC 6455 as far as a chat shows it: fragments, control frames, compression, frame lengths."""

from .stage import scenario

MESSAGE = '42["send_message",{"message":"in pieces"}]'


@scenario()
async def fragmented_messages(stage):
    """A message in several frames, an empty one among them."""
    a = await stage.websocket("a")
    a.send_fragments(MESSAGE[:7], MESSAGE[7:20], "", MESSAGE[20:])
    await a.receive(1)
    a.send_fragments(*MESSAGE)
    await a.receive(1)


@scenario()
async def websocket_pings(stage):
    """A WebSocket ping is answered with its payload, also beside a message."""
    a = await stage.websocket("a")
    for payload in (b"", b"hello", bytes(125)):
        a.ping(payload)
        await a.receive(1)
    await a.asks('421["send_message",{"message":"m"}]', 2)


@scenario()
async def websocket_compression(stage):
    """permessage-deflate is offered as browsers do."""
    a = await stage.websocket("a", headers={"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"})
    b = await stage.websocket("b")
    for text in ("short", "z" * 3000, "short again", "é😀"):
        await a.send(f'42["send_message",{{"message":"{text}"}}]')
        await stage.everybody(1)
    await b.send('42["send_message",{"message":"plain"}]')
    await stage.everybody(1)


@scenario()
async def frame_lengths(stage):
    """Messages around the limits of the three length forms of a frame."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    frame = len('42["send_message",{"message":""}]')
    for length in (125, 126, 127, 65535, 65536, 65537):
        await a.send('42["send_message",{"message":"' + "x" * (length - frame) + '"}]')
        await stage.everybody(1)
    await b.send('42["send_message",{"message":"short"}]')
    await stage.everybody(1)


@scenario()
async def subprotocols(stage):
    """An offer of subprotocols."""
    await stage.websocket("a", headers={"Sec-WebSocket-Protocol": "chat, superchat"})
