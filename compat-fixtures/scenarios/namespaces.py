"""CONNECT and DISCONNECT: other namespaces, auth, a second CONNECT, events outside of a namespace."""

from .stage import scenario


async def opened(stage, name):
    actor = stage.actor(name)
    await actor.open_websocket()
    await actor.receive(1)
    return actor


@scenario()
async def other_namespace(stage):
    """A namespace that does not exist is refused; the connection stays and may join the right one."""
    a = await opened(stage, "a")
    await a.asks("40/other,", 1)
    await a.asks('40/other,{"token":"x"}', 1)
    await a.asks("40/other", 1)
    await stage.join(a)
    await a.asks('421["send_message",{"message":"joined"}]', 2)


@scenario()
async def other_namespace_polling(stage):
    """The refusal over polling."""
    a = await stage.polling("a")
    await a.asks("40/other,", 1)
    await a.asks('421["send_message",{"message":"still joined"}]', 2)


@scenario()
async def connect_with_auth(stage):
    """The payload of CONNECT is accepted and not used."""
    a = await opened(stage, "a")
    await stage.join(a, '40{"token":"x","nested":{"a":[1]}}')
    b = await opened(stage, "b")
    await stage.join(b, "40{}")
    c = await opened(stage, "c")
    await stage.join(c, "40/,{}")


@scenario()
async def second_connect(stage):
    """CONNECT to a namespace that was joined already."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    await a.asks("40", 1)
    await b.asks('421["send_message",{"message":"others go on"}]', 2)
    await a.receive(1)


@scenario()
async def event_before_connect(stage):
    """An event before CONNECT reaches nobody."""
    a, b = await stage.websocket("a"), await opened(stage, "b")
    b.send_frame('421["send_message",{"message":"too early"}]')
    await stage.quiet()
    await a.asks('421["send_message",{"message":"only this"}]', 2)


@scenario()
async def event_in_other_namespace(stage):
    """An event in a namespace that was not joined reaches nobody."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    b.send_frame('42/other,1["send_message",{"message":"elsewhere"}]')
    await stage.quiet()
    await a.asks('421["send_message",{"message":"only this"}]', 2)
    await b.receive(1)


@scenario()
async def leaving_twice(stage):
    """A second DISCONNECT changes nothing."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    await b.asks("41", 1)
    await a.receive(1)
    b.send_frame("41")
    await stage.quiet()
    await a.asks('421["send_message",{"message":"only this"}]', 2)


@scenario()
async def namespace_spelled_out(stage):
    """`/` may be written in full in every packet."""
    a = await opened(stage, "a")
    await stage.join(a, "40/,")
    await a.asks('42/,1["send_message",{"message":"m"}]', 2)
    await a.asks("41/,", 1)
