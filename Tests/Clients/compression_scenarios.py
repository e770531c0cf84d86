"""Compressed WebSocket messages, with the client that can ask for them."""

import os

from scenarios import equal, scenario

LARGE = "large text, over and over; " * 2000
ASKING = {"websocket_extra_options": {"compress": 15}}


def agreed(peer):
    """The bits of the window that were agreed on; 0 without compression."""
    return peer.client.eio.ws.compress


@scenario("features", "compression", peers=("asyncio",), transports=("websocket", "upgrade"))
async def compressed_messages_come_back_unchanged(stage):
    for options in ("--deflate-threshold 100", "--deflate-threshold 0 --deflate-without-context"):
        server = stage.own_server(options)
        peer = stage.new_peer(server.url, **ASKING)
        await peer.connect(["/"])
        await peer.expect("connect")
        equal(agreed(peer) > 0, True, "whether messages are compressed")
        noise = os.urandom(50_000)
        for value in (LARGE, "small", LARGE, noise, {"text": LARGE, "bytes": [noise, b""]}):
            equal(await peer.call("message-with-ack", value), [value])
            await peer.emit("message", value)
            equal(await peer.expect("message-back"), [value])


@scenario("features", "compression", peers=("asyncio",), transports=("websocket",))
async def messages_are_not_compressed_by_default(stage):
    peer = stage.new_peer(**ASKING)
    await peer.connect(["/"])
    await peer.expect("connect")
    equal(agreed(peer), 0, "the agreed window")
    equal(await peer.call("message-with-ack", LARGE), [LARGE])
