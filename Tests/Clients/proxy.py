"""A wire between a client and a server that can be cut, held back or spoken into."""

import asyncio

HOST = "127.0.0.1"
DEADLINE = 30  # seconds


class Proxy:
    """Forwards connections to a port of loopback, byte by byte, until told otherwise."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.port = None
        self._listener = None
        self._legs = set()
        self._changed = asyncio.Event()
        self._gates = {"client": asyncio.Event(), "server": asyncio.Event()}
        for gate in self._gates.values():
            gate.set()

    @property
    def url(self):
        return f"http://{HOST}:{self.port}"

    async def start(self):
        self._listener = await asyncio.start_server(self._accept, HOST, 0)
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    def hold(self, sender):
        """From now on nothing that `client` or `server` sends arrives; the end of a connection does not either."""
        self._gates[sender].clear()

    async def cut(self):
        """Ends all connections without a word, once there is one whose end both sides notice: a poll or a WebSocket.

        The server must have one thread: it has then taken the poll when it has answered another request.
        """
        async with asyncio.timeout(DEADLINE):
            while not any(leg.is_awaited for leg in self._legs):
                self._changed.clear()
                await self._changed.wait()
            await self._exchange()
        self._abort()

    async def _exchange(self):
        """One request to the server, and its answer."""
        reader, writer = await asyncio.open_connection(HOST, self.target_port)
        writer.write(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        await reader.read()
        writer.close()

    def _abort(self):
        for leg in self._legs:
            leg.abort()

    def say_to_websockets(self, text):
        """Sends a short text frame to each client on a WebSocket, as if the server had."""
        data = text.encode()
        assert len(data) < 126, "expected a frame of at most 125 bytes"
        for leg in self._legs:
            leg.say(bytes([0x81, len(data)]) + data)

    def close(self):
        if self._listener:
            self._listener.close()
        self._abort()

    async def _accept(self, reader, writer):
        leg = Leg(reader, writer, self._gates, self._changed)
        self._legs.add(leg)
        try:
            await leg.forward_to(self.target_port)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one side is gone, and so is the other in a moment
        finally:
            self._legs.discard(leg)
            leg.abort()


class Leg:
    """One connection of a client, and the one to the server that belongs to it."""

    def __init__(self, reader, writer, gates, changed):
        self._client = (reader, writer)
        self._server = None
        self._gates = gates
        self._changed = changed
        self._is_websocket = False
        # Whether the client waits for something: the answer to a GET, or whatever comes by a WebSocket.
        self.is_awaited = False

    async def forward_to(self, port):
        self._server = await asyncio.open_connection(HOST, port)
        directions = [
            asyncio.ensure_future(self._forward("client", self._client, self._server)),
            asyncio.ensure_future(self._forward("server", self._server, self._client)),
        ]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for direction in directions:
                direction.cancel()
            await asyncio.gather(*directions, return_exceptions=True)
            await self._finish()

    async def _forward(self, sender, source, sink):
        while data := await source[0].read(1 << 16):
            await self._gates[sender].wait()
            sink[1].write(data)
            self._note(sender, data)
            await sink[1].drain()
        await self._gates[sender].wait()

    def _note(self, sender, data):
        if sender == "server" and data.startswith(b"HTTP/1.1 101"):
            self._is_websocket = True
        self.is_awaited = self._is_websocket or (sender == "client" and data.startswith(b"GET "))
        self._changed.set()

    async def _finish(self):
        """What has been forwarded is still written."""
        for _, writer in (self._client, self._server):
            writer.close()

    def say(self, frame):
        if self._is_websocket:
            self._client[1].write(frame)

    def abort(self):
        for ends in (self._client, self._server):
            if ends:
                ends[1].transport.abort()
