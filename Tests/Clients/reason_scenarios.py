"""Why a connection ended, as the client and as the server see it: a table of endings."""

import asyncio
import dataclasses
from collections.abc import Callable

import engineio

from scenarios import equal, scenario

FORCED = ("forced close", "forced server close")  # the second where no poll waits at that moment
SILENCE = ("ping timeout", "transport close")  # whichever side gives up first
BOTH, CUSTOM = ("/", "/custom"), ("/custom",)


@dataclasses.dataclass
class Ending:
    """How a connection with two namespaces ends, and which of them each side sees end, and why."""

    title: str
    end: Callable
    # A reason, one of several, or each by the transport; nothing for the client where its side is not told.
    client: str | tuple | dict | None
    server: str | tuple | dict
    namespaces: tuple = BOTH
    server_options: str | None = None


async def leave(scene):
    await scene.peer.leave()


async def leave_one_namespace(scene):
    # The stock client has no call for it.
    await scene.write_message("1/custom,")


async def be_removed(scene):
    await scene.peer.emit("leave", namespace="/custom")


async def be_closed(scene):
    await scene.peer.emit("close", namespace="/custom")


async def cut(scene):
    await scene.proxy.cut()


async def hold_client(scene):
    scene.proxy.hold("client")


async def hold_server(scene):
    scene.proxy.hold("server")


async def send_broken_event(scene):
    await scene.write_message('2{"not":"an array"}')


async def send_unknown_packet(scene):
    await scene.peer._run(scene.peer.client.eio.queue.put, engineio.packet.Packet(9))


async def shut_down(scene):
    await asyncio.to_thread(scene.server.stop)


# Who watches has to answer in time, also where others have the processors.
HEARTBEAT = "--ping-interval 0.4 --ping-timeout 3"
SHUTDOWN = "server shutting down"
# A client on polling is told by a packet; one on WebSocket finds it closed, which it calls an error.
CLOSED = {"polling": "server disconnect", "websocket": "transport error"}
# Where no poll waits at that moment the next one finds no session.
DROPPED = {"polling": ("server disconnect", "transport error"), "websocket": "transport error"}
# On WebSocket the stock client does not wait until its last packets are written.
LEFT = {"polling": "client namespace disconnect", "websocket": ("client namespace disconnect", "transport close")}
LOST = {"polling": "transport error", "websocket": "transport close"}
ENDINGS = [
    Ending("the client leaves", leave, "client disconnect", LEFT),
    Ending("the client leaves one namespace", leave_one_namespace, None, "client namespace disconnect", CUSTOM),
    Ending("the server removes a socket", be_removed, "server disconnect", "server namespace disconnect", CUSTOM),
    Ending("the server closes the connection", be_closed, "server disconnect", "server namespace disconnect"),
    Ending("the connection is cut", cut, "transport error", LOST, server_options="--threads 1"),
    Ending("a ping is not answered", hold_client, "transport error", "ping timeout", server_options=HEARTBEAT),
    Ending("no ping comes", hold_server, "transport error", SILENCE, server_options=HEARTBEAT),
    Ending("the client sends a broken packet of Socket.IO", send_broken_event, CLOSED, FORCED),
    Ending("the client sends a broken packet of Engine.IO", send_unknown_packet, DROPPED, "parse error"),
    Ending("the server shuts down", shut_down, CLOSED, SHUTDOWN, server_options=""),
]


@dataclasses.dataclass
class Scene:
    """Everything an ending may need."""

    server: object
    proxy: object
    peer: object

    async def write_message(self, text):
        """Sends a message of Engine.IO that the stock client would not."""
        await self.peer._run(self.peer.client.eio.send, text)


async def play(stage, ending):
    server = stage.server if ending.server_options is None else stage.own_server(ending.server_options)
    proxy = await stage.proxy(server)
    watcher = await stage.watcher(server)
    peer = await stage.peer(["/", "/custom"], url=proxy.url)
    await ending.end(Scene(server, proxy, peer))
    for namespace in ending.namespaces:
        if ending.client:
            (reason,) = await peer.expect("disconnect", namespace)
            expect_reason(ending.client, peer, reason, f"the client's reason in {namespace}")
        reason = logged_reason(server, stage) if ending.server == SHUTDOWN else await watcher.disconnected(namespace)
        expect_reason(ending.server, peer, reason, f"the server's reason in {namespace}")
    if "/" not in ending.namespaces:
        equal(await peer.call("message-with-ack", "still here"), ["still here"])


def logged_reason(server, stage):
    """A server that shuts down has nobody left to report to; it is in the log."""
    lines = [line for line in server.tail().splitlines() if f"key={stage.key} " in line]
    return lines[-1].split("reason=")[1].split(" [")[0] if lines else f"nothing in the log: {server.tail()}"


def expect_reason(expected, peer, found, what):
    wanted = expected[peer.transports[-1]] if isinstance(expected, dict) else expected
    wanted = (wanted,) if isinstance(wanted, str) else wanted
    assert found in wanted, f"{what}: expected {' or '.join(wanted)}, found {found}"


def register(ending):
    async def function(stage):
        await play(stage, ending)

    function.__name__ = f"both sides see why when {ending.title}"
    scenario("features", "disconnect reasons")(function)


for each in ENDINGS:
    register(each)


@scenario("features", "disconnect reasons")
async def rooms_are_known_while_a_socket_leaves_and_not_afterwards(stage):
    watcher, peer = await stage.watcher(), await stage.peer()
    await peer.call("join", "a", "b")
    own = peer.sid()
    await peer.leave()
    equal((await watcher.report("disconnecting"))["rooms"], sorted(["a", "b", own]))
    equal((await watcher.report("disconnect"))["rooms"], [])
