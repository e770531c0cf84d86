"""A client of its own on a bare socket: it reads only when asked to, and shows the headers of the answers."""

import asyncio
import os
import socket
import struct

HOST = "127.0.0.1"
SMALL_BUFFER = 32 << 10  # bytes the kernel keeps for a reader that does not read


class RawClient:
    """A WebSocket session in one namespace."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self.headers = {}

    @classmethod
    async def connect(cls, port, query="", namespace="/"):
        endpoint = socket.socket()
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        endpoint.setblocking(False)
        await asyncio.get_running_loop().sock_connect(endpoint, (HOST, port))
        client = cls(*await asyncio.open_connection(sock=endpoint))
        await client._shake_hands(query)
        opened = await client.receive()
        assert opened.startswith("0{"), f"expected an open packet, got {opened}"
        await client.send("40" if namespace == "/" else f"40{namespace},")
        joined = await client.receive()
        assert joined.startswith("40"), f"expected to join {namespace}, got {joined}"
        return client

    async def _shake_hands(self, query):
        lines = [
            f"GET /socket.io/?EIO=4&transport=websocket&{query} HTTP/1.1",
            f"Host: {HOST}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        ]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        assert head[0].split()[1] == "101", f"expected a WebSocket, got {head[0]}"
        self.headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)

    async def send(self, text):
        data = text.encode()
        assert len(data) < 126, "expected a message of at most 125 bytes"
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        self._writer.write(bytes([0x81, 0x80 | len(data)]) + mask + masked)
        await self._writer.drain()

    async def receive(self):
        """The next text message; heartbeats are answered, binary messages are passed over."""
        while True:
            opcode, data = await self._read_frame()
            if opcode == 8:
                raise ConnectionError(f"the server closed the WebSocket with {data!r}")
            if opcode == 1 and data == b"2":
                await self.send("3")
            elif opcode == 1:
                return data.decode()

    async def _read_frame(self):
        first, second = await self._reader.readexactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", await self._reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", await self._reader.readexactly(8))
        return first & 0x0F, await self._reader.readexactly(length)

    def close(self):
        self._writer.transport.abort()
