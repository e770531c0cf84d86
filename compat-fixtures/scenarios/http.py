"""HTTP beside the chat: errors, methods, paths, origins, compression, pages, kept connections."""

from wire.client import POLLING, WEBSOCKET

from .stage import scenario

OWN_ORIGIN = "http://127.0.0.1:5050"


@scenario()
async def http_errors(stage):
    """Requests that are refused before there is a session."""
    a = stage.actor("a")
    for target in (
        "/socket.io/?transport=polling",
        "/socket.io/?EIO=&transport=polling",
        "/socket.io/?EIO=3&transport=polling",
        "/socket.io/?EIO=5&transport=polling",
        "/socket.io/?EIO=4&transport=nope",
        "/socket.io/?EIO=4&transport=Polling",
        WEBSOCKET,
        f"{POLLING}&sid=unknown",
        f"{POLLING}&sid=__proto__",
        f"{WEBSOCKET}&sid=unknown",
        "/socket.io/",
        "/socket.io/?",
        "/socket.io/?EIO=4&EIO=4&transport=polling",
    ):
        await a.get(target)
        await a.request("POST", target, body="40")


@scenario()
async def posts_without_session(stage):
    """POST needs a session."""
    a = stage.actor("a")
    await a.request("POST", POLLING, body="40")
    await a.request("POST", f"{POLLING}&sid=", body="40")


@scenario()
async def handshakes(stage):
    """Query strings that are unusual and still a handshake; each is a session of its own."""
    for number, target in enumerate(
        (
            POLLING,
            "/socket.io/?transport=polling&EIO=4",
            f"{POLLING}&t=abc&x=1",
            f"{POLLING}&sid=",
            f"{POLLING}&transport=websocket",
            "/socket.io/?EIO=4&transport=polling#fragment",
            "/socket.io/xyz?EIO=4&transport=polling",
            "/socket%2Eio/?EIO=4&transport=polling",
            f"{POLLING}&b64=1",
        )
    ):
        await stage.actor(f"a{number}").get(target)


@scenario()
async def transport_left_out(stage):
    """A handshake without `transport`."""
    await stage.actor("a").get("/socket.io/?EIO=4")


@scenario()
async def other_methods(stage):
    """Methods that Engine.IO does not know, without and with a session."""
    a = stage.actor("a")
    await a.get(POLLING)
    for target in (POLLING, a.client.polling_target()):
        for method in ("HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"):
            await a.request(method, target)


@scenario()
async def refused_upgrades(stage):
    """WebSocket handshakes that Engine.IO refuses."""
    for number, target in enumerate(
        (
            "/socket.io/?transport=websocket",
            "/socket.io/?EIO=3&transport=websocket",
            "/socket.io/?EIO=4&transport=nope",
            f"{WEBSOCKET}&sid=unknown",
        )
    ):
        await stage.actor(f"a{number}").open_websocket(target)


@scenario()
async def requests_after_upgrade(stage):
    """Polling requests of a session that is on a WebSocket are refused; the WebSocket goes on."""
    a = await stage.upgraded("a")
    await stage.quiet()
    await a.get(a.client.polling_target())
    await a.request("POST", a.client.polling_target(), body='42["send_message",{"message":"wrong way"}]')
    await a.asks('421["send_message",{"message":"right way"}]', 2)


@scenario()
async def requests_after_close(stage):
    """A session that was closed is unknown."""
    a = await stage.polling("a")
    await a.post("1")
    await a.get(a.client.polling_target())
    await a.request("POST", a.client.polling_target(), body="40")
    a.client.closed = True


@scenario()
async def pages(stage):
    """The page, other methods on it, paths that do not exist."""
    a = stage.actor("a")
    await a.get("/")
    await a.get("/?x=1")
    for method in ("HEAD", "OPTIONS", "POST", "PUT", "DELETE"):
        await a.request(method, "/")
    for target in (
        "/nope",
        "/index.html",
        "/static/nope.js",
        "/static/../templates/index.html",
        "/socket.io",
        "/Socket.io/",
    ):
        await a.get(target)
    await a.request("HEAD", "/nope")
    await a.get("/", headers={"Accept-Encoding": "gzip"})


@scenario()
async def origins(stage):
    """Same origin only, on GET, POST, OPTIONS and without Origin."""
    a = stage.actor("a")
    for origin in (
        OWN_ORIGIN,
        "http://evil.example",
        "null",
        "https://127.0.0.1:5050",
        "http://localhost:5050",
        "http://127.0.0.1",
        "http://127.0.0.1:5050.evil.example",
        "HTTP://127.0.0.1:5050",
    ):
        await a.get(POLLING, headers={"Origin": origin})
        await a.request("OPTIONS", POLLING, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    await a.request(
        "OPTIONS",
        POLLING,
        headers={
            "Origin": OWN_ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-y",
        },
    )


@scenario()
async def origins_with_session(stage):
    """Each request of a session is checked again."""
    a = stage.actor("a")
    await a.get(POLLING, headers={"Origin": OWN_ORIGIN})
    await a.post("40", headers={"Origin": "http://evil.example"})
    await a.get(a.client.polling_target(), headers={"Origin": "http://evil.example"})
    await a.post("40", headers={"Origin": OWN_ORIGIN})
    await a.poll(3, headers={"Origin": OWN_ORIGIN})


@scenario()
async def origins_websocket(stage):
    """A WebSocket from another origin is refused before the upgrade, a new one and that of a session."""
    await stage.websocket("a", headers={"Origin": OWN_ORIGIN})
    for number, origin in enumerate(("http://evil.example", "null", "https://127.0.0.1:5050")):
        await stage.actor(f"b{number}").open_websocket(headers={"Origin": origin})
    c = await stage.polling("c")
    await c.open_websocket(headers={"Origin": "http://evil.example"})


@scenario(allowed_origin=["http://friend.example", "https://other.example:8443"])
async def origins_allowed(stage):
    """Other origins may be allowed; they are named in the answer."""
    a = stage.actor("a")
    for origin in (
        "http://friend.example",
        "https://other.example:8443",
        "https://friend.example",
        "http://evil.example",
    ):
        await a.get(POLLING, headers={"Origin": origin})
        await a.request("OPTIONS", POLLING, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    await stage.websocket("b", headers={"Origin": "http://friend.example"})
    await stage.actor("c").open_websocket(headers={"Origin": "http://evil.example"})


@scenario()
async def compression(stage):
    """Poll answers from 1024 bytes on are compressed when the client accepts gzip or deflate."""
    a = await stage.polling("a")
    for encoding in ("gzip, deflate", "deflate", "gzip", "br", "identity"):
        await a.send('42["send_message",{"message":"' + "z" * 3000 + '"}]')
        await a.poll(1, headers={"Accept-Encoding": encoding})
        await a.send('42["send_message",{"message":"short"}]')
        await a.poll(1, headers={"Accept-Encoding": encoding})
    await a.send('42["send_message",{"message":"' + "z" * 3000 + '"}]')
    await a.poll(1)


@scenario()
async def kept_connections(stage):
    """Several requests on one TCP connection, GET and POST mixed, an error between them."""
    a = stage.actor("a")
    await a.get(POLLING, on="kept")
    target = a.client.polling_target()
    await a.request("POST", target, body="40", on="kept")
    await a.get(f"{POLLING}&sid=unknown", on="kept")
    await a.poll(3)
    await a.request("POST", target, body='421["update_username",{"username":""}]', on="kept")
    await a.poll(1)
    await a.get("/", on="kept")
    await a.get("/nope", on="kept")
    await a.request("POST", target, body='422["update_username",{"username":""}]', on="kept")
    await a.poll(1)
