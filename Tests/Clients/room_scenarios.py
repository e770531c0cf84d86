"""Rooms, broadcasts to them, and what the server does to many sockets at once."""

from scenarios import equal, scenario


async def everybody_has(peers, event, namespace="/"):
    """What each has got of an event, once all that was on its way has arrived."""
    for peer in peers:
        await peer.call("message-with-ack", namespace=namespace)
    return [peer.pending(event, namespace) for peer in peers]


@scenario("features", "rooms")
async def a_socket_enters_and_leaves_many_rooms(stage):
    peer = await stage.peer()
    equal(await peer.call("join", "a", "b", "c", "b"), [["a", "b", "c"]])
    equal(await peer.call("leave-rooms", "a", "c", "never entered"), [["b"]])
    equal(await peer.call("join", "a"), [["a", "b"]])
    equal(await peer.call("leave-all-rooms"), [[]])


@scenario("features", "rooms")
async def a_broadcast_reaches_the_union_of_rooms_each_socket_once(stage):
    peers = await stage.crowd(4)
    rooms = [f"{stage.key} {name}" for name in "abc"]
    for peer, entered in zip(peers, (rooms[:2], rooms[1:2], rooms[2:], [])):
        await peer.call("join", *entered)
    await peers[3].call("broadcast", {"to": rooms[:2] + rooms[:1]}, "told", 1, {"bytes": b"\x01"})
    equal(await everybody_has(peers, "told"), [[[1, {"bytes": b"\x01"}]], [[1, {"bytes": b"\x01"}]], [], []])


@scenario("features", "rooms")
async def a_broadcast_leaves_out_rooms_and_who_sends_it(stage):
    peers = await stage.crowd(3)
    for peer, entered in zip(peers, ([stage.key], [stage.key], [stage.key, f"{stage.key} muted"])):
        await peer.call("join", *entered)
    choice = {"to": [stage.key], "except": [f"{stage.key} muted", "unknown"]}
    await peers[0].call("broadcast", choice, "told", "all but the muted")
    await peers[0].call("broadcast", choice | {"others": True}, "told", "nor me")
    await peers[0].call("broadcast", {"to": []}, "told", "no room is nobody")
    equal(
        await everybody_has(peers, "told"),
        [[["all but the muted"]], [["all but the muted"], ["nor me"]], []],
    )


@scenario("features", "rooms")
async def everybody_in_a_namespace_is_reached_and_nobody_elsewhere(stage):
    here, elsewhere = f"/own/{stage.key}", f"/own/{stage.key}-elsewhere"
    peers = await stage.crowd(3, [here, elsewhere])
    await peers[0].emit("broadcast", {"others": True}, "told", "others", namespace=here)
    await peers[0].call("broadcast", {}, "told", "all", namespace=here)
    equal(await everybody_has(peers, "told", here), [[["all"]], [["others"], ["all"]], [["others"], ["all"]]])
    equal(await everybody_has(peers, "told", elsewhere), [[], [], []])


@scenario("features", "rooms")
async def a_socket_is_reached_by_its_id_alone(stage):
    sender, receiver, curious = peers = await stage.crowd(3)
    equal(await curious.call("join", receiver.sid(), stage.key), [[stage.key]], "rooms of who wants to listen")
    await sender.call("broadcast", {"to": [receiver.sid()]}, "told", "in private")
    equal(await everybody_has(peers, "told"), [[], [["in private"]], []])


@scenario("features", "selections")
async def sockets_are_fetched_with_their_rooms_and_auth(stage):
    first = await stage.peer(auth={"name": "Ada"})
    second = await stage.peer()
    await first.call("join", stage.key, "other")
    await second.call("join", stage.key)
    (found,) = await second.call("fetch-sockets", {"to": [stage.key]})
    expected = [
        {"id": first.sid(), "rooms": sorted([stage.key, "other"]), "auth": {"name": "Ada"}},
        {"id": second.sid(), "rooms": [stage.key], "auth": {}},
    ]
    equal(sorted(found, key=lambda one: one["id"]), sorted(expected, key=lambda one: one["id"]))


@scenario("features", "selections")
async def sockets_are_made_to_enter_and_leave_rooms(stage):
    first, second, third = peers = await stage.crowd(3)
    rooms = [f"{stage.key} {name}" for name in "abc"]
    await first.call("join", rooms[0])
    await second.call("join", rooms[0])
    await third.call("sockets-join", {"to": [rooms[0]]}, rooms[1], rooms[2])
    await third.call("sockets-leave", {"to": [second.sid()]}, rooms[1])
    await third.call("broadcast", {"to": [rooms[1]]}, "told", "b")
    await third.call("broadcast", {"to": [rooms[2]]}, "told", "c")
    equal(await everybody_has(peers, "told"), [[["b"], ["c"]], [["c"]], []])


@scenario("features", "selections")
async def sockets_are_made_to_leave_their_namespace(stage):
    staying, leaving = await stage.crowd(2, ["/", "/custom"])
    await leaving.call("join", stage.key, namespace="/custom")
    await staying.call("disconnect-sockets", {"to": [stage.key]}, False, namespace="/custom")
    equal(await leaving.expect("disconnect", "/custom"), ["server disconnect"])
    equal(await leaving.call("message-with-ack", "still in /"), ["still in /"])
    equal(await everybody_has([staying], "disconnect", "/custom"), [[]])


@scenario("features", "selections")
async def sockets_are_made_to_end_their_connections(stage):
    watcher = await stage.watcher()
    staying, leaving = await stage.crowd(2, ["/", "/custom"])
    await leaving.call("join", stage.key, namespace="/custom")
    await staying.call("disconnect-sockets", {"to": [stage.key]}, True, namespace="/custom")
    for namespace in ("/", "/custom"):
        await leaving.expect("disconnect", namespace)
        equal(await watcher.disconnected(namespace), "server namespace disconnect")
    equal(await everybody_has([staying], "disconnect"), [[]])
