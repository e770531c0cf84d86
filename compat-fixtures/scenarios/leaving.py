"""Each way to leave, watched by a second client."""

from .stage import scenario


@scenario()
async def leave_by_disconnect_packet(stage):
    """41 over a WebSocket: out of the namespace, the connection stays."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    await b.asks("41", 1)
    await a.receive(1)
    b.send_frame('42["send_message",{"message":"ignored"}]')
    await stage.quiet()
    await a.asks('421["send_message",{"message":"alone"}]', 2)


@scenario()
async def leave_by_disconnect_packet_polling(stage):
    """41 over polling: the session stays."""
    a, b = await stage.websocket("a"), await stage.polling("b")
    await b.asks("41", 1)
    await a.receive(1)
    await b.post('42["send_message",{"message":"ignored"}]')
    await stage.quiet()
    await a.asks('421["send_message",{"message":"alone"}]', 2)


@scenario()
async def leave_by_close_packet_websocket(stage):
    """The Engine.IO packet 1 over a WebSocket."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    b.send_frame("1")
    await b.receive(2)
    await a.receive(1)


@scenario()
async def leave_by_close_packet_polling(stage):
    """The Engine.IO packet 1 in a POST while a GET waits."""
    a, b = await stage.websocket("a"), await stage.polling("b")
    await b.start_poll()
    await b.post("1")
    await a.receive(1)
    await b.end_poll()
    b.client.closed = True


@scenario()
async def leave_by_close_frame(stage):
    """Close frames with several codes and without one; the server answers with the same."""
    a = await stage.websocket("a")
    for number, code in enumerate((None, 1000, 1001, 3000, 4999)):
        b = await stage.websocket(f"b{number}")
        await b.close(code)
        await a.receive(1)


@scenario()
async def leave_by_cut(stage):
    """The TCP connection of a WebSocket ends without a word."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    await b.cut()
    await a.receive(1)


@scenario()
async def leave_by_cut_after_upgrade(stage):
    """The same for a client that has been upgraded."""
    a, b = await stage.websocket("a"), await stage.upgraded("b")
    await b.cut()
    await a.receive(1)


@scenario(ping_interval=1, ping_timeout=1)
async def leave_by_aborted_poll(stage):
    """The waiting GET is aborted and nothing follows: at the latest the heartbeat finds out."""
    a, b = await stage.websocket("a"), await stage.polling("b")
    await b.start_poll()
    await b.abort_poll()
    b.client.closed, b.client.joined = True, False
    await a.receive(1)


@scenario(ping_interval=1, ping_timeout=1)
async def leave_by_silence_before_connect(stage):
    """A session that never joins and never answers disturbs nobody."""
    a, b = await stage.websocket("a"), stage.actor("b")
    await b.open_websocket()
    b.client.answers_pings = False
    await b.receive(2)
    # Without this, two timers of the original expire at once, each with its own close code.
    b.ping(b"here")
    await b.receive(1)
    await b.receive(1)
    await a.asks('421["send_message",{"message":"alone"}]', 2)
