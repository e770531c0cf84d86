"""Heartbeats, with intervals of a second so that nobody waits long."""

from .stage import scenario

PINGED = {"ping_interval": 1, "ping_timeout": 1}


@scenario(**PINGED)
async def heartbeat_websocket(stage):
    """The server pings, the client answers, the chat goes on."""
    a = await stage.websocket("a")
    a.client.answers_pings = False
    for _ in range(2):
        await a.receive(1)
        a.send_frame("3")
    await a.asks('421["send_message",{"message":"alive"}]', 2)


@scenario(**PINGED)
async def heartbeat_polling(stage):
    """The ping answers a waiting GET, the pong is posted."""
    a = await stage.polling("a")
    a.client.answers_pings = False
    for _ in range(2):
        await a.receive(1)
        await a.post("3")
    await a.asks('421["send_message",{"message":"alive"}]', 2)


@scenario(**PINGED)
async def heartbeat_upgraded(stage):
    """The heartbeat goes on after an upgrade."""
    a = await stage.upgraded("a")
    a.client.answers_pings = False
    await a.receive(1)
    a.send_frame("3")
    await a.receive(1)
    a.send_frame("3")
    await a.asks('421["send_message",{"message":"alive"}]', 2)


@scenario(**PINGED)
async def heartbeat_missed_websocket(stage):
    """A client that never answers is closed, and the others see it leave."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    a.client.answers_pings = False
    await a.receive(1)
    # Without this, two timers of the original expire at once, each with its own close code.
    await a.asks('421["update_username",{}]', 1)
    await a.receive(1)
    await b.receive(1)


@scenario(**PINGED)
async def heartbeat_missed_polling(stage):
    """A polling client that never answers is gone, and the others see it leave."""
    a, b = await stage.polling("a"), await stage.websocket("b")
    a.client.answers_pings = False
    await a.receive(1)
    await b.receive(1)
    await a.get(a.client.polling_target())
    a.client.closed, a.client.joined = True, False
