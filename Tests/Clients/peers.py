"""python-socketio's two clients behind one asynchronous face, with everything they receive kept in order.

Scenarios are written once against `Peer` and run with the threaded and the asyncio client.
"""

import asyncio
import collections
import logging
import threading

import socketio

from stock_clients import AsyncClient, SyncClient

DEADLINE = 30


class NoAnswer(Exception):
    """Raised by a handler that means to send no acknowledgement: neither client sends one for a handler that fails."""


class Received(collections.namedtuple("Received", "namespace event arguments")):
    """One event as a handler got it; `connect`, `connect_error` and `disconnect` are recorded alike."""


class Inbox:
    """What has arrived and was not taken yet; belongs to the event loop."""

    def __init__(self):
        self.items = []
        self._changed = asyncio.Event()

    def put(self, item):
        self.items.append(item)
        self._changed.set()

    async def take(self, matches):
        """Removes and returns the first item that matches, waiting for one if need be."""
        while True:
            for index, item in enumerate(self.items):
                if matches(item):
                    return self.items.pop(index)
            self._changed.clear()
            await self._changed.wait()


class Diary(logging.Handler):
    """The client's own log: shown when a scenario fails, and the way to learn of heartbeats."""

    def __init__(self, loop):
        super().__init__(logging.INFO)
        self.lines = collections.deque(maxlen=200)
        self.logger = logging.Logger("client", logging.INFO)
        self.logger.addHandler(self)
        self._loop = loop
        self._changed = asyncio.Event()

    def emit(self, record):
        # Threads of a client may log a last line when everything is over.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._note, record.getMessage()[:200])

    def _note(self, line):
        self.lines.append(line)
        self._changed.set()

    async def wait_for(self, text, times):
        async def enough():
            while sum(text in line for line in self.lines) < times:
                self._changed.clear()
                await self._changed.wait()

        await within_deadline(enough(), f"{times} lines of log with {text}")


class Peer:
    """A connected client; subclasses adapt one of the two implementations."""

    def __init__(self, url, transports, **options):
        self.url = url
        self.transports = transports
        self.inbox = Inbox()
        self.is_closed = False
        self.loop = asyncio.get_running_loop()
        self.diary = Diary(self.loop)
        options = {"reconnection": False, "handle_sigint": False} | options
        self.client = self.client_class(logger=self.diary.logger, engineio_logger=self.diary.logger, **options)

    async def connect(self, namespaces, auth=None, wait=True, headers=None):
        for namespace in namespaces:
            self._record(namespace)
        await self._run(
            self.client.connect,
            self.url,
            transports=self.transports,
            namespaces=list(namespaces),
            auth=auth,
            headers=headers or {},
            wait=wait,
            wait_timeout=DEADLINE,
        )

    def _record(self, namespace):
        for event in ("connect", "connect_error", "disconnect"):
            self.client.on(event, self._recorder(namespace, event), namespace=namespace)
        self.client.on("*", lambda event, *arguments: self._put(namespace, event, arguments), namespace=namespace)

    def _recorder(self, namespace, event):
        return lambda *arguments: self._put(namespace, event, arguments)

    def _put(self, namespace, event, arguments):
        # Handlers of the threaded client run in threads.
        self.loop.call_soon_threadsafe(self.inbox.put, Received(namespace, event, list(arguments)))

    def reply(self, event, handler, namespace="/"):
        """Installs a handler whose result is the acknowledgement; the event is not recorded."""
        self.client.on(event, handler, namespace=namespace)

    async def emit(self, event, *arguments, namespace="/"):
        await self._run(self.client.emit, event, arguments, namespace=namespace)

    async def emit_all(self, event, values):
        """One event for each value, as fast as the client can."""
        raise NotImplementedError

    async def start_call(self, event, *arguments, namespace="/"):
        """Emits with an acknowledgement id; the future gets the list of acknowledged arguments."""
        acknowledged = self.loop.create_future()

        def callback(*answer):
            self.loop.call_soon_threadsafe(acknowledged.set_result, list(answer))

        await self._run(self.client.emit, event, arguments, namespace=namespace, callback=callback)
        return acknowledged

    async def refuse_call(self, event, *arguments, namespace="/", timeout=0.3):
        """Calls what the server never acknowledges; the client's own deadline must end it."""
        try:
            answer = await self._run(self.client.call, event, arguments, namespace=namespace, timeout=timeout)
        except socketio.exceptions.TimeoutError:
            return
        raise AssertionError(f"{event}: expected no acknowledgement within {timeout} s, got {answer!r}")

    async def call(self, event, *arguments, namespace="/"):
        acknowledged = await self.start_call(event, *arguments, namespace=namespace)
        return await within_deadline(acknowledged, f"acknowledgement of {event}")

    async def expect(self, event, namespace="/", where=lambda *arguments: True, what=None):
        """The arguments of the next event of that name, other events left where they are."""

        def matches(item):
            return item.event == event and item.namespace == namespace and where(*item.arguments)

        wanted = what or f"event {event} in {namespace}"
        return (await within_deadline(self.inbox.take(matches), wanted, self._what_came)).arguments

    async def admission(self, namespace):
        """Nothing once the namespace is joined, or what the client was told when it was refused."""

        def matches(item):
            return item.event in ("connect", "connect_error") and item.namespace == namespace

        answer = await within_deadline(self.inbox.take(matches), f"an answer to CONNECT to {namespace}")
        return None if answer.event == "connect" else answer.arguments[0]

    def _what_came(self):
        return f"; came: {[tuple(item) for item in self.inbox.items[-10:]]}"[:1000]

    def pending(self, event, namespace="/"):
        """The arguments of all events of that name that have arrived and were not expected."""
        return [item.arguments for item in self.inbox.items if item[:2] == (namespace, event)]

    def sid(self, namespace="/"):
        return self.client.get_sid(namespace)

    @property
    def transport(self):
        return self.client.transport()

    async def leave(self):
        """Disconnects; the peer can connect again."""
        await within_deadline(self._run(self.client.disconnect), "the client to disconnect")

    async def close(self):
        """Disconnects for good, whatever the client is doing."""
        if self.is_closed:
            return
        self.is_closed = True
        await within_deadline(self._close(), "the client to close")

    async def _close(self):
        await self._run(self.client.shutdown)  # ends reconnecting, or a connection
        await self._run(self.client.disconnect)  # also where no namespace was joined


class AsyncPeer(Peer):
    """The asyncio client."""

    client_class = AsyncClient

    async def _run(self, function, *arguments, **keywords):
        return await function(*arguments, **keywords)

    async def emit_all(self, event, values):
        for value in values:
            await self.client.emit(event, value)


class SyncPeer(Peer):
    """The threaded client; what blocks runs in a thread."""

    client_class = SyncClient

    async def _run(self, function, *arguments, **keywords):
        return await in_thread(lambda: function(*arguments, **keywords))

    async def emit_all(self, event, values):
        await in_thread(lambda: [self.client.emit(event, value) for value in values])

    async def _close(self):
        # The stock client cannot disconnect while it handles having been disconnected.
        idle = threading.Event()
        self.client.eio.messages.put(idle.set)
        await in_thread(idle.wait)
        await super()._close()
        self.client.eio.messages.put(None)


async def in_thread(function):
    """Runs a blocking function in a daemon thread: one that hangs must not keep the whole run from ending."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def settle(settler, value):
        if not future.done():
            settler(value)

    def work():
        try:
            result = function()
        except Exception as error:
            loop.call_soon_threadsafe(settle, future.set_exception, error)
        else:
            loop.call_soon_threadsafe(settle, future.set_result, result)

    threading.Thread(target=work, daemon=True).start()
    return await future


async def within_deadline(awaitable, what, what_came=lambda: ""):
    """Waits, or fails saying for what and, if known, what came instead."""
    try:
        async with asyncio.timeout(DEADLINE):
            return await awaitable
    except TimeoutError:
        raise AssertionError(f"waited {DEADLINE} s for {what}{what_came()}") from None
