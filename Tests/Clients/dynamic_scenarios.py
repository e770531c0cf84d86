"""Namespaces that come into being when clients ask for them, and refusals."""

from scenarios import equal, scenario


async def expect_refusal(stage, namespace, expected, auth=None, url=None):
    """A client that asks for the namespace is told no, in these words, and still has its main namespace."""
    peer = stage.new_peer(url)
    await peer.connect(["/", namespace], auth=auth, wait=False)
    equal(await peer.expect("connect_error", namespace), [expected], f"refusal of {namespace}")
    await peer.expect("connect")
    equal(await peer.call("message-with-ack", 1), [1])


@scenario("features", "dynamic namespaces")
async def a_pattern_gives_its_namespaces_typed_parameters(stage):
    for org, room in (("acme", 7), ("ünï cödé 🎉", -12)):
        namespace = f"/org/{org}{stage.key}/room/{room}"
        peer = await stage.peer([namespace])
        equal(await peer.expect("welcome", namespace), [org + stage.key, room])
        equal(await peer.call("message-with-ack", b"\x01", namespace=namespace), [b"\x01"])


@scenario("features", "dynamic namespaces")
async def a_name_whose_parameter_has_another_type_is_refused(stage):
    for room in ("seven", "07", "1.5", "", "9" * 30):
        await expect_refusal(stage, f"/org/{stage.key}/room/{room}", {"message": "Invalid namespace"})


@scenario("features", "dynamic namespaces")
async def children_inherit_a_middleware_that_refuses_with_data(stage):
    await expect_refusal(stage, "/org/closed/room/3", {"message": "not yours", "data": {"room": 3}})


@scenario("features", "dynamic namespaces")
async def a_predicate_decides_by_name_and_auth(stage):
    for kind in ("user", "guest"):
        peer = await stage.peer([f"/{kind}-ada"], auth={"name": "ada"})
        equal(await peer.call("message-with-ack", kind, namespace=f"/{kind}-ada"), [kind])
        await expect_refusal(stage, f"/{kind}-{stage.key}", {"message": "Invalid namespace"}, auth={"name": "ada"})


@scenario("features", "dynamic namespaces")
async def a_predicate_refuses_in_its_own_words_with_data(stage):
    for kind in ("user", "guest"):
        refusal = {"message": "banned", "data": {"until": "tomorrow"}}
        await expect_refusal(stage, f"/{kind}-banned", refusal, auth={"name": "banned"})


@scenario("features", "dynamic namespaces")
async def too_many_namespaces_are_refused_until_one_goes(stage):
    server = stage.own_server("--dynamic-namespaces 2")
    first = await stage.peer(["/own/1"], url=server.url)
    await stage.peer(["/own/2"], url=server.url)
    await expect_refusal(stage, "/own/3", {"message": "Too many namespaces"}, url=server.url)
    await stage.peer(["/own/2"], url=server.url)
    watcher = await stage.watcher(server)
    await first.leave()
    await watcher.disconnected("/own/1")
    # The namespace goes just after its last socket has left.
    peer = stage.new_peer(server.url)
    await try_until_admitted(peer, "/own/3")
    equal(await peer.call("message-with-ack", "in", namespace="/own/3"), ["in"])


async def try_until_admitted(peer, namespace, attempts=100):
    for _ in range(attempts):
        await peer.connect(["/", namespace], wait=False)
        await peer.expect("connect")
        if await peer.admission(namespace) is None:
            return
        await peer.leave()
    raise AssertionError(f"{namespace} refused {attempts} times, expected it to be admitted")


@scenario("features", "dynamic namespaces")
async def more_namespaces_than_a_connection_may_have_are_refused(stage):
    server = stage.own_server("--namespaces-per-connection 2")
    peer = stage.new_peer(server.url)
    names = ["/", "/own/1", "/own/2"]
    await peer.connect(names, wait=False)
    refusals = [await peer.admission(name) for name in names]
    equal(refusals, [None, None, {"message": "Too many namespaces"}])


@scenario("features", "dynamic namespaces")
async def an_event_for_the_parent_reaches_all_children(stage):
    namespaces = [f"/org/{stage.key}/room/{number}" for number in range(3)]
    first, second = await stage.peer(namespaces[:2]), await stage.peer(namespaces[1:])
    outside = await stage.peer(["/"])
    await first.call("announce", stage.key, namespace=namespaces[0])
    for peer, joined in ((first, namespaces[:2]), (second, namespaces[1:])):
        for namespace in joined:
            await peer.expect("news", namespace, where=lambda text: text == stage.key)
    await outside.call("message-with-ack")
    equal(outside.pending("news"), [])


@scenario("features", "dynamic namespaces")
async def a_namespace_goes_with_its_last_socket_and_is_made_again(stage):
    namespace = f"/own/{stage.key}"
    first, second = await stage.crowd(2, [namespace])
    (number,) = await first.expect("created", namespace)
    equal(await second.expect("created", namespace), [number], "number of the namespace both are in")
    await first.leave()
    third = await stage.peer([namespace])
    equal(await third.expect("created", namespace), [number], "number of the namespace that one had left")
    watcher = await stage.watcher()
    await second.leave()
    await third.leave()
    await watcher.disconnected(namespace)
    await watcher.disconnected(namespace)
    fourth = await stage.peer([namespace])
    (again,) = await fourth.expect("created", namespace)
    assert again > number, f"expected a new namespace with a number above {number}, got {again}"
