"""Replays one recording against a server and gives the differences.

Sends are made in the recorded order. Before each send, every client must have received what the recording has up to
there: its stream of packets, however they were spread over polls and frames. When something else came, a round trip
on each client finds out what really came, that is reported once, and the replay goes on from there. A client whose
connection ended where the recorded one did not takes no further part.
"""

import asyncio

from wire import items
from wire.client import Client, settle
from wire.http import BrokenAnswer

from .compare import fit_item, fit_items, header_fields, masked, masked_item
from .differences import Difference
from .identities import Identities
from .steps import RECORDED_ADDRESS

PATIENCE = 5


class Expected:
    """What one client should have received before the next send."""

    def __init__(self, step):
        self.step, self.items, self.polls = step, [], []


class Player:
    def __init__(self, recording, address, table, patience=PATIENCE):
        self.recording, self.address, self.table, self.patience = recording, address, table, patience
        self.identities = Identities(recording.sids)
        self.clients, self.expected, self.answers, self.poll_headers = {}, {}, {}, {}
        self.gone = set()
        self.differences = []

    async def play(self):
        try:
            for step in self.recording.steps:
                if step["client"] not in self.gone:
                    await self.perform_step(step)
            for name in self.recording.ended_by_refusal():
                self.forget(self.clients[name])
            await self.check_quiet("end")
        finally:
            for client in self.clients.values():
                await client.leave()
        return self.differences

    async def perform_step(self, step):
        if "quiet" in step:
            await self.check_quiet(step["step"])
        elif step["dir"] == "send":
            await self.send(step)
        else:
            await self.receive(step)

    def client(self, step):
        name = step["client"]
        if name not in self.clients:
            self.clients[name] = Client(name, self.address)
            self.clients[name].answers_pings = name not in self.recording.clients_with(items.PING)
        return self.clients[name]

    def report(self, step, what, theirs, ours):
        """Differences that the table has are noted there, not reported."""
        difference = Difference(self.recording.name, step, what, theirs, ours)
        if theirs != ours and not self.table.accepts(difference):
            self.differences.append(difference)

    # Sending

    async def send(self, step):
        client = self.client(step)
        if step["poll"]:
            return await self.hint_poll(client, step)
        await self.meet_all()
        if client.name not in self.gone:
            await self.perform(client, step)

    async def hint_poll(self, client, step):
        """A recorded poll: begun now when the next sends happen while it waits, otherwise when packets are missing."""
        if step["waits"]:
            await self.meet_all()
        self.poll_headers[client.name] = self.headers(step)
        if step["waits"] and not client.inbox and client.may_poll():
            await client.start_waiting_poll(self.headers(step))

    async def perform(self, client, step):
        if "method" in step:
            self.answers[step["step"]] = asyncio.create_task(self.exchange(client, step))
        elif "open" in step:
            await self.open(client, step)
        elif "abort" in step:
            await client.abort_poll()
            self.forget(client)
        elif "cut" in step:
            client.socket.cut()
            await client.stop()
            self.forget(client)
        else:
            await self.send_frame(client, step)

    async def exchange(self, client, step):
        target = self.identities.translated(step["target"])
        body = self.located(step["body"])
        if target is None:
            return None
        try:
            if body is not None:
                client.note_sent(body)
            data = None if body is None else body.encode("utf-8", "surrogatepass")
            request = client.exchange(step["method"], target, self.headers(step), data, step.get("on"))
            return await asyncio.wait_for(request, self.patience)
        except (BrokenAnswer, OSError, TimeoutError):
            return None

    async def open(self, client, step):
        target = self.identities.translated(step["open"])
        try:
            opening = client.open_websocket(target, self.headers(step))
            answer = await asyncio.wait_for(opening, self.patience)
        except (BrokenAnswer, OSError, TimeoutError):
            answer = None
        self.answers[step["step"]] = resolved(answer)
        if step.get("answer") is None and (answer is None or answer.status != 101):
            self.report(step["step"], "answer", "101", described(answer))
            self.forget(client)

    async def send_frame(self, client, step):
        if client.socket is None or client.reader_task.done():
            return
        if "text" in step:
            if step["text"] == "5":
                await client.poll_answered(self.patience)
            client.send_text(self.identities.translated(step["text"]) or step["text"])
        elif "hex" in step:
            client.socket.send_binary(bytes.fromhex(step["hex"]))
        elif "fragments" in step:
            client.socket.send_fragments(step["fragments"])
        elif "ping" in step:
            client.socket.send_ping(bytes.fromhex(step["ping"]))
        else:
            await self.close(client, step)

    async def close(self, client, step):
        client.socket.send_close(None if step["close"] is True else step["close"])
        await asyncio.wait([client.reader_task], timeout=self.patience)
        if not self.recording.records_close(client.name):
            client.inbox = [item for item in client.inbox if not item.startswith("close:")]

    def headers(self, step):
        return {name: self.located(value) for name, value in (step.get("headers") or {}).items()}

    def located(self, text):
        return text and text.replace(RECORDED_ADDRESS, f"{self.address[0]}:{self.address[1]}")

    def recorded(self, text):
        return text.replace(f"{self.address[0]}:{self.address[1]}", RECORDED_ADDRESS)

    def forget(self, client):
        self.gone.add(client.name)
        self.expected.pop(client.name, None)
        client.closed, client.joined = True, False

    # Receiving

    async def receive(self, step):
        client = self.client(step)
        if "status" in step and not step["request"]["poll"]:
            return await self.compare_answer(client, step)
        expected = self.expected.setdefault(client.name, Expected(step["step"]))
        arrived = self.recording.items(step)
        expected.items += arrived
        if arrived and "status" in step:
            expected.polls.append(step)

    async def compare_answer(self, client, step):
        answer = await self.answers.pop(step["request"]["step"])
        number = step["step"]
        if answer is None or answer.status != step["status"]:
            theirs = masked(f"{step['status']} {step.get('body', '')}".strip())
            self.report(number, "answer", theirs, described(answer))
            if step["status"] < 400 and self.ends_session(step, answer):
                self.forget(client)
            return
        self.compare_headers(number, step, answer)
        if step["via"] == "http":
            self.compare_body(number, step, answer)

    def ends_session(self, step, answer):
        """True when a session goes on in the recording and cannot go on here."""
        refused = answer is None or answer.status >= 400
        return refused and ("open" in step["request"] or "sid=" in step["request"]["target"])

    def compare_headers(self, number, step, answer, leave_out=()):
        theirs = header_fields(step["headers"].items())
        ours = header_fields((name, self.recorded(value)) for name, value in answer.headers)
        for name in sorted((theirs.keys() | ours.keys()) - set(leave_out)):
            self.report(number, name, theirs.get(name), ours.get(name))

    def compare_body(self, number, step, answer):
        theirs, ours = step["body"], answer.body.decode(errors="backslashreplace")
        bindings = fit_item(self.identities, theirs, ours)
        if bindings is None:
            told = masked_item(theirs)
            self.report(number, "body", told, told_apart(masked_item(ours), [told]))
        else:
            self.identities.learn(bindings)

    # The streams

    async def meet_all(self):
        """All wait at the same time: what one should receive may depend on what another is sent meanwhile."""
        expected, self.expected = self.expected, {}
        await asyncio.gather(*(self.wait_for(self.clients[name], wanted) for name, wanted in expected.items()))
        for name, wanted in expected.items():
            await self.meet(self.clients[name], wanted)

    async def meet(self, client, expected):
        pings, theirs = split_pings(expected.items)
        entry = self.table.entry(self.recording.name, expected.step, "packets")
        if pings > client.inbox.count(items.PING):
            self.report(expected.step, "ping", "2", None)
        for _ in range(min(pings, client.inbox.count(items.PING))):
            client.inbox.remove(items.PING)
        await self.compare_stream(client, expected, theirs, entry)
        if client.name not in self.gone:
            self.compare_polls(client, expected)

    async def wait_for(self, client, expected):
        """Waits until as much has arrived as should. A WebSocket under probe is not helped by polls."""
        pings, theirs = split_pings(expected.items)
        entry = self.table.entry(self.recording.name, expected.step, "packets")
        count = len(entry["ours"]) if entry else len(theirs)

        def complete():
            arrived = client.inbox.count(items.PING)
            return arrived >= pings and len(client.inbox) - arrived >= count

        probing = client.socket is not None and not client.reader_task.done() and not expected.polls
        await client.wait_until(complete, self.patience, not probing, self.poll_headers.get(client.name))

    async def compare_stream(self, client, expected, theirs, entry):
        if entry is None and self.take_if_equal(client, theirs):
            return
        if entry is None or not self.take_if_known(client, expected, theirs, entry):
            await settle(self.clients.values(), self.patience)
            ours = [item for item in client.inbox if item != items.PING]
            if self.take_if_equal(client, theirs) and len(ours) == len(theirs):
                return
            client.inbox = [item for item in client.inbox if item == items.PING]
            self.report(expected.step, "packets", [masked_item(item) for item in theirs], self.aligned(theirs, ours))
        if client.closed or client.closing:
            self.forget(client)

    def take_if_equal(self, client, theirs):
        """Takes the first items of the inbox when they are the expected ones."""
        ours = [item for item in client.inbox if item != items.PING][: len(theirs)]
        if fit_items(self.identities, theirs, ours) is None:
            return False
        for item in ours:
            client.inbox.remove(item)
        return True

    def take_if_known(self, client, expected, theirs, entry):
        """Takes what the table has instead. Less than recorded is not taken on trust: the rest might come yet."""
        ours = [item for item in client.inbox if item != items.PING][: len(entry["ours"])]
        before = dict(self.identities.bound)
        if len(ours) < len(theirs) or self.aligned(theirs, ours) != entry["ours"]:
            self.identities.bound = before
            return False
        for item in ours:
            client.inbox.remove(item)
        self.report(expected.step, "packets", [masked_item(item) for item in theirs], entry["ours"])
        return True

    def aligned(self, theirs, ours):
        """Our items for the table: those that the recording has too as $ and their number."""
        written, free = [], list(range(len(theirs)))
        for item in ours:
            for index in free:
                if (bindings := fit_item(self.identities, theirs[index], item)) is not None:
                    self.identities.learn(bindings)
                    free.remove(index)
                    written.append(f"${index + 1}")
                    break
            else:
                written.append(told_apart(masked_item(item), map(masked_item, theirs)))
        return written

    def compare_polls(self, client, expected):
        """Each poll that brought packets against the last one here; packets may be batched in another way."""
        for step in expected.polls:
            if (answer := client.last_poll) is not None:
                recorded = self.recording.items(step)
                same_batch = len(recorded) == len(items.from_payload(answer.body))
                self.compare_headers(step["step"], step, answer, () if same_batch else ("content-encoding", "vary"))

    async def check_quiet(self, place):
        """Nothing more may arrive than was recorded up to here."""
        await self.meet_all()
        silent = await settle(self.clients.values(), self.patience)
        for name, client in self.clients.items():
            rest = [masked_item(item) for item in client.inbox if item != items.PING]
            client.inbox = [item for item in client.inbox if item == items.PING]
            if name in self.gone:
                continue
            self.report(f"{place} {name}", "packets", [], rest)
            self.report(f"{place} {name}", "round trip", "answered", "silent" if name in silent else "answered")
            if rest and client.closed:
                self.forget(client)


def split_pings(received):
    """Pings are a matter of time: how many, and the rest in order."""
    return received.count(items.PING), [item for item in received if item != items.PING]


def told_apart(ours, theirs):
    """What differs only in its random values must not look the same in the table."""
    return f"{ours} (other ids)" if ours in theirs else ours


def described(answer):
    """Status and body for the table."""
    if answer is None:
        return "none"
    return masked(f"{answer.status} {answer.body.decode(errors='backslashreplace')}".strip())


def resolved(value):
    future = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future
