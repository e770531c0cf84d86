"""The registry of scenarios and what a scenario gets to work with."""

import asyncio
import dataclasses
from collections.abc import Callable

from peers import AsyncPeer, SyncPeer
from servers import Server, Servers

PEERS = {"threads": SyncPeer, "asyncio": AsyncPeer}
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}


@dataclasses.dataclass
class Scenario:
    """One function run against one server, with one client implementation and choice of transports."""

    function: Callable
    server: str
    peer: str
    transports: str

    @property
    def name(self):
        sentence = self.function.__name__.replace("_", " ")
        return f"{self.server}: {sentence} ({self.peer}, {self.transports})"


SCENARIOS: list[Scenario] = []


def scenario(server, peers=tuple(PEERS), transports=tuple(TRANSPORTS)):
    """Registers a function for every combination of clients and transports."""

    def register(function):
        SCENARIOS.extend(Scenario(function, server, peer, way) for peer in peers for way in transports)
        return function

    return register


class Stage:
    """What a running scenario uses: the shared server, further servers, and clients that are closed afterwards."""

    def __init__(self, scenario: Scenario, servers: Servers):
        self.scenario = scenario
        self.servers = servers
        self.peers = []

    @property
    def server(self) -> Server:
        return self.servers.shared(self.scenario.server)

    def own_server(self, options="") -> Server:
        return self.servers.own(self.scenario.server, options)

    def new_peer(self, url=None, transports=None, **options):
        """A client that is not connected yet."""
        chosen = TRANSPORTS[transports or self.scenario.transports]
        peer = PEERS[self.scenario.peer](url or self.server.url, chosen, **options)
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

    async def crowd(self, count):
        return await asyncio.gather(*(self.peer() for _ in range(count)))

    async def close(self):
        await asyncio.gather(*(peer.close() for peer in self.peers))


def equal(found, expected, what="value"):
    """Fails showing both sides, shortened."""
    if found != expected or type(found) is not type(expected):
        raise AssertionError(f"{what}: expected {shorten(expected)}, found {shorten(found)}")


def shorten(value, limit=200):
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"
