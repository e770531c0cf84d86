"""Catch-all listeners, handlers that run once or are removed, interceptors, `send`, reserved names."""

from scenarios import equal, scenario

RESERVED_NAMES = ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")


def seen(report):
    return report["event"], report["arguments"]


@scenario("features", "catch-all")
async def the_server_sees_all_events_that_come_and_go(stage):
    namespace = f"/own/{stage.key}"
    watcher, peer = await stage.watcher(), await stage.peer([namespace])
    await peer.emit("message", 1, {"bytes": b"\x01"}, namespace=namespace)
    await peer.emit("nobody-handles-this", namespace=namespace)
    equal(seen(await watcher.report("received", namespace)), ("message", [1, {"bytes": b"\x01"}]))
    equal(seen(await watcher.report("received", namespace)), ("nobody-handles-this", []))
    sent = [seen(await watcher.report("sent", namespace)) for _ in range(3)]
    equal([name for name, _ in sent], ["auth", "created", "message-back"])
    equal(sent[-1], ("message-back", [1, {"bytes": b"\x01"}]))


@scenario("features", "catch-all")
async def the_server_reports_events_that_nobody_handles(stage):
    namespace = f"/own/{stage.key}"
    watcher, peer = await stage.watcher(), await stage.peer([namespace])
    await peer.refuse_call("nobody-handles-this", namespace=namespace)
    report = await watcher.report("error", namespace)
    equal((report["error"], report["place"]), ("unknownEvent", 'event "nobody-handles-this"'))


@scenario("features", "catch-all")
async def the_server_reports_what_a_handler_throws_and_arguments_that_do_not_fit(stage):
    watcher, peer = await stage.watcher(), await stage.peer()
    await peer.emit("throw")
    report = await watcher.report("error")
    equal((report["error"], report["place"]), ("Failure()", 'event "throw"'))
    await peer.refuse_call("broadcast", {"to": 5}, "told")
    equal((await watcher.report("error"))["place"], 'event "broadcast"')


@scenario("features", "once and off")
async def a_handler_registered_once_runs_once_for_each_socket(stage):
    first, second = peers = await stage.crowd(2)
    await first.emit("once", 1)
    await first.emit("once", 2)
    await second.emit("once", 3)
    for peer in peers:
        await peer.call("message-with-ack")
    equal([peer.pending("once-back") for peer in peers], [[[1]], [[3]]])


@scenario("features", "once and off")
async def a_removed_handler_is_gone_for_the_sockets_that_come_later(stage):
    namespace = f"/own/{stage.key}"
    watcher, first = await stage.watcher(), await stage.peer([namespace])
    equal(await first.call("removable", namespace=namespace), ["here"])
    await first.call("remove", namespace=namespace)
    equal(await first.call("removable", namespace=namespace), ["here"])
    await watcher.report("received", namespace)
    later = await stage.peer([namespace])
    while watcher.reports("received"):
        await watcher.report("received", namespace)
    await later.refuse_call("removable", namespace=namespace)
    await later.call("message-with-ack", namespace=namespace)
    # Reports come in order: those of listeners would have come before this one.
    await watcher.report("error", namespace)
    equal([one for one in watcher.reports("received") if one["socket"] == later.sid(namespace)], [])


@scenario("features", "send")
async def send_is_the_event_message_both_ways(stage):
    peer = await stage.peer()
    await peer._run(peer.client.send, ("hello", 1))
    equal(await peer.expect("message-back"), ["hello", 1])
    await peer.emit("send")
    equal(await peer.expect("message"), ["sent by the server", 2])


@scenario("features", "interceptors")
async def an_interceptor_refuses_an_event_and_answers_in_its_place(stage):
    for namespace in ("/guarded", "/guarded-later"):
        watcher, peer = await stage.watcher(), await stage.peer([namespace])
        equal(await peer.call("refused", namespace=namespace), ["denied", 403])
        await peer.refuse_call("dropped", namespace=namespace)
        equal(await peer.call("message-with-ack", "passes", namespace=namespace), ["passes"])
        for expected in (("not allowed", 'interceptor of "refused"'), ("not allowed either", 'interceptor of "dropped"')):
            report = await watcher.report("error", namespace)
            equal((report["error"], report["place"]), expected)


@scenario("features", "interceptors")
async def an_interceptor_drops_what_the_server_sends(stage):
    peer = await stage.peer(["/guarded"])
    for event in ("secret", "public"):
        equal(await peer.call("emit-as", event, namespace="/guarded"), ["emitted"])
        await peer.call("broadcast", {"to": [peer.sid("/guarded")]}, event, "to the room", namespace="/guarded")
    equal([await peer.expect("public", "/guarded") for _ in range(2)], [[], ["to the room"]])
    equal(peer.pending("secret", "/guarded"), [])


@scenario("features", "reserved names")
async def the_server_emits_no_reserved_names(stage):
    peer = await stage.peer()
    for name in RESERVED_NAMES:
        equal(await peer.call("emit-as", name), ["reservedEventName"], name)
    equal(await peer.call("emit-as", "error"), ["emitted"])
    equal(await peer.expect("error"), [])


@scenario("features", "reserved names")
async def a_client_that_emits_a_reserved_name_is_cut_off(stage):
    watcher = await stage.watcher()
    for name in RESERVED_NAMES:
        peer = await stage.peer()
        await peer.emit(name)
        await peer.expect("disconnect")
        reason = await watcher.disconnected()
        assert reason in ("forced close", "forced server close"), f"{name}: expected a forced close, got {reason}"
