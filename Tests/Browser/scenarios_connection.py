"""How the pages are connected: transports, the upgrade, and everything that interrupts them."""

import re

from playwright.sync_api import BrowserContext, Route, WebSocket, expect

from assets import client_url
from chat_page import ChatPage, drop_connection
from scenarios import BOTH_CLIENTS, scenario
from stage import NETWORK_ERRORS, PAGE_CLIENT, Stage

FAILURES_UNTIL_OFFLINE = 3
LONGEST_RETRY_DELAY = 5000  # milliseconds, the client's default

# Puts a function between the page and the client: it is given the client's `io` and the page's arguments.
WRAP_CLIENT = """{
    let wrapped;
    Object.defineProperty(window, "io", {
        get: () => wrapped,
        set: (io) => { wrapped = (...given) => (%s)(io, ...given); },
    });
}"""

POLLING_ONLY = '(io, options) => io({ ...options, transports: ["polling"] })'

# Sends numbered messages from the first moment on until the connection has been upgraded for a while.
SEND_DURING_UPGRADE = """(io, ...given) => {
    const socket = io(...given);
    window.sent = 0;
    let afterUpgrade = 0;
    const send = () => {
        socket.emit("send_message", { message: `upgrading ${window.sent++}` });
        if (socket.io.engine.transport.name === "websocket") afterUpgrade++;
        if (afterUpgrade < 20) setTimeout(send, 1);
        else window.isDone = true;
    };
    socket.on("connect", send);
    return socket;
}"""

START_TICKING = """() => {
    window.ticks = 0;
    window.ticking = setInterval(() => socket.emit("send_message", { message: `tick ${window.ticks++}` }), 2);
}"""


def wrap_client(context: BrowserContext, function: str) -> None:
    context.add_init_script(WRAP_CLIENT % function)


@scenario("the connection is upgraded to WebSocket and messages travel there", clients=BOTH_CLIENTS)
def upgrade(stage: Stage) -> None:
    sockets: list[WebSocket] = []
    frames: list[tuple[str, str | bytes]] = []

    def record(socket: WebSocket) -> None:
        sockets.append(socket)
        socket.on("framesent", lambda frame: frames.append(("sent", frame)))
        socket.on("framereceived", lambda frame: frames.append(("received", frame)))

    page = stage.open(prepare=lambda context: context.on("page", lambda page: page.on("websocket", record)))
    page.expect_assigned_name()
    page.await_transport("websocket")
    page.send("over the socket")
    page.expect_texts(["over the socket"])
    assert len(sockets) == 1 and "transport=websocket" in sockets[0].url, [socket.url for socket in sockets]
    assert frames[:3] == [("sent", "2probe"), ("received", "3probe"), ("sent", "5")], frames
    assert [way for way, frame in frames if "over the socket" in str(frame)] == ["sent", "received"], frames


@scenario("messages sent during the upgrade arrive once and in order", clients=BOTH_CLIENTS)
def sending_during_upgrade(stage: Stage) -> None:
    (ticking,) = stage.open_named(1)
    ticking.page.evaluate(START_TICKING)
    expect(ticking.messages).not_to_have_count(0)
    upgrading = stage.open(prepare=lambda context: wrap_client(context, SEND_DURING_UPGRADE))
    upgrading.await_true("window.isDone === true")
    ticking.page.evaluate("clearInterval(window.ticking)")
    expect_all(ticking, "upgrading", upgrading.page.evaluate("window.sent"), first=0)
    ticks = ticking.page.evaluate("window.ticks")
    expect_all(upgrading, "tick", ticks, first=first_number(upgrading, "tick"))


def first_number(page: ChatPage, word: str) -> int:
    """The number of the first message with this word that the page, which came later, has seen."""
    expect(page.texts.filter(has_text=word)).not_to_have_count(0)
    return next(int(text.split()[1]) for text in page.shown_texts() if text.startswith(word))


def expect_all(page: ChatPage, word: str, end: int, first: int) -> None:
    expected = [f"{word} {number}" for number in range(first, end)]
    expect(page.message(expected[-1])).to_have_count(1)
    shown = [text for text in page.shown_texts() if text.startswith(word)]
    assert shown == expected, f"{len(shown)} of {len(expected)}: {shown}"


@scenario("polling alone works", clients=BOTH_CLIENTS)
def polling(stage: Stage) -> None:
    (other,) = stage.open_named(1)
    page = stage.open(prepare=lambda context: wrap_client(context, POLLING_ONLY))
    page.page.on("websocket", lambda socket: stage.errors.append(f"opened {socket.url}"))
    converse_by_polling(page, other)


@scenario("a network that blocks WebSockets leaves the chat on polling")
def blocked_websocket(stage: Stage) -> None:
    (other,) = stage.open_named(1)
    attempts: list[str] = []

    def block(context: BrowserContext) -> None:
        context.route_web_socket("**", lambda socket: (attempts.append(socket.url), socket.close()))

    page = stage.open(prepare=block)
    converse_by_polling(page, other)
    assert len(attempts) == 1, attempts


def converse_by_polling(page: ChatPage, other: ChatPage) -> None:
    page.expect_assigned_name()
    for number in range(5):
        page.send(f"from polling {number}")
        other.send(f"to polling {number}")
    for reader in (page, other):
        expect(reader.messages).to_have_count(10)
        shown = reader.shown_texts()
        assert [text for text in shown if text.startswith("from")] == [f"from polling {n}" for n in range(5)]
        assert [text for text in shown if text.startswith("to")] == [f"to polling {n}" for n in range(5)]
    page.await_transport("polling")


@scenario("bytes reach pages on polling and on WebSocket alike")
def polled_bytes(stage: Stage) -> None:
    (other,) = stage.open_named(1)
    page = stage.open(prepare=lambda context: wrap_client(context, POLLING_ONLY))
    page.expect_assigned_name()
    page.emit("send_message", "{ message: new Uint8Array([0, 255]) }")
    other.emit("send_message", "{ message: new Uint8Array([1, 2, 3]) }")
    for reader in (page, other):
        expect(reader.message("[2 bytes]")).to_have_count(1)
        expect(reader.message("[3 bytes]")).to_have_count(1)
    page.await_transport("polling")


def expect_state(page: ChatPage, state: str, words: str) -> None:
    shown = page.page.get_by_role("status")
    expect(shown).to_have_attribute("data-state", state)
    expect(shown).to_contain_text(words)


@scenario("the connection state is shown from the first moment")
def states(stage: Stage) -> None:
    held: list[Route] = []
    page = stage.open(prepare=lambda context: context.route("**/socket.io/**", lambda route: held.append(route)))
    expect_state(page, "connecting", "Connecting")
    page.page.context.unroute("**/socket.io/**")
    for request in held:
        request.continue_()
    expect_state(page, "connected", "Connected")
    drop_connection(page)
    expect_state(page, "connected", "Connected")
    page.expect_note("", "Connected again")


@scenario("a killed and restarted server is survived", clients=BOTH_CLIENTS)
def killed(stage: Stage) -> None:
    survive_restart(stage, stage.server.kill)


@scenario("a stopped and restarted server is survived", clients=BOTH_CLIENTS)
def stopped(stage: Stage) -> None:
    survive_restart(stage, stage.server.stop)


def survive_restart(stage: Stage, end) -> None:
    stage.allow_errors()
    named, renamed = stage.open_named(2)
    renamed.rename("Ada")
    expect(renamed.name_shown).to_have_text("Ada")
    end()
    for page in (named, renamed):
        page.await_connected(False)
        expect(page.page.get_by_role("status")).not_to_have_attribute("data-state", "connected")
    stage.server.start()
    for page in (named, renamed):
        expect_state(page, "connected", "Connected")
        page.await_transport("websocket")
    named.expect_assigned_name()
    # A name somebody chose is asked for again.
    expect(renamed.name_shown).to_have_text("Ada")
    talk_after_restart(named, renamed)


def talk_after_restart(*pages: ChatPage) -> None:
    for sender in pages:
        sender.send(f"{sender.name} is back")
    for reader in pages:
        for sender in pages:
            expect(reader.message(f"{sender.name} is back")).to_have_class(
                "message sent" if reader is sender else "message"
            )


@scenario("a message written while the server is away is kept and sent later")
def draft(stage: Stage) -> None:
    stage.allow_errors()
    # Its delays between attempts are the test's to shorten. The client takes its timers when it loads.
    page = stage.open(prepare=lambda context: context.clock.install())
    page.await_transport("websocket")
    stage.server.kill()
    page.await_connected(False)
    expect(page.page.locator("#send-button")).to_have_class("waiting")
    page.send("written meanwhile")
    page.expect_note("", "Not connected")
    expect(page.message_input).to_have_value("written meanwhile")
    for _ in range(FAILURES_UNTIL_OFFLINE):
        with page.page.expect_event("requestfailed"):
            page.page.clock.run_for(LONGEST_RETRY_DELAY)
    expect_state(page, "offline", "Offline")
    stage.server.start()
    page.page.clock.run_for(LONGEST_RETRY_DELAY)
    expect_state(page, "connected", "Connected")
    expect(page.messages).to_have_count(0)
    page.message_input.press("Enter")
    page.expect_texts(["written meanwhile"])
    expect(page.page.locator("#send-button")).not_to_have_class("waiting")


@scenario("a lost and regained network is survived")
def network(stage: Stage) -> None:
    stage.allow_errors()
    staying, travelling = stage.open_named(2)
    travelling.page.context.set_offline(True)
    travelling.await_connected(False)
    # At once, not only after several attempts have failed.
    travelling.page.evaluate("new Promise((resolve) => socket.io.once('reconnect_error', () => setTimeout(resolve)))")
    assert travelling.page.get_by_role("status").get_attribute("data-state") == "offline"
    staying.expect_note("", "left")
    travelling.page.context.set_offline(False)
    expect_state(travelling, "connected", "Connected")
    staying.send("welcome back")
    travelling.expect_texts(["welcome back"])


@scenario("a disconnect by the server is followed by a new connection")
def server_disconnect(stage: Stage) -> None:
    (page,) = stage.open_named(1)
    # What the page receives when the server disconnects its socket: the client then does not reconnect by itself.
    page.page.evaluate("void socket.onpacket({ type: 1, nsp: '/' })")
    page.expect_note("", "Connected again")
    expect_state(page, "connected", "Connected")
    page.send("here again")
    page.expect_texts(["here again"])


@scenario("a client that could not be loaded is said")
def client_missing(stage: Stage) -> None:
    stage.allow_errors(NETWORK_ERRORS)
    page = stage.open(prepare=lambda context: context.route(client_url(PAGE_CLIENT), lambda route: route.abort()))
    expect_state(page, "offline", "reload")
    page.expect_note("", "could not be loaded")
    page.send("kept")
    expect(page.message_input).to_have_value("kept")


@scenario("a changed client script is refused")
def client_changed(stage: Stage) -> None:
    stage.allow_errors(re.compile("integrity"))
    stage.clients = {PAGE_CLIENT: stage.clients[PAGE_CLIENT] + b"\n"}
    page = stage.open()
    expect_state(page, "offline", "reload")
