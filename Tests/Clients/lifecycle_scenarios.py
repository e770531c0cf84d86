"""Ends of connections and of servers: leaving, being removed, crashes, restarts, shutdown, heartbeats."""

import asyncio
import signal

from scenarios import equal, scenario

SERVER_REMOVED_US = "server disconnect"
WE_LEFT = "client disconnect"


@scenario("features", "reconnection")
async def a_client_that_leaves_can_come_back(stage):
    peer = await stage.peer()
    first = peer.sid()
    await peer.leave()
    equal(await peer.expect("disconnect"), [WE_LEFT])
    await peer.connect(["/"])
    await peer.expect("connect")
    assert peer.sid() != first, "the new connection has the old id"
    equal(await peer.call("message-with-ack", 1), [1])


@scenario("features", "disconnect reasons")
async def the_server_removes_a_socket(stage):
    peer = await stage.peer()
    await peer.emit("leave")
    equal(await peer.expect("disconnect"), [SERVER_REMOVED_US])


@scenario("features", "disconnect reasons")
async def a_socket_removed_by_the_server_leaves_the_other_namespaces_connected(stage):
    peer = await stage.peer(["/", "/custom"])
    await peer.emit("leave", namespace="/custom")
    equal(await peer.expect("disconnect", "/custom"), [SERVER_REMOVED_US])
    equal(await peer.call("message-with-ack", 1), [1])
    equal(peer.pending("disconnect"), [])


@scenario("features", "disconnect reasons")
async def the_server_closes_the_whole_connection(stage):
    peer = await stage.peer(["/", "/custom"])
    other = await stage.peer()
    await peer.emit("close", namespace="/custom")
    await peer.expect("disconnect", "/")
    await peer.expect("disconnect", "/custom")
    equal(await other.call("message-with-ack", "fine"), ["fine"])


@scenario("features", "disconnect reasons")
async def what_was_sent_just_before_leaving_arrives(stage):
    peer = await stage.peer()
    await peer.emit_all("message", range(50))
    await peer.emit("leave")
    await peer.expect("disconnect")
    equal(peer.pending("message-back"), [[number] for number in range(50)])


@scenario("features", "reconnection")
async def clients_reconnect_after_the_server_crashed(stage):
    server = stage.own_server()
    peer = stage.new_peer(
        server.url, reconnection=True, reconnection_delay=0.05, reconnection_delay_max=0.2, randomization_factor=0
    )
    await peer.connect(["/", "/custom"], auth={"token": "kept"})
    await peer.expect("connect")
    await peer.expect("auth", "/custom")
    first = peer.sid()
    server.kill()
    await peer.expect("disconnect")
    await asyncio.to_thread(server.start)
    await peer.expect("connect")
    equal(await peer.expect("auth", "/custom"), [{"token": "kept"}])
    assert peer.sid() != first, "the new connection has the old id"
    equal(peer.transport, peer.transports[-1], "transport")
    equal(await peer.call("message-with-ack", "back"), ["back"])


async def stops_on(stage, name):
    server = stage.own_server()
    peers = [await stage.peer(url=server.url) for _ in range(3)]
    status = await asyncio.to_thread(server.stop, name)
    equal(status, 0, f"exit status after {name.name}")
    for peer in peers:
        await peer.expect("disconnect")
    await asyncio.to_thread(server.start)  # the port is free again
    await stage.peer(url=server.url)


@scenario("chat", "shutdown")
async def sigterm_tells_the_clients_and_ends_the_server_cleanly(stage):
    await stops_on(stage, signal.SIGTERM)


@scenario("chat", "shutdown")
async def sigint_tells_the_clients_and_ends_the_server_cleanly(stage):
    await stops_on(stage, signal.SIGINT)


@scenario("chat", "heartbeat", peers=("asyncio",))
async def heartbeats_keep_an_idle_client_connected(stage):
    server = stage.own_server("--ping-interval 1 --ping-timeout 3")
    peer = await stage.peer(url=server.url)
    # The server pings again when it has been answered.
    await peer.diary.wait_for("Received packet PING", times=3)
    await peer.emit("send_message", {"message": "still here", "temp": False})
    await peer.expect("new_message", where=lambda data: data["message"] == "still here")
    equal(peer.pending("disconnect"), [])
