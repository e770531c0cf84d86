"""What clients of Socket.IO 2 do with the client test server: events, acknowledgements, bytes, namespaces, endings."""

import asyncio
import itertools

from old_peers import OldAsyncPeer, OldSyncPeer
from peers import within_deadline
from raw_client import RawClient

PEERS = {"threads": OldSyncPeer, "asyncio": OldAsyncPeer}
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}
SCENARIOS = []

# The client takes no bytes for nothing at all.
NESTED_BINARY = {"file": b"\x00\x01\xfe\xff", "list": [b"\xff", {"deep": b"\x1e"}], "text": "plain"}
TEXTS = ["", "text", "ünïcödé 🎉", '\x1e\u2028"\\:']
VALUES = TEXTS + [0, -1, 1.5, True, False, None, [], {}, [[1, [2]]], {"a": {"b": 1}}]
# What the client has to say before it goes may come too late: it closes its socket, or cuts its poll.
LEFT = ("client namespace disconnect", "transport close", "transport error")
OPTIONS = "--allow-eio3"
QUICK_HEARTBEAT = "--ping-interval 0.2 --ping-timeout 2.5"


def scenario(options=None):
    """Registers a function; with options it has a server of its own."""

    def register(function):
        function.options = options
        SCENARIOS.append(function)
        return function

    return register


class Stage:
    """What a running scenario uses: a server, and clients that are closed afterwards."""

    numbers = itertools.count(1)

    def __init__(self, server, peer, way):
        self.server = server
        self.way = way
        self.key = f"old-{next(self.numbers)}"
        self.peers = []
        self.peer_class = PEERS[peer]
        self._closing = []

    def new_peer(self, way=None):
        """A client that is not connected yet."""
        peer = self.peer_class(f"{self.server.url}/?key={self.key}", TRANSPORTS[way or self.way])
        self.peers.append(peer)
        return peer

    async def peer(self, namespaces=("/",), way=None):
        """A connected client, on the transport that was asked for."""
        peer = self.new_peer(way)
        await peer.connect(namespaces)
        equal(peer.transport, peer.transports[-1], "transport")
        return peer

    async def watcher(self):
        """Is told by the server what happens to the scenario's clients: its auth is the query of the namespace."""
        watcher = OldAsyncPeer(self.server.url, ["websocket"])
        self.peers.append(watcher)
        await watcher.connect([f"/reports?about={self.key}"])
        return watcher

    async def new_client(self):
        """A client of today, on a bare socket."""
        client = await RawClient.connect(self.server.port, f"key={self.key}")
        self._closing.append(client.close)
        return client

    async def close(self):
        try:
            await asyncio.gather(*(peer.close() for peer in self.peers))
        finally:
            for close in self._closing:
                close()


async def disconnected(watcher, namespace="/"):
    """Why the server says that a client has left."""

    def matches(report):
        return report["kind"] == "disconnect" and report["namespace"] == namespace

    (report,) = await watcher.expect("report", "/reports", where=matches, what=f"the end of {namespace}")
    return report["reason"]


def equal(found, expected, what="value"):
    if found != expected or type(found) is not type(expected):
        raise AssertionError(f"{what}: expected {expected!r:.200}, found {found!r:.200}")


def one_of(found, expected, what="reason"):
    if found not in expected:
        raise AssertionError(f"{what}: expected one of {expected}, found {found!r}")


@scenario()
async def events_come_back_with_the_same_arguments(stage):
    peer = await stage.peer()
    for value in VALUES:
        await peer.emit("message", value)
        equal(await peer.expect("message-back"), [value])
    for arguments in ([], [1], [None], [1, "two", [3], {"four": 4}, None]):
        await peer.emit("message", *arguments)
        equal(await peer.expect("message-back"), arguments)


@scenario()
async def acknowledgements_pass_both_ways(stage):
    peer = await stage.peer()
    for arguments in ([], [1], [None], [1, "two", [3], {"four": 4}, None]):
        equal(await peer.call("message-with-ack", *arguments), arguments)
    calls = [await peer.start_call("message-with-ack", number) for number in range(50)]
    answers = await within_deadline(asyncio.gather(*calls), "50 acknowledgements")
    equal(answers, [[number] for number in range(50)])
    peer.reply("question", lambda value: ("answered", value))
    for value in ("why", {"a": [1]}, b"\x01\x02", NESTED_BINARY):
        await peer.emit("ask", value)
        equal(await peer.expect("answer"), ["answered", value])


@scenario()
async def bytes_pass_both_ways(stage):
    peer = await stage.peer()
    for value in (b"\x00", bytes(range(256)), NESTED_BINARY):
        await peer.emit("message", value, "after")
        equal(await peer.expect("message-back"), [value, "after"])
        equal(await peer.call("message-with-ack", "before", value), ["before", value])


@scenario()
async def texts_and_bytes_keep_their_order(stage):
    peer = await stage.peer()
    values = [bytes([number]) * number if number % 3 else number for number in range(120)]
    await peer.emit_all("message", values)
    for value in values:
        equal(await peer.expect("message-back"), [value])


@scenario()
async def a_thousand_messages_keep_their_order(stage):
    peer = await stage.peer()
    await peer.emit_all("message", range(1000))
    for number in range(1000):
        equal(await peer.expect("message-back"), [number])


@scenario()
async def large_messages_pass_both_ways(stage):
    peer = await stage.peer()
    for value in ("x" * 900_000, bytes(range(256)) * 3_500, "é" * 150_000):
        await peer.emit("message", value)
        equal(await peer.expect("message-back"), [value])


@scenario()
async def namespaces_have_ids_of_the_connection_and_do_not_mix(stage):
    peer = await stage.peer(["/", "/custom"])
    for number in range(20):
        await peer.emit("message", f"main {number}")
        await peer.emit("message", f"custom {number}", b"\x01", namespace="/custom")
    for number in range(20):
        equal(await peer.expect("message-back"), [f"main {number}"])
        equal(await peer.expect("message-back", "/custom"), [f"custom {number}", b"\x01"])
    for namespace in ("/", "/custom"):
        # Each socket is alone in the room that its id names.
        await peer.call("broadcast", {"to": [peer.sid(namespace)]}, "told", namespace, namespace=namespace)
        equal(await peer.expect("told", namespace), [namespace])


@scenario()
async def the_handshake_has_no_auth_and_the_query(stage):
    peer = await stage.peer()
    equal(await peer.expect("auth"), [{}])
    (handshake,) = await peer.call("handshake")
    equal(handshake["auth"], {})
    equal(handshake["query"]["key"], stage.key)
    equal(handshake["query"]["EIO"], "3")


@scenario()
async def the_query_of_a_namespace_is_its_auth(stage):
    peer = await stage.peer(["/admin?token=secret"])
    equal(await peer.expect("auth", "/admin"), [{"token": "secret"}])
    equal(await peer.call("message-with-ack", 1, namespace="/admin"), [1])


@scenario()
async def refusals_reach_the_client_and_leave_the_connection_alone(stage):
    peer = stage.new_peer()
    await peer.start(["/admin", "/nowhere", "/custom"])
    equal(await peer.expect("connect_error", "/admin"), [{"code": 7}])
    equal(await peer.expect("connect_error", "/nowhere"), [{"message": "Invalid namespace"}])
    for namespace in ("/", "/custom"):
        await peer.expect("connect", namespace)
        equal(await peer.call("message-with-ack", namespace, namespace=namespace), [namespace])


@scenario()
async def rooms_are_shared_with_clients_of_today(stage):
    old = await stage.peer()
    others = [await stage.peer(way=way) for way in TRANSPORTS]
    new = await stage.new_client()
    for peer in (old, *others):
        await peer.call("join", stage.key)
    await new.send(f'420["join","{stage.key}"]')
    while not (await new.receive()).startswith("430["):
        pass
    await old.call("broadcast", {"to": [stage.key]}, "told", "by the old", b"\x01\x02")
    while not (message := await new.receive()).startswith("451-"):
        pass
    equal(message, '451-["told","by the old",{"_placeholder":true,"num":0}]')
    for peer in (old, *others):
        equal(await peer.expect("told"), ["by the old", b"\x01\x02"])
    await new.send(f'421["broadcast",{{"to":["{stage.key}"]}},"told","by the new"]')
    for peer in (old, *others):
        equal(await peer.expect("told"), ["by the new"])


@scenario()
async def the_server_sees_why_clients_leave(stage):
    watcher = await stage.watcher()
    peer = await stage.peer(["/custom"])
    await peer.leave()
    one_of(await disconnected(watcher, "/custom"), LEFT)
    one_of(await disconnected(watcher, "/"), LEFT)


@scenario()
async def the_client_sees_the_server_s_good_bye(stage):
    watcher = await stage.watcher()
    peer = await stage.peer(["/custom"])
    await peer.emit("leave", namespace="/custom")
    await peer.expect("disconnect", "/custom")
    equal(await disconnected(watcher, "/custom"), "server namespace disconnect")
    equal(await peer.call("message-with-ack", "still here"), ["still here"])
    await peer.emit("close")
    await peer.expect("disconnect")
    equal(await disconnected(watcher), "server namespace disconnect")


@scenario(QUICK_HEARTBEAT)
async def the_client_s_pings_keep_it_alive(stage):
    peer = await stage.peer()
    # More than an interval and a timeout.
    await peer.diary.wait_for("Received packet PONG", 15)
    equal(await peer.call("message-with-ack", "alive"), ["alive"])
    equal(peer.pending("disconnect"), [])


@scenario(QUICK_HEARTBEAT)
async def a_client_that_does_not_ping_is_given_up(stage):
    watcher = await stage.watcher()
    peer = stage.new_peer()
    send = peer.client.eio._send_packet

    def without_pings(packet):
        if packet.packet_type != 2:
            return send(packet)
        # The client would give up by itself otherwise.
        peer.client.eio.pong_received = True
        # The asyncio client awaits what this gives.
        return asyncio.sleep(0) if stage.peer_class is OldAsyncPeer else None

    peer.client.eio._send_packet = without_pings
    await peer.connect()
    await peer.emit("message", "a sign of life, and yet none")
    equal(await disconnected(watcher), "ping timeout")
    peer.client.eio._send_packet = send
    await peer.expect("disconnect")
