"""python-socketio's own client as a member of the crowd, behind the same checker."""

import asyncio
import random

import socketio
from checker import Membership
from peer import attachment

TRANSPORTS = [["websocket"], ["polling", "websocket"], ["polling"]]
ANSWER_DEADLINE = 60


class ReferenceClient:
    """A stock client that stays: in a few rooms for a while, then in others."""

    def __init__(self, world, index, rooms):
        self.world = world
        self.name = f"reference {index}"
        self.transports = TRANSPORTS[index % len(TRANSPORTS)]
        self.random = random.Random(self.name)
        self.rooms = rooms
        self.number_of_stays = 0
        self.messages_seen = 0

    async def run(self):
        while not self.world.is_closing:
            self.number_of_stays += 1
            try:
                await self._visit()
            except Exception as error:  # whatever the stock client raises is a finding
                self.world.findings.report("reference client", f"{self.name}: {error!r}")
                await self.world.pause(1)

    async def _visit(self):
        """One connection."""
        memberships = {}
        client = socketio.AsyncClient(reconnection=False)

        def chat(room, sender, number, content, *offset):
            self.messages_seen += 1
            membership = memberships.get(room)
            if membership is not None:
                membership.saw(f'"{sender}"', number)
            if isinstance(content, bytes) and content != attachment(f'"{sender}"', number):
                self.world.findings.report("damaged", f"{self.name}: attachment {number} of {sender}")

        client.on("chat", chat)
        client.on("question", lambda *arguments: arguments)
        host, port = self.world.target
        await client.connect(f"http://{host}:{port}", transports=self.transports, wait_timeout=ANSWER_DEADLINE)
        try:
            await self._stay(client, memberships)
        finally:
            for membership in memberships.values():
                membership.abandoned()
            await client.disconnect()

    async def _stay(self, client, memberships):
        for room in self.random.sample(range(self.rooms), min(3, self.rooms)):
            name = f"r{room}"
            memberships[name] = Membership(self.world.books.room(f'"{name}"'), self.world.findings, self.name)
            await client.call("join", name, timeout=ANSWER_DEADLINE)
            memberships[name].joined()
        sender = f"{self.name}.{self.number_of_stays}"
        end = asyncio.get_running_loop().time() + self.world.stay
        while not self.world.is_closing and asyncio.get_running_loop().time() < end:
            for name, membership in memberships.items():
                number = membership.book.next_number(f'"{sender}"')
                await client.call("chat", (name, sender, number, "from the stock client"), timeout=ANSWER_DEADLINE)
                membership.book.acknowledge(f'"{sender}"', number)
                self.world.messages_sent += 1
            await self.world.pause(min(self.world.interval, 3))
        for name, membership in list(memberships.items()):
            membership.leaving()
            await client.call("leave", name, timeout=ANSWER_DEADLINE)
            membership.left()
            membership.book.depart(f'"{sender}"')
            del memberships[name]
