"""python-socketio 4's two clients behind the face that those of today have in `peers.py`.

What they put on the wire is untouched.
"""

import asyncio
import queue
import threading

import engineio
import socketio

from peers import Diary, Inbox, Peer, Received, in_thread, within_deadline


class SerialEngine(engineio.Client):
    """The stock engine starts a thread per message, and those may overtake each other; one thread keeps their order."""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.messages = queue.SimpleQueue()
        threading.Thread(target=self._dispatch, daemon=True).start()

    def start_background_task(self, target, *arguments, **keywords):
        if target is not self.handlers.get("message"):
            return super().start_background_task(target, *arguments, **keywords)
        self.messages.put(lambda: target(*arguments))

    def _dispatch(self):
        while handle := self.messages.get():
            try:
                handle()
            except Exception:
                self.logger.exception("message handler error")


class SyncClient(socketio.Client):
    """The threaded client, which tells of each event that has no handler of its own."""

    recorder = None

    def _engineio_client_class(self):
        return SerialEngine

    def _trigger_event(self, event, namespace, *arguments):
        if event in self.handlers.get(namespace, {}):
            return super()._trigger_event(event, namespace, *arguments)
        self.recorder(namespace, event, arguments)


class AsyncClient(socketio.AsyncClient):
    """The asyncio client, likewise."""

    recorder = None

    async def _trigger_event(self, event, namespace, *arguments):
        if event in self.handlers.get(namespace, {}):
            return await super()._trigger_event(event, namespace, *arguments)
        self.recorder(namespace, event, arguments)


class OldPeer(Peer):
    """A client of Socket.IO 2."""

    def __init__(self, url, transports):
        self.url = url
        self.transports = transports
        self.inbox = Inbox()
        self.is_closed = False
        self.loop = asyncio.get_running_loop()
        self.diary = Diary(self.loop)
        logger = self.diary.logger
        self.client = self.client_class(logger=logger, engineio_logger=logger, reconnection=False)
        self.client.recorder = self._put

    def _put(self, namespace, event, arguments):
        item = Received(namespace, event, list(arguments))
        self.loop.call_soon_threadsafe(self.inbox.put, item)

    async def connect(self, namespaces=("/",)):
        """Connects and waits until the namespaces are joined, `/` among them."""
        await self.start(namespaces)
        for namespace in dict.fromkeys(["/", *namespaces]):
            await self.expect("connect", namespace.partition("?")[0])

    async def start(self, namespaces=("/",)):
        """Connects; what comes of the namespaces is for the caller to see."""
        await self._run(self.client.connect, self.url, transports=self.transports, namespaces=list(namespaces))

    def sid(self, namespace="/"):
        return self.client.sid if namespace == "/" else f"{namespace}#{self.client.sid}"

    async def _close(self):
        await self._run(self.client.disconnect)


class OldAsyncPeer(OldPeer):
    """The asyncio client."""

    client_class = AsyncClient

    async def _run(self, function, *arguments, **keywords):
        return await function(*arguments, **keywords)

    async def emit_all(self, event, values):
        for value in values:
            await self.client.emit(event, value)


class OldSyncPeer(OldPeer):
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
        await within_deadline(in_thread(idle.wait), "the client's handlers")
        await super()._close()
        self.client.eio.messages.put(None)
