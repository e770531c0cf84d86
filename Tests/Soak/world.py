"""What all clients of a run share: the server's address, the books, the time to go home."""

import asyncio
from collections import Counter

from checker import Books, Findings
from client import Client
from plan import Planner
from reference import ReferenceClient

# Each address takes some of the clients, so that none runs out of ports and the limits of an address are at work.
ADDRESSES = 64
MEMBERS_PER_ROOM = 12


class World:
    """A crowd, from its coming to its going home."""

    def __init__(self, port, size, seed, *, ramp, stay, messages_per_second, recovery_seconds):
        self.target = ("127.0.0.1", port)
        self.size = size
        self.ramp = ramp
        self.stay = stay
        self.interval = size / messages_per_second
        self.recovery_seconds = recovery_seconds
        self.findings = Findings()
        self.books = Books()
        self.actions = Counter()
        self.is_closing = False
        self.lives = self.late = self.stalled = self.recovered = self.not_recovered = 0
        self.messages_sent = self.slow_upgrades = 0
        rooms = max(2, size // MEMBERS_PER_ROOM)
        self.clients = [
            Client(self, index, Planner(seed, index, rooms, recovery_seconds > 0)) for index in range(size)
        ]
        self.references = [ReferenceClient(self, index, rooms) for index in range(6)]
        self._sleepers = set()
        self._tasks = []

    @staticmethod
    def address(index):
        """Where a client connects from."""
        return f"127.0.0.{2 + index % ADDRESSES}"

    async def pause(self, seconds, other=None):
        """Waits until the time is over, the crowd is to go home, or another future is done."""
        if self.is_closing:
            return
        loop = asyncio.get_running_loop()
        sleeper = loop.create_future()

        def wake(_=None):
            if not sleeper.done():
                sleeper.set_result(None)

        timer = loop.call_later(seconds, wake)
        self._sleepers.add(sleeper)
        if other is not None:
            other.add_done_callback(wake)
        try:
            await sleeper
        finally:
            timer.cancel()
            self._sleepers.discard(sleeper)
            if other is not None:
                other.remove_done_callback(wake)

    def start(self):
        """Lets everybody come."""
        self._tasks = [asyncio.create_task(one.run()) for one in self.references + self.clients]

    async def go_home(self, seconds):
        """Tells everybody to leave, and waits until all have, or the time is over."""
        self.is_closing = True
        for sleeper in list(self._sleepers):
            if not sleeper.done():
                sleeper.set_result(None)
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for task in late:
            self.findings.report("did not go home", str(task.get_stack(limit=1)))
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for task, result in zip(self._tasks, results):
            if isinstance(result, BaseException) and task not in late:
                self.findings.report("driver failed", repr(result))
