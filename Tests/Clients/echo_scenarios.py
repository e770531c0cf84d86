"""Rooms, broadcasts, many clients at once and the upgrade under load, against the echo server."""

import asyncio

from scenarios import equal, scenario
from upgrading import UpgradingClient

CROWD = 24


@scenario("echo", "acknowledgements")
async def echo_acknowledges_its_own_arguments(stage):
    peer = await stage.peer()
    for arguments in ([], ["one"], [1, {"two": [b"\x03", None]}, "four"]):
        equal(await peer.call("echo", *arguments), arguments)


@scenario("echo", "rooms")
async def msg_reaches_everybody(stage):
    peers = await stage.crowd(3)
    for value in ("text", {"a": [1]}, b"\x00\x01"):
        await peers[0].emit("msg", value)
        for peer in peers:
            equal(await peer.expect("msg"), [value])


@scenario("echo", "rooms")
async def roommsg_reaches_the_room_only(stage):
    inside, outside = await stage.crowd(2)
    await inside.emit("join", "attic")
    # Events are handled in order: once this is acknowledged the join is done.
    await inside.call("echo")
    await outside.emit("roommsg", "attic", "for the attic")
    equal(await inside.expect("msg"), ["for the attic"])
    await outside.emit("msg", "for all")
    equal(await outside.expect("msg"), ["for all"])
    equal(await inside.expect("msg"), ["for all"])


@scenario("echo", "load")
async def many_clients_talk_at_once(stage):
    peers = await stage.crowd(CROWD)
    await asyncio.gather(*(talk(peer, number) for number, peer in enumerate(peers)))
    for peer in peers:
        for speaker in range(CROWD):
            await hears(peer, speaker)
        equal(peer.pending("msg"), [])


async def hears(peer, speaker):
    for turn in range(5):
        equal(await peer.expect("msg", where=lambda data: data["speaker"] == speaker), [line(speaker, turn)])


async def talk(peer, number):
    for turn in range(5):
        equal(await peer.call("echo", number, turn), [number, turn])
        await peer.emit("msg", line(number, turn))


def line(speaker, turn):
    return {"speaker": speaker, "turn": turn, "padding": "x" * turn * 100}


@scenario("echo", "load")
async def many_clients_come_and_go(stage):
    for _ in range(3):
        peers = await stage.crowd(CROWD // 2)
        answers = await asyncio.gather(*(peer.call("echo", peer.sid()) for peer in peers))
        equal(answers, [[peer.sid()] for peer in peers])
        await asyncio.gather(*(peer.leave() for peer in peers))


@scenario("echo", "upgrade", peers=("asyncio",), transports=("polling", "websocket"))
async def nothing_is_lost_or_reordered_while_a_client_upgrades_and_both_sides_emit(stage):
    """The stock clients send nothing while they upgrade, so this one is our own, on the stock codecs."""
    other = await stage.peer()
    for lead in (0, 1, 10, 100):
        await upgrade_under_load(stage, other, lead)


async def upgrade_under_load(stage, other, lead):
    """Two clients each count to 1000 or more while one of them upgrades, `lead` messages after the start."""
    client = UpgradingClient(stage.server.url)
    try:
        await client.open()
        upgraded = asyncio.Event()
        counts = asyncio.gather(count(client.emit, "upgrading", upgraded), count(other.emit, "other", upgraded))
        await client.wait_for("msg", lead)
        over_polling = len(client.received["msg"])
        await client.upgrade()
        upgraded.set()
        totals = await counts
        await client.wait_for("msg", sum(totals))
        await client.emit("echo", "last")
        await client.wait_for_acknowledgement()
    finally:
        await client.close()
    expected = {"upgrading": list(range(totals[0])), "other": list(range(totals[1]))}
    equal(by_sender(client.received["msg"]), expected, "what the upgrading client received")
    assert over_polling < len(client.received["msg"]), "nothing came over the websocket"
    for _ in range(sum(totals)):
        await other.expect("msg")


async def count(emit, name, upgraded):
    """Emits numbers until the upgrade is over and 1000 are reached; returns how many there were."""
    number = 0
    while number < 1000 or not upgraded.is_set():
        await emit("msg", {"from": name, "number": number})
        number += 1
        await asyncio.sleep(0)  # lets the other tasks have their turn
    return number


def by_sender(messages):
    senders = {"upgrading": [], "other": []}
    for (data,) in messages:
        senders[data["from"]].append(data["number"])
    return senders
