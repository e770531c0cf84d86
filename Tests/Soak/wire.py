"""HTTP and WebSocket as a client speaks them, for thousands of connections in one process.

Frames are masked with zeros, which is a mask like any other and costs nothing. What comes is handed on at once.
"""

import asyncio
import base64
import os
import socket
import struct

CONNECT_DEADLINE = 30
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class WireError(Exception):
    """The connection ended, or the server sent what it must not."""


def frame(opcode, payload):
    """A whole masked message."""
    length = len(payload)
    if length < 126:
        return struct.pack("!BBI", 0x80 | opcode, 0x80 | length, 0) + payload
    if length < 65536:
        return struct.pack("!BBHI", 0x80 | opcode, 0xFE, length, 0) + payload
    return struct.pack("!BBQI", 0x80 | opcode, 0xFF, length, 0) + payload


async def connect(protocol, target, address, is_small=False):
    """Connects from an address; small buffers make a peer that does not read felt soon."""
    loop = asyncio.get_running_loop()
    sock = socket.socket()
    try:
        sock.setblocking(False)
        if is_small:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        # The port is chosen with the peer in mind, so that each address has all ports towards the server.
        sock.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
        sock.bind((address, 0))
        async with asyncio.timeout(CONNECT_DEADLINE):
            await loop.sock_connect(sock, target)
        await loop.create_connection(lambda: protocol, sock=sock)
    except BaseException as error:
        sock.close()
        if isinstance(error, (OSError, TimeoutError)):
            raise WireError(f"cannot connect: {error!r}") from error
        raise
    return protocol


class Link(asyncio.Protocol):
    """A connection that can be ended in more than one way."""

    def __init__(self):
        self.transport = None
        self.is_lost = False
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        self.is_lost = True
        if not self.lost.done():
            self.lost.set_result(error)

    def write(self, data):
        if not self.is_lost:
            self.transport.write(data)

    def reset(self):
        """Ends the connection with a reset, whatever is under way."""
        if self.is_lost:
            return
        self.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self.transport.abort()

    def close(self):
        """Ends the connection once everything is written."""
        if not self.is_lost:
            self.transport.close()

    async def wait_until_lost(self, seconds):
        """Whether the other side has ended the connection in time."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(self.lost)
        except TimeoutError:
            return False
        return True


class HTTPLink(Link):
    """One request at a time; answers have a length."""

    def __init__(self):
        super().__init__()
        self.buffer = b""
        self.answer = None
        self.last_used = asyncio.get_running_loop().time()

    async def request(self, head, body=b""):
        """Sends a request and returns the status and the body of the answer."""
        if self.is_lost:
            raise WireError("the connection was lost before the request")
        self.answer = asyncio.get_running_loop().create_future()
        self.write(head + body)
        try:
            return await self.answer
        finally:
            self.answer = None
            self.last_used = asyncio.get_running_loop().time()

    def data_received(self, data):
        self.buffer = self.buffer + data if self.buffer else data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        start = head.find(b"content-length:")
        length = int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
        if len(self.buffer) < end + 4 + length:
            return
        body = self.buffer[end + 4 : end + 4 + length]
        self.buffer = self.buffer[end + 4 + length :]
        if self.answer is not None and not self.answer.done():
            self.answer.set_result((int(head[9:12]), body))

    def connection_lost(self, error):
        super().connection_lost(error)
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(WireError(f"the connection was lost during a request: {error!r}"))


class WebSocketLink(Link):
    """A WebSocket; messages go to `on_text` and `on_binary`."""

    def __init__(self, on_text, on_binary=None):
        super().__init__()
        self.on_text = on_text
        self.on_binary = on_binary
        self.buffer = b""
        self.is_open = False
        self.opened = asyncio.get_running_loop().create_future()

    async def open(self, host, path):
        """Asks for the WebSocket and waits for it."""
        key = base64.b64encode(os.urandom(16)).decode()
        self.write(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        try:
            async with asyncio.timeout(CONNECT_DEADLINE):
                await self.opened
        except TimeoutError:
            raise WireError("no WebSocket in time") from None

    def send(self, text):
        self.write(frame(TEXT, text.encode()))

    def send_binary(self, data):
        self.write(frame(BINARY, data))

    def send_close(self):
        self.write(frame(CLOSE, b"\x03\xe8"))

    def connection_lost(self, error):
        super().connection_lost(error)
        if not self.opened.done():
            self.opened.set_exception(WireError(f"the connection was lost before the WebSocket: {error!r}"))
            # Nobody may be waiting any more.
            self.opened.exception()

    def data_received(self, data):
        if self.buffer:
            data = self.buffer + data
        position = 0
        if not self.is_open:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self.buffer = data
                return
            if not data.startswith(b"HTTP/1.1 101 "):
                self.buffer = b""
                if not self.opened.done():
                    self.opened.set_exception(WireError(f"no WebSocket: {data[:60]!r}"))
                return self.close()
            self.is_open = True
            if not self.opened.done():
                self.opened.set_result(None)
            position = end + 4
        self._read_frames(data, position)

    def _read_frames(self, data, position):
        size = len(data)
        while size - position >= 2:
            length = data[position + 1]
            start = position + 2
            if length == 126:
                start += 2
                if size < start:
                    break
                length = data[start - 2] << 8 | data[start - 1]
            elif length == 127:
                start += 8
                if size < start:
                    break
                length = int.from_bytes(data[start - 8 : start], "big")
            if size < start + length:
                break
            self._read_frame(data[position], data[start : start + length])
            position = start + length
        self.buffer = data[position:]

    def _read_frame(self, first, payload):
        if first == 0x80 | TEXT:
            self.on_text(payload.decode())
        elif first == 0x80 | BINARY and self.on_binary is not None:
            self.on_binary(payload)
        elif first == 0x80 | PING:
            self.write(frame(PONG, payload))
        elif first == 0x80 | CLOSE:
            self.write(frame(CLOSE, payload[:2]))
