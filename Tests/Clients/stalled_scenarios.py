"""A client that stops reading: what it misses, and that nobody else does."""

import asyncio

from peers import within_deadline
from scenarios import equal, scenario

EVENTS = 60
EVENT_BYTES = 256 << 10  # together more than the kernel's buffers and the outbox's limit of 8 MiB hold


async def flood(stage, volatile):
    """One client floods a room in which it is itself, beside one that does not read."""
    stalled = await stage.raw_client()
    await stalled.send(f'420["join","{stage.key}"]')
    await within_deadline(read_up_to(stalled, "430["), "the stalled client to be in the room")
    peer = await stage.peer()
    await peer.call("join", stage.key)
    for number in range(EVENTS):
        choice = {"to": [stage.key], "volatile": volatile}
        # Volatile events go to those who can take them now: over polling that is who has a request waiting.
        while True:
            await peer.call("flood", choice, number, EVENT_BYTES)
            if peer.pending("flood") or peer.transport == "websocket" or not volatile:
                break
        (received, padding) = await peer.expect("flood")
        equal((received, len(padding)), (number, EVENT_BYTES))
    return stalled, peer


async def read_up_to(stalled, start):
    """The messages before the one with this start."""
    messages = []
    while not (message := await stalled.receive()).startswith(start):
        messages.append(message)
    return messages


@scenario("features", "volatile", peers=("asyncio",))
async def a_stalled_reader_misses_volatile_events_and_nobody_else_does(stage):
    stalled, peer = await flood(stage, volatile=True)
    await peer.call("broadcast", {"to": [stage.key]}, "mark")
    received = await within_deadline(read_up_to(stalled, '42["mark"'), "the mark to reach the stalled client")
    floods = [message for message in received if message.startswith('42["flood"')]
    assert 0 < len(floods) < EVENTS, f"expected some of {EVENTS} volatile events, got {len(floods)}"
    await peer.expect("mark")


@scenario("features", "volatile", peers=("asyncio",))
async def a_stalled_reader_is_closed_by_what_is_not_volatile_and_nobody_else_is(stage):
    watcher = await stage.watcher()
    _, peer = await flood(stage, volatile=False)
    equal(await watcher.disconnected(), "outbox overflow")
    equal(await peer.call("message-with-ack", "fine"), ["fine"])
    equal(peer.pending("disconnect"), [])
