"""A server that recovers connections, and clients that know nothing of it: for them it is one that does not."""

from scenarios import equal, scenario

KEEPS = "--threads 1 --recovery 60"


async def lost(stage, proxy, watcher, peer):
    """Cuts the client off and waits until both sides know."""
    await proxy.cut()
    await peer.expect("disconnect")
    await watcher.disconnected()


@scenario("features", "recovery")
async def a_client_that_does_not_know_of_recovery_comes_back_as_a_new_one(stage):
    server = stage.own_server(KEEPS)
    proxy, watcher = await stage.proxy(server), await stage.watcher(server)
    sender, peer = await stage.peer(url=server.url), await stage.peer(url=proxy.url)
    first = peer.sid()
    await peer.call("join", stage.key)
    await peer.call("remember", "a note")
    equal(await peer.call("recall"), ["a note", False, [stage.key]])
    await lost(stage, proxy, watcher, peer)
    for choice in ({"to": [stage.key]}, {"to": [first]}, {}):
        await sender.call("broadcast", choice, "told", "meanwhile")
    await peer.connect(["/"])
    await peer.expect("connect")
    equal(await peer.call("recall"), [None, False, []])
    assert peer.sid() != first, "the new connection has the old id"
    equal(peer.pending("told"), [])


@scenario("features", "recovery")
async def events_carry_their_offset_as_one_more_argument(stage):
    server = stage.own_server(KEEPS)
    peers = [await stage.peer(url=server.url) for _ in range(2)]
    offsets = []
    for number in range(3):
        await peers[0].call("broadcast", {}, "told", number, {"bytes": b"\x01"})
        (first, second) = [await peer.expect("told") for peer in peers]
        equal(first, second, "what both get")
        equal(first[:-1], [number, {"bytes": b"\x01"}])
        offsets.append(first[-1])
    assert len(set(offsets)) == 3 and all(isinstance(offset, str) for offset in offsets), f"offsets: {offsets}"


@scenario("features", "recovery")
async def acknowledged_and_volatile_events_carry_none(stage):
    server = stage.own_server(KEEPS)
    peer = await stage.peer(url=server.url)
    peer.reply("question", lambda *arguments: list(arguments))
    await peer.emit("ask", "why")
    equal((await peer.expect("answer"))[0], ["why"])
    # Over polling a volatile event needs a poll that waits.
    while not peer.pending("told"):
        await peer.call("broadcast", {"to": [peer.sid()], "volatile": True}, "told", 1)
        await peer.call("message-with-ack")
    equal(await peer.expect("told"), [1])
