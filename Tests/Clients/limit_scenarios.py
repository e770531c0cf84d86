"""Limits of rates as clients feel them, and what they are told before a server ends."""

import asyncio

from peers import within_deadline
from scenarios import equal, scenario

BURST = 10
SLOW = 0.01  # events each second: none while a scenario lasts


@scenario("features", "limits")
async def who_sends_too_much_is_made_to_wait_and_loses_nothing(stage):
    rate, count = 50, 40
    server = stage.own_server(f"--events-per-second {rate} --event-burst {BURST} --beyond delay")
    peer = await stage.peer(url=server.url)
    began = peer.loop.time()
    # One after the other: what comes in one POST is handled as a whole.
    for number in range(count):
        equal(await peer.call("message-with-ack", number), [number])
    least = (count - BURST) / rate
    waited = peer.loop.time() - began
    assert waited >= least * 0.9, f"expected at least {least} s, took {waited:.3f} s"


@scenario("features", "limits")
async def what_is_too_much_is_dropped_and_not_acknowledged(stage):
    server = stage.own_server(f"--events-per-second {SLOW} --event-burst {BURST} --beyond drop")
    watcher = await stage.watcher(server)
    peer = await stage.peer(url=server.url)
    calls = [await peer.start_call("message-with-ack", number) for number in range(3 * BURST)]
    allowed = BURST - 1  # joining the namespace was one
    answers = await within_deadline(asyncio.gather(*calls[:allowed]), f"{allowed} acknowledgements")
    equal(answers, [[number] for number in range(allowed)])
    await peer.refuse_call("message-with-ack", "one more")
    equal([call.done() for call in calls[allowed:]], [False] * (3 * BURST - allowed))
    await peer.leave()
    reason = await watcher.disconnected()
    assert reason in ("client namespace disconnect", "transport close"), f"the server's reason: {reason}"


@scenario("features", "limits")
async def who_sends_too_much_is_disconnected_and_nobody_else_is(stage):
    server = stage.own_server(f"--events-per-second {SLOW} --event-burst {BURST} --beyond close")
    watcher = await stage.watcher(server)
    other, peer = await stage.peer(url=server.url), await stage.peer(url=server.url)
    await peer.emit_all("message", range(BURST))
    await peer.expect("disconnect")
    equal(await watcher.disconnected(), "rate exceeded")
    equal(await other.call("message-with-ack", "fine"), ["fine"])


@scenario("features", "shutdown")
async def clients_get_what_the_server_says_before_it_ends(stage):
    server = stage.own_server()
    peers = [await stage.peer(url=server.url) for _ in range(3)]
    status = await asyncio.to_thread(server.stop)
    equal(status, 0, "exit status")
    for peer in peers:
        equal(await peer.expect("maintenance"), ["back soon"])
        await peer.expect("disconnect")
