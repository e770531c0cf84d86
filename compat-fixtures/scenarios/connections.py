"""Connecting: both transports, the upgrade in its orders, two and three clients."""

from wire.client import POLLING

from .stage import scenario


@scenario()
async def websocket_connect(stage):
    """A client joins over a WebSocket and hears its own message."""
    a = await stage.websocket("a")
    await a.asks('42["send_message",{"to":null,"message":"hello","temp":false}]', 1)
    await a.close()


@scenario()
async def polling_connect(stage):
    """A client joins over polling and hears its own message."""
    a = await stage.polling("a")
    await a.asks('42["send_message",{"to":null,"message":"hello","temp":false}]', 1)


@scenario()
async def polling_waits(stage):
    """A GET that waits is answered by what another client sends."""
    a = await stage.polling("a")
    b = await stage.websocket("b")
    for number in range(3):
        await a.start_poll()
        await b.asks(f'42["send_message",{{"message":{number}}}]', 1)
        await a.receive(1)


@scenario()
async def upgrade_after_joining(stage):
    """Polling, joined, then the WebSocket: messages in both directions before and after."""
    a = await stage.polling("a")
    b = await stage.websocket("b")
    await a.asks('42["send_message",{"message":"over polling"}]', 1)
    await b.receive(1)
    await a.upgrade()
    await a.asks('42["send_message",{"message":"over websocket"}]', 1)
    await b.receive(1)
    await b.asks('42["send_message",{"message":"back"}]', 1)
    await a.receive(1)
    await a.close()
    await b.receive(1)


@scenario()
async def upgrade_as_browsers_do(stage):
    """CONNECT is posted and the WebSocket is probed before anything has been polled, as the stock client does."""
    a = stage.actor("a")
    await a.get(POLLING)
    await a.post("40")
    await a.upgrade()
    await a.frames(3)
    await a.asks('42["send_message",{"message":"hello"}]', 1)


@scenario()
async def upgrade_with_waiting_poll(stage):
    """A GET waits while the WebSocket is probed; it is answered before the upgrade is completed."""
    a = await stage.polling("a")
    await a.start_poll()
    await a.upgrade()
    await a.asks('42["send_message",{"message":"hello"}]', 1)


@scenario()
async def upgrade_before_connect(stage):
    """The upgrade is complete before CONNECT is sent."""
    a = stage.actor("a")
    await a.get(POLLING)
    await a.upgrade()
    await stage.join(a)
    await a.asks('42["send_message",{"message":"hello"}]', 1)


@scenario()
async def upgrade_while_others_talk(stage):
    """Nothing is lost, doubled or reordered for a client that upgrades while another sends."""
    a, b = await stage.polling("a"), await stage.websocket("b")
    await b.asks('42["send_message",{"message":0}]', 1)
    await a.open_websocket()
    await b.asks('42["send_message",{"message":1}]', 1)
    a.send_frame("2probe")
    await a.frames(1)
    await b.asks('42["send_message",{"message":2}]', 1)
    await a.complete_upgrade()
    await b.asks('42["send_message",{"message":3}]', 1)
    await a.frames(4)


@scenario()
async def upgrade_given_up(stage):
    """A WebSocket that is opened for an upgrade and closed again leaves the session on polling."""
    a = await stage.polling("a")
    await a.open_websocket()
    a.send_frame("2probe")
    await a.frames(1)
    await a.close()
    await a.asks('42["send_message",{"message":"still here"}]', 1)


@scenario()
async def two_clients(stage):
    """Two WebSocket clients: messages both ways, a rename, leaving by 41."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    await talk(stage, a, b)


@scenario()
async def two_clients_polling(stage):
    """Two polling clients: messages both ways, a rename, leaving by 41."""
    a = await stage.polling("a")
    b = await stage.polling("b")
    await talk(stage, a, b)


@scenario()
async def two_clients_mixed(stage):
    """A polling and a WebSocket client: messages both ways, a rename, leaving by 41."""
    a = await stage.polling("a")
    b = await stage.websocket("b")
    await talk(stage, a, b)


@scenario()
async def three_clients(stage):
    """A WebSocket, a polling and an upgraded client see the same; they leave one by one."""
    a = await stage.websocket("a")
    b = await stage.polling("b")
    c = await stage.upgraded("c")
    for actor, text in ((a, "from a"), (b, "from b"), (c, "from c")):
        await actor.send(f'42["send_message",{{"to":null,"message":"{text}","temp":false}}]')
        await stage.everybody(1)
    for actor in (b, c):
        await actor.leave()
        await stage.everybody(1)


@scenario()
async def rejoin(stage):
    """A client that left by 41 joins again on the same connection: new id, new name."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    await a.asks("41", 1)
    await b.receive(1)
    await stage.join(a)
    await a.send('42["send_message",{"message":"back again"}]')
    await stage.everybody(1)


@scenario()
async def come_back(stage):
    """A client that closed its connection comes back on a new one."""
    a, b = await stage.websocket("a"), await stage.websocket("b")
    await b.close()
    await a.receive(1)
    c = await stage.websocket("c")
    await c.send('42["send_message",{"message":"back again"}]')
    await stage.everybody(1)


async def talk(stage, a, b):
    await a.send('42["send_message",{"to":null,"message":"hi b","temp":false}]')
    await stage.everybody(1)
    await b.send('42["send_message",{"to":null,"message":"hi a","temp":true}]')
    await stage.everybody(1)
    await b.send('42["update_username",{"username":"  bob  "}]')
    await stage.everybody(1)
    await b.send('42["send_message",{"to":null,"message":"renamed","temp":false}]')
    await stage.everybody(1)
    await b.leave()
    await stage.everybody(1)
