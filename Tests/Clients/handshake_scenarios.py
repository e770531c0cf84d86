"""What the server knows of a client from its first request, the hooks of the engine, and refused requests."""

import time

import aiohttp
import socketio

from scenarios import equal, scenario


@scenario("features", "handshake")
async def the_server_knows_query_headers_address_and_time(stage):
    peer = stage.new_peer(query="&text=a%20b%26c&empty=")
    await peer.connect(["/"], headers={"X-Extra": "by the client"})
    (known,) = await peer.call("handshake")
    query = known["query"]
    equal({name: query[name] for name in ("key", "text", "empty")}, {"key": stage.key, "text": "a b&c", "empty": ""})
    equal((query["EIO"], query["transport"]), ("4", peer.transports[0]))
    equal(known["headers"]["x-extra"], "by the client")
    equal((known["address"], known["secure"]), ("127.0.0.1", False))
    assert known["url"].startswith("/socket.io/?"), f"url: expected a target below /socket.io/, got {known['url']}"
    assert abs(time.time() - known["time"]) < 60, f"time: expected about now, got {known['time']}"


@scenario("features", "handshake")
async def auth_may_be_a_function(stage):
    peer = await stage.peer(["/admin"], auth=lambda: {"token": "secret"})
    equal(await peer.expect("auth", "/admin"), [{"token": "secret"}])


@scenario("features", "handshake")
async def a_function_for_auth_is_asked_again_when_the_client_comes_back(stage):
    tokens = iter(range(1, 100))
    proxy = await stage.proxy(stage.own_server("--threads 1"))
    peer = stage.new_peer(proxy.url, reconnection=True, reconnection_delay=0.05, randomization_factor=0)
    await peer.connect(["/"], auth=lambda: {"attempt": next(tokens)})
    equal(await peer.expect("auth"), [{"attempt": 1}])
    await proxy.cut()
    await peer.expect("disconnect")
    (auth,) = await peer.expect("auth")
    assert auth["attempt"] > 1, f"expected a later attempt than 1, got {auth}"
    equal(await peer.call("message-with-ack", "back"), ["back"])


@scenario("features", "engine hooks", peers=("asyncio",), transports=("polling",))
async def the_application_s_headers_are_in_the_answers_to_polls_and_posts(stage):
    address = f"{stage.server.url}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as http:
        async with http.get(address) as first:
            equal(first.headers.get("x-first"), "first answer")
            equal(first.headers.get("x-every"), "every answer")
            session = (await first.json(content_type=None, loads=lambda text: text)).split('"sid":"')[1].split('"')[0]
        async with http.post(f"{address}&sid={session}", data="40") as post:
            equal(post.headers.get("x-first"), None)
            equal(post.headers.get("x-every"), "every answer")
        async with http.get(f"{address}&sid={session}") as poll:
            equal(poll.headers.get("x-first"), None)
            equal(poll.headers.get("x-every"), "every answer")


@scenario("features", "engine hooks", peers=("asyncio",), transports=("websocket",))
async def the_application_s_headers_are_in_the_answer_that_opens_a_websocket(stage):
    raw = await stage.raw_client()
    equal((raw.headers.get("x-first"), raw.headers.get("x-every")), ("first answer", "every answer"))


@scenario("features", "engine hooks", peers=("asyncio",), transports=("polling",))
async def a_cookie_names_the_session_in_the_first_answer_and_no_other(stage):
    address = f"{stage.own_server('--cookie').url}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as http:
        async with http.get(address) as first:
            sid = (await first.text()).split('"sid":"')[1].split('"')[0]
            equal(set(first.headers["set-cookie"].split("; ")), {f"io={sid}", "Path=/", "HttpOnly", "SameSite=Lax"})
        async with http.post(f"{address}&sid={sid}", data="40") as post:
            equal(post.headers.get("set-cookie"), None)


async def expect_no_connection(stage, query):
    peer = stage.new_peer(query=query)
    try:
        await peer.connect(["/"])
    except socketio.exceptions.ConnectionError:
        return
    raise AssertionError(f"expected no connection with the query {query}, got one")


@scenario("features", "engine hooks")
async def the_application_refuses_a_handshake_and_hears_of_it(stage):
    watcher = await stage.watcher()
    await expect_no_connection(stage, "&admission=none")
    refused = await watcher.report("refused")
    equal((refused["code"], refused["message"]), (4, "not today"))


@scenario("features", "engine hooks")
async def a_middleware_for_requests_answers_in_the_server_s_place(stage):
    await expect_no_connection(stage, "&middleware=answers")


BAD_REQUESTS = {
    "transport=pigeon": (0, "Transport unknown", "transport", "pigeon"),
    "transport=polling&sid=nobody": (1, "Session ID unknown", "sid", "nobody"),
    "transport=polling&EIO=9": (5, "Unsupported protocol version", "protocol", "9"),
}


@scenario("features", "engine hooks", peers=("asyncio",), transports=("polling",))
async def refused_requests_are_told_with_code_message_and_context(stage):
    watcher = await stage.watcher()
    async with aiohttp.ClientSession() as http:
        for query, (code, message, name, value) in BAD_REQUESTS.items():
            version = "" if "EIO" in query else "&EIO=4"
            async with http.get(f"{stage.server.url}/socket.io/?key={stage.key}&{query}{version}") as answer:
                equal(await answer.json(), {"code": code, "message": message}, query)
            refused = await watcher.report("refused")
            equal((refused["code"], refused["message"], refused["context"][name]), (code, message, value), query)
