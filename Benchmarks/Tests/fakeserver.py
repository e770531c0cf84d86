"""The least of a Socket.IO server, on asyncio alone, which can misbehave: what the load generator is tested against.

Faults hit every tenth message: lost, doubled, corrupted, reordered (with the next), wrong-id; close ends the connection
instead of answering. The others are about connecting or framing and hit everybody.
"""
import asyncio
import base64
import hashlib
import itertools
import json
import re
import struct

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
STATUS = {101: "Switching Protocols", 200: "OK", 400: "Bad Request", 500: "Internal Server Error"}


class Session:
    """One Engine.IO session: where its packets go."""

    def __init__(self, number):
        self.sid = f"session-{number}"
        self.socket_id = f"socket-{number}"
        self.queue = []
        self.waiting = asyncio.Event()
        self.websocket = None
        self.held = None
        self.is_connected = False

    def send(self, packet, style=None):
        if self.websocket is not None:
            self.websocket.write(frame(packet, style))
        else:
            self.queue.append(packet)
            self.waiting.set()


def frame(packet, style=None):
    data = packet.encode()
    if style == "fragments" and len(data) > 8:
        return head(0x01, data[:5]) + data[:5] + head(0x89, b"hi") + b"hi" + head(0x80, data[5:]) + data[5:]
    if style == "masked":
        return bytes([0x81, 0x80 | min(len(data), 125)]) + bytes(4) + data[:125]
    if style == "reserved":
        return head(0xC1, data) + data
    return head(0x81, data) + data


def head(first, data):
    if len(data) < 126:
        return bytes([first, len(data)])
    if len(data) < 65_536:
        return struct.pack(">BBH", first, 126, len(data))
    return struct.pack(">BBQ", first, 127, len(data))


class FakeServer:
    def __init__(self, fault=None, style=None, ping_interval=25_000):
        self.fault = fault
        self.style = style
        self.ping_interval = ping_interval
        self.sessions = {}
        self.numbers = itertools.count()
        self.messages = itertools.count(1)
        self.tasks = set()

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=1 << 24)
        return self.server.sockets[0].getsockname()[1]

    async def stop(self):
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks)

    def faulty(self, fault):
        """Whether this message is one to misbehave with."""
        return self.fault == fault and next(self.messages) % 10 == 0

    # HTTP

    async def serve(self, reader, writer):
        task = asyncio.current_task()
        self.tasks.add(task)
        try:
            while await self.respond(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            writer.close()

    async def respond(self, reader, writer):
        text = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = text.split("\r\n")[0].split(" ")
        headers = dict(re.findall(r"(?m)^([\w-]+): *(.*?)\r$", text))
        query = dict(re.findall(r"(\w+)=([^&]*)", target))
        body = await reader.readexactly(int(headers.get("Content-Length", 0)))
        session = self.sessions.get(query.get("sid"))
        if self.fault == "http-error" and method == "GET":
            return self.answer(writer, 500, b"out of order")
        if query["transport"] == "websocket":
            await self.websocket(reader, writer, headers, session)
            return False
        if method == "POST":
            for packet in body.decode().split("\x1e"):
                self.receive(session, packet)
            return self.answer(writer, 500 if self.faulty("post-error") else 200, b"ok")
        if session is None:
            session = self.open()
            return self.answer(writer, 200, self.open_packet(session).encode())
        return self.answer(writer, 200, "\x1e".join(await self.collect(session)).encode())

    async def collect(self, session):
        while not session.queue:
            session.waiting.clear()
            await session.waiting.wait()
        packets, session.queue = session.queue, []
        return packets

    def answer(self, writer, status, body):
        head = f"HTTP/1.1 {status} {STATUS[status]}\r\ncontent-type: text/plain\r\n"
        closes = self.style == "http-close"
        if closes:
            head += "Connection: close\r\n"
        if self.style == "chunked":
            half = len(body) // 2
            parts = [part for part in (body[:half], body[half:]) if part] + [b""]
            data = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
            writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + data)
        else:
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return not closes

    # Engine.IO

    def open(self):
        session = Session(next(self.numbers))
        self.sessions[session.sid] = session
        return session

    def open_packet(self, session):
        if self.fault == "bad-open":
            return '0{"sid":'
        return "0" + json.dumps({
            "sid": session.sid, "upgrades": ["websocket"], "pingInterval": self.ping_interval, "pingTimeout": 200,
            "maxPayload": 1_000_000,
        })

    async def websocket(self, reader, writer, headers, session):
        key = headers["Sec-WebSocket-Key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest()).decode()
        if self.fault == "wrong-accept":
            accept = accept[::-1]
        writer.write(
            f"HTTP/1.1 101 {STATUS[101]}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
            f"sec-websocket-accept: {accept}\r\n\r\n".encode()
        )
        if session is None:
            session = self.open()
            session.websocket = writer
            session.send(self.open_packet(session), self.style)
        pings = asyncio.create_task(self.ping(session))
        try:
            await self.read_frames(reader, writer, session)
        finally:
            pings.cancel()
            self.sessions.pop(session.sid, None)

    async def ping(self, session):
        while self.fault != "silent":
            await asyncio.sleep(self.ping_interval / 1000)
            session.send("2")

    async def read_frames(self, reader, writer, session):
        while True:
            first, length = await reader.readexactly(2)
            if not length & 0x80:
                raise ConnectionError("a frame that is not masked")
            length &= 0x7F
            if length >= 126:
                length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
            key = await reader.readexactly(4)
            data = bytes(byte ^ key[index % 4] for index, byte in enumerate(await reader.readexactly(length)))
            if first == 0x88:
                writer.write(head(0x88, data) + data)
                return
            if first == 0x81:
                packet = data.decode()
                if packet == "2probe":
                    writer.write(frame("3probe" if self.fault != "bad-probe" else "3prob"))
                elif packet == "5":
                    session.websocket = writer
                else:
                    self.receive(session, packet)

    # Socket.IO

    def receive(self, session, packet):
        if packet == "40":
            if self.fault == "refuse":
                return session.send('44{"message":"not today"}', self.style)
            session.is_connected = True
            return session.send('40{"sid":"%s"}' % session.socket_id, self.style)
        match = re.fullmatch(r"42(\d*)(\[.*\])", packet)
        if match is None:
            return
        if self.faulty("close"):
            if session.websocket is not None:
                session.websocket.close()
            return
        identifier, (event, argument) = match[1], json.loads(match[2])
        if event == "echo":
            self.echo(session, int(identifier), argument)
        elif event == "msg":
            self.broadcast(["msg", argument])
        elif event == "send_message":
            self.broadcast(["new_message", {
                "from_sid": session.socket_id, "from_username": "User", "avatar": "https://example.com/",
                "message": argument["message"], "temp": argument["temp"],
            }])

    def echo(self, session, identifier, argument):
        if self.faulty("wrong-id"):
            identifier += 500_000
        packet = f"43{identifier}" + self.encode([argument])
        self.deliver([session], packet)

    def broadcast(self, event):
        self.deliver([session for session in self.sessions.values() if session.is_connected], "42" + self.encode(event))

    def deliver(self, sessions, packet):
        for session in sessions:
            if self.faulty("lost"):
                continue
            if self.faulty("corrupted"):
                session.send(self.corrupt(packet), self.style)
                continue
            if self.faulty("reordered") and session.held is None:
                session.held = packet
                continue
            session.send(packet, self.style)
            if self.faulty("doubled"):
                session.send(packet, self.style)
            if session.held is not None:
                held, session.held = session.held, None
                session.send(held, self.style)

    @staticmethod
    def corrupt(packet):
        """Changes one letter near the end of the message's text."""
        position = packet.rindex('"') - 1
        while not packet[position].isalnum() or packet[position - 8:position].find('"') >= 0:
            position -= 1
        return packet[:position] + ("x" if packet[position] != "x" else "y") + packet[position + 1:]

    def encode(self, value):
        if self.style == "spaces":
            text = json.dumps(value, indent=1).replace("A", "\\u0041")
            return text
        return json.dumps(value, separators=(",", ":"))
