"""One chat client: HTTP requests, a poll, a WebSocket, and one stream of what it received."""

import asyncio
import json

from . import items
from .http import BrokenAnswer, HTTPConnection, read_answer
from .websocket import ProtocolFault, WebSocket

POLLING = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"
PROBE_ID = "987650"
PROBE_EVENT = f'42{PROBE_ID}["update_username",{{"username":""}}]'
PROBE_ANSWER = f"43{PROBE_ID}[]"
PROBE_PING = b"settle"
# The last one runs the disconnect handler of the original, though the client stays in the namespace.
LEAVING = {"1", "41", "41/,", "41{}", '42["disconnect"]'}


class Client:
    """`inbox` holds the items received and not yet taken, over whatever transport they came."""

    def __init__(self, name, address):
        self.name, self.address = name, address
        self.inbox = []
        self.sid = None
        self.joined = self.closing = self.closed = self.upgraded = False
        self.answers_pings = True
        self.socket = self.poll_task = self.reader_task = self.last_poll = None
        self.changed, self.poll_sent = asyncio.Event(), asyncio.Event()
        self.posting = asyncio.Lock()
        self.connections = {}
        self.background = set()

    # HTTP

    async def exchange(self, method, target, headers=None, body=None, on=None):
        """One request and its answer; `on` names a connection that is kept."""
        connection = self.connections.get(on) or HTTPConnection(self.address)
        if on:
            self.connections[on] = connection
        try:
            answer = await connection.request(method, target, headers, body)
        finally:
            if not on:
                connection.close()
        self.note_handshake(answer)
        return answer

    def note_handshake(self, answer):
        if answer.status == 200 and answer.body.startswith(b"0{"):
            self.note_open(answer.body.decode().split(items.SEPARATOR)[0])

    def note_open(self, packet):
        if self.sid is None:
            self.sid = json.loads(packet[1:])["sid"]

    async def post(self, body):
        self.note_sent(body)
        async with self.posting:
            return await self.exchange("POST", self.polling_target(), body=body.encode())

    def polling_target(self):
        return f"{POLLING}&sid={self.sid}"

    # The poll

    def is_polling(self):
        return self.poll_task is not None and not self.poll_task.done()

    def start_poll(self, headers=None):
        self.poll_sent.clear()
        self.poll_task = asyncio.create_task(self.poll(headers))

    async def start_waiting_poll(self, headers=None):
        """A GET that the server has before anything sent later, as far as can be told from outside."""
        self.start_poll(headers)
        await self.poll_sent.wait()
        await quietly(self.exchange("GET", "/"))

    async def poll(self, headers):
        """One GET; gives its answer unless it was refused."""
        connection = HTTPConnection(self.address)
        try:
            await connection.send("GET", self.polling_target(), headers)
            self.poll_sent.set()
            answer = await read_answer(connection.reader, "GET")
        except (BrokenAnswer, OSError):
            self.finish("close:no answer")
            return None
        finally:
            self.poll_sent.set()
            connection.close()
        if answer.status != 200:
            self.finish(f"close:HTTP {answer.status}")
            return None
        self.last_poll = answer
        for item in items.from_payload(answer.body):
            self.take(item)
        self.changed.set()
        return answer

    async def abort_poll(self):
        """Closes the connection of the waiting GET, as a browser does when its page goes."""
        self.poll_task.cancel()
        await asyncio.wait([self.poll_task])

    # The WebSocket

    async def open_websocket(self, target, headers=None):
        socket, answer = await WebSocket.open(self.address, target, headers)
        if socket is not None:
            self.socket = socket
            self.upgraded = self.sid is None
            self.reader_task = asyncio.create_task(self.read(socket))
        return answer

    async def read(self, socket):
        kind = None
        while kind != "close":
            try:
                kind, value = await socket.receive()
            except (ProtocolFault, UnicodeDecodeError) as fault:
                kind, value = "close", f"protocol fault: {fault}"
            item = items.from_frame(kind, value)
            self.finish(item) if kind == "close" and self.upgraded else self.take(item)
        socket.writer.close()

    def send_text(self, text):
        self.note_sent(text)
        self.upgraded = self.upgraded or text == "5"
        self.socket.send_text(text)

    # The stream

    def take(self, item):
        if item == items.PING and self.answers_pings:
            self.spawn(self.send(items.PONG))
        elif item not in (items.NOOP, ""):
            self.note_received(item)
            self.inbox.append(item)
        self.changed.set()

    def note_received(self, item):
        if item.startswith("0{"):
            self.note_open(item)
        elif item.startswith("40{"):
            self.joined = True
        elif item == "1":
            self.closed = True

    def note_sent(self, text):
        packets = text.split(items.SEPARATOR)
        self.closing = self.closing or "1" in packets
        if LEAVING.intersection(packets):
            self.joined = False

    def finish(self, item):
        self.closed, self.joined = True, False
        self.inbox.append(item)
        self.changed.set()

    def spawn(self, coroutine):
        task = asyncio.create_task(quietly(coroutine))
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    async def send(self, text):
        """Sends over the present transport."""
        if self.upgraded:
            self.send_text(text)
        else:
            await self.post(text)

    def may_poll(self):
        return bool(self.sid) and not (self.upgraded or self.closing or self.closed or self.is_polling())

    def has_ended(self):
        """True when nothing can arrive any more."""
        reading = self.reader_task is not None and not self.reader_task.done()
        return (self.closed or self.closing) and not self.is_polling() and not reading

    async def wait_until(self, condition, seconds, polls=True, poll_headers=None):
        """Waits for what the inbox should hold, polling as often as that takes; False when time is up."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not condition():
            if polls and self.may_poll():
                self.start_poll(poll_headers)
            if self.has_ended():
                return condition()
            self.changed.clear()
            left = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self.changed.wait(), max(left, 0))
            except TimeoutError:
                return condition()
        return True

    async def poll_answered(self, seconds):
        """Waits for the GET under way: a client may not finish an upgrade before."""
        if self.is_polling():
            await asyncio.wait([self.poll_task], timeout=seconds)

    async def round_trip(self, seconds):
        """Comes back when everything the server had queued for this client before has arrived."""
        if self.closed:
            return True
        if self.joined:
            await quietly(self.send(PROBE_EVENT))
            return await self.wait_and_drop(PROBE_ANSWER, seconds)
        if self.upgraded:
            self.socket.send_ping(PROBE_PING)
            return await self.wait_and_drop(items.from_frame("pong", PROBE_PING), seconds)
        if self.sid and not self.closing:
            answer = await quietly(self.post(items.PONG))
            if answer is not None and answer.status >= 400 and not self.closed:
                self.finish(f"close:HTTP {answer.status}")
        return True

    async def wait_and_drop(self, item, seconds):
        found = await self.wait_until(lambda: item in self.inbox, seconds)
        if found:
            self.inbox.remove(item)
        return found or self.closed

    async def leave(self):
        """Out of the namespace first, so that the server has forgotten the client when this returns."""
        if not self.closed and self.joined:
            await quietly(self.send("41"))
        if self.socket is not None and not self.reader_task.done():
            self.socket.send_close(1000)
            await asyncio.wait([self.reader_task], timeout=1)
            self.socket.cut()
        elif self.sid and not self.closed and not self.upgraded:
            await quietly(self.post("1"))
        await self.stop()

    async def stop(self):
        for connection in self.connections.values():
            connection.close()
        tasks = [task for task in (self.poll_task, self.reader_task, *self.background) if task]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def settle(clients, seconds=2):
    """Two rounds: what the first round trip of one client caused for another has arrived after the second.

    Gives the names of the clients whose round trip did not come back.
    """
    silent = []
    for _ in range(2):
        for client in clients:
            if not await client.round_trip(seconds):
                silent.append(client.name)
    return silent


async def quietly(coroutine):
    """For what may fail because the server has already closed."""
    try:
        return await asyncio.wait_for(coroutine, 2)
    except (BrokenAnswer, OSError, TimeoutError):
        return None
