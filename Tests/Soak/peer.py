"""A light Socket.IO client: just what the crowd needs, in few objects and without tasks of its own over WebSocket."""

import asyncio
import base64

from wire import HTTPLink, WebSocketLink, WireError, connect

ANSWER_DEADLINE = 60
# A connection that has not been used for so long may be about to be closed by the server.
IDLE_SECONDS = 4


class SlowUpgrade(Exception):
    """An upgrade has taken longer than it was given."""


class Peer:
    """One session and its socket in `/`.

    `on_chat(room, sender, number, damage)` is called for each message, with the names as they stand in the JSON.
    """

    def __init__(self, target, address, on_chat):
        self.target = target
        self.host = f"{target[0]}:{target[1]}"
        self.address = address
        self.on_chat = on_chat
        self.loop = asyncio.get_running_loop()
        self.websocket = None
        self.sid = None
        self.socket_id = self.private_id = self.offset = None
        self.gone = self.loop.create_future()
        self.awaited = {}
        self.next_id = 0
        self.attachment_of = None
        self.is_mute = False
        self.is_small = False
        self._joined = None
        self._outgoing = []
        self._poll_task = self._post_task = None
        self._links = []
        self._kept_for_posts = []
        self._pausing = None

    # Opening

    async def open(self, transport):
        """Opens a session."""
        path = "/socket.io/?EIO=4&transport="
        if transport == "websocket":
            self.websocket = self._websocket_link()
            self.opened = self.loop.create_future()
            await self._connect_websocket(self.websocket, path + "websocket")
            async with asyncio.timeout(ANSWER_DEADLINE):
                await asyncio.wait((self.opened, self.gone), return_when=asyncio.FIRST_COMPLETED)
            if self.gone.done():
                raise WireError("the session ended before it was open")
            return
        status, body = await self._request("GET", path + "polling")
        if status != 200:
            raise WireError(f"handshake answered {status}: {body[:80]!r}")
        self._receive_text(body.decode())
        self._poll_task = self.loop.create_task(self._poll())

    def _websocket_link(self):
        return WebSocketLink(self._receive_text, self._receive_binary)

    async def _connect_websocket(self, link, path):
        await connect(link, self.target, self.address, self.is_small)
        if link is self.websocket:
            link.lost.add_done_callback(lambda lost: self._end(f"connection lost: {lost.result()!r}"))
        await link.open(self.host, path)

    async def join(self, auth=""):
        """Joins `/`, and says whether that was a recovery."""
        former = self.socket_id
        self._joined = self.loop.create_future()
        self.send("40" + auth)
        await self._wait(self._joined)
        return former is not None and self.socket_id == former

    @property
    def recovery(self):
        """What a client says to get back what it had."""
        offset = f',"offset":"{self.offset}"' if self.offset else ""
        return f'{{"pid":"{self.private_id}"{offset}}}'

    def resume(self, former):
        """Takes over what another peer knew, to recover its connection."""
        self.socket_id, self.private_id, self.offset = former.socket_id, former.private_id, former.offset

    async def _wait(self, future):
        """Waits for an answer; the end of the session is an answer too."""
        async with asyncio.timeout(ANSWER_DEADLINE):
            await asyncio.wait((future, self.gone), return_when=asyncio.FIRST_COMPLETED)
        if not future.done():
            raise WireError(f"the session ended before an answer: {self.gone.result()}")
        return future.result()

    # Sending

    def send(self, packet):
        """Sends an Engine.IO packet."""
        if self.websocket is not None:
            self.websocket.send(packet)
        else:
            self._outgoing.append(packet)
            self._post_soon()

    def send_binary(self, packet, data):
        """Sends a packet with an attachment."""
        if self.websocket is not None:
            self.websocket.send(packet)
            self.websocket.send_binary(data)
        else:
            self._outgoing += [packet, "b" + base64.b64encode(data).decode()]
            self._post_soon()

    def emit(self, arguments, callback, attachment=None):
        """Sends an event, given as the inside of a JSON array; `callback` gets the text of the acknowledgement."""
        number = self.next_id
        self.next_id += 1
        self.awaited[number] = callback
        if attachment is None:
            self.send(f"42{number}[{arguments}]")
        else:
            self.send_binary(f"451-{number}[{arguments}]", attachment)

    async def call(self, arguments):
        """Sends an event and waits for the text of its acknowledgement."""
        answer = self.loop.create_future()
        self.emit(arguments, lambda text: answer.done() or answer.set_result(text))
        return await self._wait(answer)

    async def settle(self):
        """Waits until all that was sent is acknowledged."""
        deadline = self.loop.time() + ANSWER_DEADLINE
        while self.awaited and not self.gone.done():
            if self.loop.time() > deadline:
                raise WireError(f"{len(self.awaited)} events were not acknowledged")
            await asyncio.sleep(0.05)

    # Receiving

    def _receive_text(self, text):
        kind = text[:2]
        if self.attachment_of is not None and kind[0] == "4":
            return self._end(f"expected an attachment, found {text[:40]}")
        if kind == "42":
            self._receive_event(text)
        elif kind == "43":
            bracket = text.index("[")
            callback = self.awaited.pop(int(text[2:bracket]), None)
            if callback is None:
                return self._end(f"acknowledged twice, or never asked for: {text[:40]}")
            callback(text[bracket:])
        elif text == "2":
            if not self.is_mute:
                self.send("3")
        elif kind == "45":
            self.attachment_of = text
        else:
            self._receive_other(text)

    def _receive_event(self, text):
        if text.startswith('42["chat",'):
            _, room, sender, rest = text.split(",", 3)
            number, _, rest = rest.partition(",")
            if self.private_id is not None:
                self.offset = rest[rest.rfind(',"') + 2 : -2]
            self.on_chat(room, sender, int(number), None)
        elif text[2] != "[":
            bracket = text.index("[")
            if not self.is_mute:
                # A question: answered with its arguments, which follow the event's name.
                self.send(f"43{text[2:bracket]}[{text[bracket + 1:-1].split(',', 1)[1]}]")
        elif self.private_id is not None:
            self.offset = text[text.rfind(',"') + 2 : -2]

    def _receive_binary(self, data):
        text, self.attachment_of = self.attachment_of, None
        if text is None:
            return self._end("an attachment without a packet")
        _, room, sender, number, rest = text.split(",", 4)
        if self.private_id is not None:
            self.offset = rest[rest.rfind(',"') + 2 : -2]
        self.on_chat(room, sender, int(number), data != attachment(sender, int(number)))

    def _receive_other(self, text):
        if text.startswith("40"):
            fields = dict(part.split(":", 1) for part in text[3:-1].split(","))
            self.socket_id = fields['"sid"'].strip('"')
            self.private_id = fields.get('"pid"', "").strip('"') or None
            if self._joined is not None and not self._joined.done():
                self._joined.set_result(None)
        elif text.startswith("0{"):
            self.sid = text.split('"sid":"', 1)[1].split('"', 1)[0]
            if self.websocket is not None:
                self.opened.set_result(None)
        elif text == "6":
            pass
        else:
            self._end(f"the server sent {text[:40]}")

    # Polling

    async def _request(self, method, path, body=b"", kept=None):
        """One request, over a connection that is kept for the next one when it is in a list."""
        link = kept.pop() if kept else None
        if link is None or link.is_lost or self.loop.time() - link.last_used > IDLE_SECONDS:
            if link is not None:
                link.close()
                self._links.remove(link)
            link = await connect(HTTPLink(), self.target, self.address)
            self._links.append(link)
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\n"
        if method == "POST":
            head += f"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {len(body)}\r\n"
        async with asyncio.timeout(ANSWER_DEADLINE):
            answer = await link.request(f"{head}\r\n".encode(), body)
        if kept is not None:
            kept.append(link)
        else:
            link.close()
            self._links.remove(link)
        return answer

    @property
    def _path(self):
        return f"/socket.io/?EIO=4&transport=polling&sid={self.sid}"

    async def _poll(self):
        kept = []
        try:
            while not self.gone.done() and self._pausing is None:
                status, body = await self._request("GET", self._path, kept=kept)
                if status != 200:
                    return self._end(f"poll answered {status}: {body[:80]!r}")
                for packet in body.decode().split("\x1e"):
                    if packet[:1] == "b":
                        self._receive_binary(base64.b64decode(packet[1:]))
                    else:
                        self._receive_text(packet)
            if self._pausing is not None and not self._pausing.done():
                self._pausing.set_result(None)
        except (WireError, TimeoutError) as error:
            self._end(f"poll failed: {error!r}")

    def _post_soon(self):
        if (self._post_task is None or self._post_task.done()) and not self.gone.done():
            self._post_task = self.loop.create_task(self._post())

    async def _post(self):
        """Sends what waits, one request after the other so that the order is kept."""
        try:
            # What is sent in the same turn goes into one request.
            await asyncio.sleep(0)
            while self._outgoing and self._pausing is None and not self.gone.done():
                body, self._outgoing = "\x1e".join(self._outgoing).encode(), []
                status, answer = await self._request("POST", self._path, body, kept=self._kept_for_posts)
                if status != 200:
                    return self._end(f"post answered {status}: {answer[:80]!r}")
        except (WireError, TimeoutError) as error:
            self._end(f"post failed: {error!r}")

    async def _finish_posting(self):
        # Not the task itself: its being cancelled must not look like ours.
        if self._post_task is not None:
            await asyncio.wait([self._post_task])

    # Upgrading

    async def begin_upgrade(self, is_probing=True):
        """Opens a WebSocket for the session and, unless told otherwise, has it probed."""
        probed = self.loop.create_future()
        link = WebSocketLink(lambda text: probed.done() or probed.set_result(text))
        await self._connect_websocket(link, f"/socket.io/?EIO=4&transport=websocket&sid={self.sid}")
        if is_probing:
            link.send("2probe")
            async with asyncio.timeout(ANSWER_DEADLINE):
                await asyncio.wait((probed, link.lost), return_when=asyncio.FIRST_COMPLETED)
            if not probed.done() or probed.result() != "3probe":
                raise WireError(f"the probe was answered {probed.result() if probed.done() else 'with an end'}")
        return link

    async def upgrade(self, within):
        """Goes from polling to a WebSocket as the JavaScript client does, in so many seconds."""
        began = self.loop.time()
        link = await self.begin_upgrade()
        self._pausing = self.loop.create_future()
        await self._wait(self._pausing)
        await self._finish_posting()
        if self.loop.time() - began > within:
            link.reset()
            raise SlowUpgrade()
        link.on_text, link.on_binary = self._receive_text, self._receive_binary
        link.lost.add_done_callback(lambda lost: self._end(f"connection lost: {lost.result()!r}"))
        link.send("5")
        self.websocket = link
        outgoing, self._outgoing = self._outgoing, []
        for packet in outgoing:
            if packet[:1] == "b":
                link.send_binary(base64.b64decode(packet[1:]))
            else:
                link.send(packet)
        self._close_links()

    # Ending

    def stop_polling(self):
        """Says and asks nothing more."""
        self.is_mute = True
        if self._poll_task is not None:
            self._poll_task.cancel()

    async def poll_once(self):
        """The status of one more poll."""
        return (await self._request("GET", self._path))[0]

    async def close(self, how):
        """Ends the session: `leave`, `close`, `fin` or `reset`."""
        if how == "leave" and not self.gone.done():
            self.send("41")
            if self.websocket is None:
                self.send("1")
                await self._finish_posting()
        self._end(f"ended by {how}")
        if self.websocket is not None:
            if how == "reset":
                self.websocket.reset()
            elif how == "fin":
                self.websocket.close()
            else:
                self.websocket.send_close()
                if not await self.websocket.wait_until_lost(ANSWER_DEADLINE):
                    raise WireError("the closing handshake was not finished")
        self._close_links(is_reset=how == "reset")

    def drop(self):
        """Lets go of everything, however it stands."""
        self._end("dropped")
        if self.websocket is not None:
            self.websocket.reset()
        self._close_links(is_reset=True)

    def _close_links(self, is_reset=False):
        links, self._links = self._links, []
        for link in links:
            if is_reset:
                link.reset()
            else:
                link.close()

    def _end(self, reason):
        if not self.gone.done():
            self.gone.set_result(reason)
        for task in (self._poll_task, self._post_task):
            if task is not None and task is not asyncio.current_task():
                task.cancel()


def attachment(sender, number):
    """The bytes that go with a message that has an attachment."""
    return f"{sender}{number}".encode() * (1 + number % 30)
