"""The client side of RFC 6455, frame by frame, with permessage-deflate when the server grants it."""

import asyncio
import base64
import hashlib
import os
import struct
import zlib

from .http import BrokenAnswer, read_answer, request_bytes

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
NO_STATUS, ABNORMAL = 1005, 1006
ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
DEFLATE_TAIL = b"\x00\x00\xff\xff"


class ProtocolFault(Exception):
    """The server broke RFC 6455."""


class WebSocket:
    """An open WebSocket. `receive` gives ("text", str), ("binary", bytes), ("pong", bytes) or ("close", code)."""

    def __init__(self, reader, writer, deflate):
        self.reader, self.writer = reader, writer
        self.inflater = zlib.decompressobj(-15) if deflate else None
        self.deflater = zlib.compressobj(wbits=-15) if deflate else None

    @classmethod
    async def open(cls, address, target, headers=None):
        """The socket and the server's answer; the socket is None when the answer is not 101."""
        reader, writer = await asyncio.open_connection(*address, limit=1 << 20)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(request_bytes(address, "GET", target, handshake_headers(key, headers or {})))
        answer = await read_answer(reader, "GET")
        if answer.status != 101:
            writer.close()
            return None, answer
        check_accept(key, answer)
        return cls(reader, writer, "permessage-deflate" in (answer.header("sec-websocket-extensions") or "")), answer

    def send_text(self, text):
        self.send_message(TEXT, text.encode("utf-8", "surrogatepass"))

    def send_binary(self, data):
        self.send_message(BINARY, data)

    def send_message(self, opcode, payload):
        if self.deflater is None:
            return self.send_frame(opcode, payload)
        packed = self.deflater.compress(payload) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
        self.send_frame(opcode, packed.removesuffix(DEFLATE_TAIL), compressed=True)

    def send_fragments(self, parts):
        """One text message in several frames."""
        for index, part in enumerate(parts):
            opcode = CONTINUATION if index else TEXT
            self.send_frame(opcode, part.encode(), final=index == len(parts) - 1)

    def send_ping(self, payload):
        self.send_frame(PING, payload)

    def send_close(self, code=None):
        self.send_frame(CLOSE, b"" if code is None else struct.pack("!H", code))

    def send_frame(self, opcode, payload, final=True, compressed=False):
        first = (0x80 if final else 0) | (0x40 if compressed else 0) | opcode
        mask = os.urandom(4)
        self.writer.write(bytes([first]) + masked_length(len(payload)) + mask + apply_mask(payload, mask))

    def cut(self):
        """Ends the TCP connection without a close frame."""
        self.writer.transport.abort()

    async def receive(self):
        """The next message or control frame; pings of the server are answered."""
        try:
            return await self.receive_message()
        except (asyncio.IncompleteReadError, ConnectionError):
            return "close", ABNORMAL

    async def receive_message(self):
        opcode, payload, compressed = None, b"", False
        while True:
            final, rsv1, kind, data = await self.read_frame()
            if kind == PING:
                self.send_frame(PONG, data)
            elif kind == PONG:
                return "pong", data
            elif kind == CLOSE:
                return "close", self.answer_close(data)
            else:
                check_sequence(kind, opcode)
                opcode, compressed = (kind, rsv1) if opcode is None else (opcode, compressed)
                payload += data
                if final:
                    return self.message(opcode, payload, compressed)

    def message(self, opcode, payload, compressed):
        if compressed:
            if self.inflater is None:
                raise ProtocolFault("compressed frame without permessage-deflate")
            payload = self.inflater.decompress(payload + DEFLATE_TAIL)
        return ("text", payload.decode("utf-8")) if opcode == TEXT else ("binary", payload)

    def answer_close(self, data):
        code = struct.unpack("!H", data[:2])[0] if data else NO_STATUS
        if not self.writer.is_closing():
            self.send_close(None if code == NO_STATUS else code)
        return code

    async def read_frame(self):
        first, second = await self.reader.readexactly(2)
        if second & 0x80:
            raise ProtocolFault("the server masked a frame")
        if first & 0x30:
            raise ProtocolFault("reserved bits set")
        length = second & 0x7F
        if length == 126:
            length = struct.unpack("!H", await self.reader.readexactly(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", await self.reader.readexactly(8))[0]
        return bool(first & 0x80), bool(first & 0x40), first & 0x0F, await self.reader.readexactly(length)


def handshake_headers(key, extra):
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
    }
    return headers | extra


def check_accept(key, answer):
    expected = base64.b64encode(hashlib.sha1(key.encode() + ACCEPT_SUFFIX).digest()).decode()
    if answer.header("sec-websocket-accept") != expected:
        raise BrokenAnswer("wrong Sec-WebSocket-Accept")


def check_sequence(kind, opcode):
    if kind not in (CONTINUATION, TEXT, BINARY):
        raise ProtocolFault(f"unknown opcode {kind}")
    if (kind == CONTINUATION) != (opcode is not None):
        raise ProtocolFault("fragments out of order")


def masked_length(length):
    if length < 126:
        return bytes([0x80 | length])
    if length < 1 << 16:
        return b"\xfe" + struct.pack("!H", length)
    return b"\xff" + struct.pack("!Q", length)


def apply_mask(payload, mask):
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")
