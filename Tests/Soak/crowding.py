"""Somebody who takes more than an address may have: the limits of an address have to hold, and only for him."""

import asyncio

from wire import HTTPLink, Link, WireError, connect

GREEDY_ADDRESS = "127.0.0.200"
HASTY_ADDRESS = "127.0.0.201"
# Above what Tests/SoakServer allows: 400 connections; 200 handshakes at once and 40 a second.
CONNECTIONS = 440
HANDSHAKES = 320
PAUSE_SECONDS = 30
ANSWER_SECONDS = 20


class Crowding:
    """Comes from time to time."""

    def __init__(self, world):
        self.world = world
        self.refused_connections = self.refused_handshakes = 0

    async def run(self):
        while not self.world.is_closing:
            try:
                await self._take_connections()
                await self._take_handshakes()
            except (WireError, TimeoutError) as error:
                self.world.findings.report("crowding", repr(error))
            await self.world.pause(PAUSE_SECONDS)

    async def _take_connections(self):
        links = []
        for _ in range(CONNECTIONS):
            links.append(await connect(Link(), self.world.target, GREEDY_ADDRESS))
        await asyncio.wait([link.lost for link in links[-5:]], timeout=ANSWER_SECONDS)
        refused = sum(link.is_lost for link in links)
        if refused == 0:
            self.world.findings.report("crowding", f"{CONNECTIONS} connections of one address, none refused")
        self.refused_connections += refused
        for link in links:
            link.reset()

    async def _take_handshakes(self):
        refused = 0
        link = await connect(HTTPLink(), self.world.target, HASTY_ADDRESS)
        head = f"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: {self.world.target[0]}\r\n\r\n".encode()
        for _ in range(HANDSHAKES):
            async with asyncio.timeout(ANSWER_SECONDS):
                status, _ = await link.request(head)
            if status == 429:
                refused += 1
        link.close()
        self.refused_handshakes += refused
