"""What scenarios are written with: actors whose every action and reception becomes a step of the recording."""

import asyncio

from replaying import steps
from wire.client import POLLING, WEBSOCKET, Client, settle

PATIENCE = 10
HANDSHAKE_HEADERS = ("upgrade", "connection", "sec-websocket-accept")


class ScenarioFailed(Exception):
    """The server did not do what the scenario waits for, or did more."""


def scenario(**server):
    """Marks a function as a scenario; `server` are options of the server, such as ping_interval in seconds."""

    def mark(function):
        function.is_scenario, function.server = True, server
        return function

    return mark


class Stage:
    """One scenario being recorded."""

    def __init__(self, address):
        self.address, self.steps, self.actors = address, [], []

    def actor(self, name):
        actor = Actor(self, Client(name, self.address))
        self.actors.append(actor)
        return actor

    def note(self, actor, direction, via, **what):
        step = {"step": len(self.steps) + 1, "client": actor.client.name, "dir": direction, "via": via, **what}
        self.steps.append(step)
        return step["step"]

    def located(self, headers):
        """Headers with the address that the server really has."""
        host, port = self.address
        return {
            name: value.replace(steps.RECORDED_ADDRESS, f"{host}:{port}") for name, value in (headers or {}).items()
        }

    async def websocket(self, name, headers=None):
        """A client that has joined over a WebSocket; everybody else has seen it join."""
        actor = self.actor(name)
        await actor.open_websocket(headers=headers)
        await actor.receive(1)
        return await self.join(actor)

    async def polling(self, name):
        actor = self.actor(name)
        await actor.get(POLLING)
        return await self.join(actor)

    async def upgraded(self, name):
        actor = await self.polling(name)
        await actor.upgrade()
        return actor

    async def join(self, actor, packet="40"):
        await actor.send(packet)
        await actor.receive(3)
        await self.everybody(1, but=actor)
        return actor

    async def everybody(self, count, but=None):
        for actor in self.actors:
            if actor is not but and actor.client.joined:
                await actor.receive(count)

    async def quiet(self):
        """Everything sent so far has been dealt with, and nobody has received more than was recorded."""
        self.steps.append({"step": len(self.steps) + 1, "client": "*", "dir": "check", "quiet": True})
        await self.check_quiet()

    async def check_quiet(self):
        clients = [actor.client for actor in self.actors]
        silent = await settle(clients)
        extra = {client.name: client.inbox for client in clients if client.inbox}
        if extra or silent:
            raise ScenarioFailed(f"not recorded: {extra}, without answer: {silent}")

    async def finish(self):
        """Nobody may have received more than was recorded; then all leave."""
        try:
            await self.check_quiet()
        finally:
            for actor in self.actors:
                await actor.client.leave()


class Actor:
    """One client of a scenario."""

    def __init__(self, stage, client):
        self.stage, self.client = stage, client
        self.poll_step = None

    # HTTP

    async def request(self, method, target, headers=None, body=None, on=None):
        """One request and its answer, both recorded."""
        headers = self.stage.located(headers)
        sent = self.note_request(method, target, headers, body, on)
        raw = None if body is None else body.encode()
        answer = await asyncio.wait_for(self.client.exchange(method, target, headers, raw, on), PATIENCE)
        self.note_answer(sent, answer)
        return answer

    async def get(self, target, headers=None, on=None):
        return await self.request("GET", target, headers, on=on)

    async def post(self, body, headers=None):
        self.client.note_sent(body)
        return await self.request("POST", self.client.polling_target(), headers, body)

    def note_request(self, method, target, headers=None, body=None, on=None):
        kept = {"on": on} if on else {}
        return self.stage.note(
            self, "send", "http", method=method, target=target, headers=headers or {}, body=body, **kept
        )

    def note_answer(self, sent, answer, via="http"):
        headers = {name: value for name, value in answer.headers if name.lower() != "date"}
        self.stage.note(
            self,
            "recv",
            via,
            answers=sent,
            status=answer.status,
            reason=answer.reason,
            headers=headers,
            body=answer.body.decode(),
        )

    # The poll

    async def start_poll(self, headers=None):
        """A GET that waits while something else happens."""
        headers = self.note_poll(headers)
        await self.client.start_waiting_poll(headers)

    def note_poll(self, headers):
        headers = self.stage.located(headers)
        self.poll_step = self.note_request("GET", self.client.polling_target(), headers)
        return headers

    async def end_poll(self):
        """Records the answer of the GET under way; gives the number of items in it, noops not counted."""
        answer = await asyncio.wait_for(self.client.poll_task, PATIENCE)
        if answer is None:
            raise ScenarioFailed(f"poll refused: {self.client.inbox}")
        self.note_answer(self.poll_step, answer)
        self.poll_step = None
        count = len(self.client.inbox)
        self.client.inbox.clear()
        return count

    async def poll(self, count, headers=None):
        """As many GETs as it takes to receive `count` items."""
        while count > 0:
            if self.poll_step is None:
                self.client.start_poll(self.note_poll(headers))
            count -= await self.end_poll()
        if count < 0:
            raise ScenarioFailed(f"{-count} items too many")

    def abort_poll(self):
        self.stage.note(self, "send", "http", abort=self.poll_step)
        self.poll_step = None
        return self.client.abort_poll()

    # The WebSocket

    async def open_websocket(self, target=WEBSOCKET, headers=None):
        headers = self.stage.located(headers)
        if self.client.sid:
            target += f"&sid={self.client.sid}"
        more = {"headers": headers} if headers else {}
        sent = self.stage.note(self, "send", "ws", open=target, **more)
        answer = await asyncio.wait_for(self.client.open_websocket(target, headers), PATIENCE)
        if answer.status == 101:
            headers = {name: value for name, value in answer.headers if name.lower() not in HANDSHAKE_HEADERS}
            self.stage.note(self, "recv", "ws", answers=sent, status=101, headers=headers)
        else:
            self.note_answer(sent, answer)
        return answer

    async def upgrade(self):
        await self.open_websocket()
        self.send_frame("2probe")
        await self.frames(1)
        await self.complete_upgrade()

    async def complete_upgrade(self):
        if self.poll_step is not None:
            await self.end_poll()
        self.send_frame("5")

    def send_frame(self, text):
        self.stage.note(self, "send", "ws", text=text)
        self.client.send_text(text)

    def send_binary(self, data):
        self.stage.note(self, "send", "ws", hex=data.hex())
        self.client.socket.send_binary(data)

    def send_fragments(self, *parts):
        self.stage.note(self, "send", "ws", fragments=list(parts))
        self.client.socket.send_fragments(parts)

    def ping(self, payload):
        self.stage.note(self, "send", "ws", ping=payload.hex())
        self.client.socket.send_ping(payload)

    async def frames(self, count):
        """Receives `count` items over the WebSocket."""
        inbox = self.client.inbox
        if not await self.client.wait_until(lambda: len(inbox) >= count, PATIENCE, polls=False):
            raise ScenarioFailed(f"{self.client.name} waits for {count} items and has {inbox}")
        for item in inbox[:count]:
            self.stage.note(self, "recv", "ws", **steps.item_keys(item))
        del inbox[:count]

    async def close(self, code=1000):
        """Closes with a close frame and records the server's."""
        self.stage.note(self, "send", "ws", close=code or True)
        self.client.socket.send_close(code)
        await self.frames(1)

    def cut(self):
        self.stage.note(self, "send", "ws", cut=True)
        self.client.socket.cut()
        self.client.closed, self.client.joined = True, False
        return self.client.stop()

    # Either

    async def send(self, text):
        if self.client.upgraded:
            self.send_frame(text)
        else:
            await self.post(text)

    async def receive(self, count):
        await (self.frames(count) if self.client.upgraded else self.poll(count))

    async def asks(self, text, count):
        """Sends and receives `count` items."""
        await self.send(text)
        await self.receive(count)

    async def leave(self):
        """Leaves without a trace in the recording but these steps."""
        await self.send("41")
        await self.receive(1)
        if self.client.upgraded:
            await self.close()
        else:
            await self.post("1")
            self.client.closed = True
