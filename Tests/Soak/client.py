"""One client of the crowd: lives one plan after the other, and lets the checker see all that it sends and gets."""

import asyncio

from checker import Membership
from peer import Peer, SlowUpgrade, attachment
from wire import HTTPLink, Link, WireError, connect

# More than the server keeps for a client that does not read, and than the system holds between the two.
FLOOD = '"flood",8,65536'
# How long the server may take for what it has to end by itself, beyond the time it is given.
SLACK = 20
PING_SECONDS = 20
UPGRADE_SECONDS = 6
HEAD_SECONDS = 10
JOIN_SECONDS = 5


class Client:
    """A member of the crowd."""

    def __init__(self, world, index, planner):
        self.world = world
        self.index = index
        self.planner = planner
        self.address = world.address(index)
        self.life = 0
        self.peer = None
        self.memberships = {}
        self.senders = []
        self.spoken = 0

    @property
    def name(self):
        return f"client {self.index} life {self.life}"

    async def run(self):
        """Lives until the crowd is told to go home."""
        await self.world.pause(self.world.ramp * self.index / max(1, self.world.size))
        while not self.world.is_closing:
            self.life += 1
            plan = self.planner.next()
            try:
                await self._live(plan)
            except SlowUpgrade:
                self.world.slow_upgrades += 1
            except (WireError, TimeoutError) as error:
                self.world.findings.report("undeserved end", f"{self.name} ({plan}): {error!r}")
            finally:
                self._forget_all()
                if self.peer is not None:
                    self.peer.drop()
                    self.peer = None
            self.world.lives += 1

    async def _live(self, plan):
        for action in plan.actions:
            self.world.actions[action] += 1
        if plan.stranger:
            return await Stranger(self.world, self.address, self.name).perform(plan.stranger)
        self.peer = self._new_peer(is_small=plan.ending == "stall")
        await self.peer.open(plan.transport)
        await self.peer.join()
        rooms = plan.rooms[:-1]
        for room in rooms:
            await self._enter(room)
        if plan.half_upgrade:
            await self._half_upgrade(plan.half_upgrade)
        await self._stay(plan)
        await self._finish(plan.ending)

    def _new_peer(self, is_small=False):
        peer = Peer(self.world.target, self.address, self._chat)
        peer.is_small = is_small
        return peer

    # Rooms

    def _chat(self, room, sender, number, is_damaged):
        membership = self.memberships.get(room)
        if membership is None:
            # A broadcast that was under way when its receiver left may come behind the answer to its leaving.
            self.world.late += 1
            return
        membership.saw(sender, number)
        if is_damaged:
            self.world.findings.report("damaged", f"{self.name}: attachment {number} of {sender}")

    async def _enter(self, room):
        name = f'"r{room}"'
        membership = Membership(self.world.books.room(name), self.world.findings, self.name)
        self.memberships[name] = membership
        await self._call(f'"join",{name}')
        membership.joined()

    async def _leave(self, name):
        membership = self.memberships[name]
        membership.leaving()
        await self._call(f'"leave",{name}')
        membership.left()
        del self.memberships[name]

    async def _call(self, arguments, expected="[]"):
        answer = await self.peer.call(arguments)
        if answer != expected:
            self.world.findings.report("wrong answer", f"{self.name}: {arguments} was answered {answer[:60]}")

    def _forget_all(self):
        for membership in self.memberships.values():
            membership.abandoned()
        self.memberships = {}
        for book, sender in self.senders:
            book.depart(sender)
        self.senders = []

    # Staying

    async def _stay(self, plan):
        """Speaks from time to time, and does what the plan has for this life, until its time is over."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        stay = self.world.stay * plan.share_of_stay
        moments = [(began + share * stay, moment) for share, moment in plan.moments]
        if plan.upgrades:
            moments.insert(0, (began, "upgrade"))
        next_word = began + self.planner.random.uniform(0, self.world.interval)
        end = began + stay
        while not self.world.is_closing:
            next_moment = moments[0][0] if moments else end
            now = loop.time()
            due = min(next_word, next_moment, end)
            if due > now:
                if await self._pause(due - now):
                    raise WireError(f"the session ended: {self.peer.gone.result()}")
                continue
            if end <= now and not moments:
                return
            if moments and next_moment <= now:
                await self._perform(moments.pop(0)[1], plan)
            else:
                self._speak()
                next_word = max(now, next_word + self.world.interval)

    async def _pause(self, seconds):
        """Waits, and says whether the session has ended."""
        await self.world.pause(seconds, self.peer.gone)
        return self.peer.gone.done()

    def _speak(self):
        """Says something to each room."""
        for name, membership in self.memberships.items():
            book = membership.book
            sender = self._sender(book)
            number = book.next_number(sender)
            self.spoken += 1
            self.world.messages_sent += 1
            acknowledge = Acknowledgement(self, book, sender, number)
            if self.spoken % 16 == 0:
                data = attachment(sender, number)
                arguments = f'"chat",{name},{sender},{number},{{"_placeholder":true,"num":0}}'
                self.peer.emit(arguments, acknowledge, data)
            else:
                text = "x" * (self.spoken * 37 % 200)
                self.peer.emit(f'"chat",{name},{sender},{number},"{text}"', acknowledge)

    def _sender(self, book):
        """The name under which this life speaks in a room; a new one after a connection was lost."""
        for known, sender in self.senders:
            if known is book:
                return sender
        sender = f'"{self.index}.{self.life}.{self.spoken}"'
        self.senders.append((book, sender))
        return sender

    async def _perform(self, moment, plan):
        if moment == "upgrade":
            # The driver may be too slow itself for what the server allows.
            await self.peer.upgrade(within=UPGRADE_SECONDS / 2)
        elif moment == "hop":
            # Never back to a room it was in: what is still under way there must not be taken for news.
            if self.memberships:
                await self._leave(next(iter(self.memberships)))
                await self._enter(plan.rooms[-1])
        elif moment == "ask":
            await self._call(f'"ask",{self.index},"?"', f'[{self.index},"?"]')
        elif moment == "work":
            self.peer.emit(f'"work",{self.planner.random.randint(1, 3000)}', lambda text: None)
        elif moment == "lose connection":
            await self._lose_connection(plan)

    async def _lose_connection(self, plan):
        """Loses its connection without a word and comes back in time: it must miss nothing."""
        former = self.peer
        await former.close("reset")
        for book, sender in self.senders:
            # Whether what was under way has arrived cannot be known.
            book.depart(sender)
        self.senders = []
        lost_at = asyncio.get_running_loop().time()
        await self.world.pause(self.planner.random.uniform(0, 3))
        self.peer = self._new_peer(former.is_small)
        self.peer.resume(former)
        await self.peer.open(plan.transport)
        if await self.peer.join(self.peer.recovery):
            self.world.recovered += 1
            return
        away = asyncio.get_running_loop().time() - lost_at
        # A server cannot know that a client over polling has gone between two of its requests.
        if former.websocket is not None and away < self.world.recovery_seconds / 2:
            self.world.findings.report("not recovered", f"{self.name} after {away:.1f} s")
        self.world.not_recovered += 1
        self._forget_all()

    # Upgrading half-way

    async def _half_upgrade(self, kind):
        """Begins to upgrade and does not go on; the session has to go on over polling."""
        link = await self.peer.begin_upgrade(is_probing=kind != "silent")
        if kind == "reset":
            link.reset()
            # Until the server has noticed it takes no other.
            await self._pause(1)
            return
        if not await link.wait_until_lost(UPGRADE_SECONDS + SLACK):
            self.world.findings.report("half upgrade kept", self.name)
        link.reset()

    # Ending

    async def _finish(self, ending):
        if self.world.is_closing or ending in ("leave", "close"):
            await self.peer.settle()
            for name in list(self.memberships):
                await self._leave(name)
            await self.peer.close("close" if ending == "close" else "leave")
        elif ending == "vanish":
            await self._vanish()
        elif ending == "stall":
            await self._stall()
        else:
            await self.peer.close(ending)

    async def _vanish(self):
        """Says nothing more, so that the server has to find out."""
        self.peer.stop_polling()
        if self.peer.websocket is None:
            return await self.world.pause(self.planner.random.uniform(0, PING_SECONDS))
        if not await self.peer.websocket.wait_until_lost(PING_SECONDS + SLACK):
            self.world.findings.report("vanished client kept", self.name)

    async def _stall(self):
        """Has a lot sent to it and does not read: the server has to end this, and nobody else is to notice."""
        # A handler still at work would hold the flood back until this client reads again.
        await self.peer.settle()
        self.peer.emit(FLOOD, lambda text: None)
        self._forget_all()
        if self.peer.websocket is not None:
            self.world.stalled += 1
            self.peer.websocket.transport.pause_reading()
            await self.world.pause(self.planner.random.uniform(2, 5))
            if not self.peer.websocket.is_lost:
                self.peer.websocket.transport.resume_reading()
            if not await self.peer.websocket.wait_until_lost(SLACK):
                self.world.findings.report("stalled client kept", self.name)
            return
        self.world.stalled += 1
        self.peer._poll_task.cancel()
        await self.world.pause(self.planner.random.uniform(2, 5))
        for _ in range(SLACK):
            if await self.peer.poll_once() == 400:
                return
        self.world.findings.report("stalled client kept", f"{self.name}, over polling")


class Acknowledgement:
    """What is done when a message is acknowledged."""

    __slots__ = ("book", "client", "number", "sender")

    def __init__(self, client, book, sender, number):
        self.client, self.book, self.sender, self.number = client, book, sender, number

    def __call__(self, text):
        self.book.acknowledge(self.sender, self.number)
        if text != "[]":
            self.client.world.findings.report("wrong answer", f"{self.client.name}: chat was answered {text[:60]}")


class Stranger:
    """Somebody who connects and never joins: the server has to end each of these by itself."""

    def __init__(self, world, address, name):
        self.world = world
        self.address = address
        self.name = name

    async def perform(self, kind):
        limit = {"silent": HEAD_SECONDS, "half a head": HEAD_SECONDS, "no join": JOIN_SECONDS, "garbage": 0}[kind]
        link = await (self._open_session(kind) if kind in ("no join", "garbage") else self._connect(kind))
        if not await link.wait_until_lost(limit + SLACK):
            self.world.findings.report("stranger kept", f"{self.name}: {kind}")
        link.reset()

    async def _connect(self, kind):
        link = await connect(Link(), self.world.target, self.address)
        if kind == "half a head":
            link.write(b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: ")
        return link

    async def _open_session(self, kind):
        peer = Peer(self.world.target, self.address, lambda *message: None)
        await peer.open("websocket")
        if kind == "garbage":
            peer.websocket.write(bytes(range(200, 256)))
        return peer.websocket
