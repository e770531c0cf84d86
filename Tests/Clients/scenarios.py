"""The registry of scenarios and what a scenario gets to work with."""

import asyncio
import contextlib
import dataclasses
import itertools
from collections.abc import Callable

from peers import AsyncPeer, SyncPeer
from proxy import Proxy
from raw_client import RawClient
from servers import Server, Servers

PEERS = {"threads": SyncPeer, "asyncio": AsyncPeer}
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}


@dataclasses.dataclass
class Scenario:
    """One function run against one server, with one client implementation and choice of transports."""

    function: Callable
    server: str
    feature: str
    peer: str
    transports: str
    parser: str = "default"

    @property
    def title(self):
        return self.function.__name__.replace("_", " ")

    @property
    def name(self):
        parser = "" if self.parser == "default" else f", {self.parser}"
        return f"{self.server}: {self.title} ({self.peer}, {self.transports}{parser})"

    @property
    def server_options(self):
        """What the server is started with, so that it speaks as the clients do."""
        return "" if self.parser == "default" else f"--parser {self.parser}"


SCENARIOS: list[Scenario] = []


def scenario(server, feature, peers=tuple(PEERS), transports=tuple(TRANSPORTS)):
    """Registers a function for every combination of clients and transports."""

    def register(function):
        SCENARIOS.extend(Scenario(function, server, feature, peer, way) for peer in peers for way in transports)
        return function

    return register


class Stage:
    """What a running scenario uses: the shared server, further servers, and clients that are closed afterwards."""

    numbers = itertools.count(1)

    def __init__(self, scenario: Scenario, servers: Servers):
        self.scenario = scenario
        self.servers = servers
        # Names the scenario's clients, rooms and namespaces, apart from those of any other.
        self.key = f"stage-{next(self.numbers)}"
        self.peers = []
        # Each is done whatever becomes of the others, the last first.
        self._closing = contextlib.AsyncExitStack()

    @property
    def server(self) -> Server:
        return self.servers.shared(self.scenario.server, self.scenario.server_options)

    def own_server(self, options="") -> Server:
        server = self.servers.own(self.scenario.server, f"{options} {self.scenario.server_options}".strip())
        # In a thread, since other scenarios have heartbeats to answer meanwhile.
        self._closing.push_async_callback(asyncio.to_thread, server.end)
        return server

    async def proxy(self, server=None) -> Proxy:
        """A wire to the server that the scenario may cut."""
        proxy = await Proxy((server or self.server).port).start()
        self._closing.callback(proxy.close)
        return proxy

    async def raw_client(self, namespace="/", server=None) -> RawClient:
        """A client that reads only when asked to."""
        client = await RawClient.connect((server or self.server).port, f"key={self.key}", namespace)
        self._closing.callback(client.close)
        return client

    def new_peer(self, url=None, transports=None, query="", **options):
        """A client that is not connected yet."""
        chosen = TRANSPORTS[transports or self.scenario.transports]
        address = f"{url or self.server.url}/?key={self.key}{query}"
        peer = PEERS[self.scenario.peer](address, chosen, **{"serializer": self.scenario.parser} | options)
        self.peers.append(peer)
        return peer

    async def peer(self, namespaces=("/",), auth=None, url=None, transports=None):
        """A connected client, on the transport that was asked for."""
        peer = self.new_peer(url, transports)
        await peer.connect(namespaces, auth)
        equal(peer.transport, peer.transports[-1], "transport")
        for namespace in namespaces:
            await peer.expect("connect", namespace)
        return peer

    async def crowd(self, count, namespaces=("/",)):
        return await asyncio.gather(*(self.peer(namespaces) for _ in range(count)))

    async def watcher(self, server=None):
        """Is told by the server what happens to the scenario's clients."""
        url = (server or self.server).url
        watcher = Watcher(url, ["websocket"], serializer=self.scenario.parser)
        self.peers.append(watcher)
        await watcher.connect(["/reports"], {"about": self.key})
        return watcher

    async def close(self):
        try:
            await asyncio.gather(*(peer.close() for peer in self.peers))
        finally:
            await self._closing.aclose()


class Watcher(AsyncPeer):
    """A client that receives the server's reports."""

    async def report(self, kind, namespace="/"):
        """The next report of this kind about this namespace."""

        # Where connections are recovered the event's offset comes behind the report.
        def matches(report, *_):
            return report["kind"] == kind and report.get("namespace", namespace) == namespace

        report, *_ = await self.expect("report", "/reports", where=matches, what=f"report {kind} of {namespace}")
        return report

    async def disconnected(self, namespace="/"):
        """Why the server says that a client has left."""
        return (await self.report("disconnect", namespace))["reason"]

    def reports(self, kind):
        return [report for report, *_ in self.pending("report", "/reports") if report["kind"] == kind]


def equal(found, expected, what="value"):
    """Fails showing both sides, shortened."""
    if found != expected or type(found) is not type(expected):
        raise AssertionError(f"{what}: expected {shorten(expected)}, found {shorten(found)}")


def shorten(value, limit=200):
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"
