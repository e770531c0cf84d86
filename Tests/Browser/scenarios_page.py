"""The page as a page: phones, keyboards, screen readers, contrast, scrolling, pictures that fail."""

import re

from playwright.sync_api import BrowserContext, expect

from chat_page import ChatPage
from scenarios import scenario
from stage import AVATAR_HOST, Stage

PHONE = {"viewport": {"width": 320, "height": 568}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitän" * 6

FROM_END = "(() => { const l = document.querySelector('#chat-messages');"
FROM_END += " return l.scrollHeight - l.scrollTop - l.clientHeight; })()"

# The boxes whose content would have to be scrolled sideways.
TOO_WIDE = """[...document.querySelectorAll("html, #chat-messages, .chat")]
    .filter((element) => element.scrollWidth > element.clientWidth).map((element) => element.outerHTML.slice(0, 80))"""

# Scrolling by the wheel is smooth: it has come to rest when two pairs of frames agree.
AT_REST = """() => new Promise((resolve) => {
    const log = document.querySelector("#chat-messages");
    const look = (last) => log.scrollTop === last ? resolve()
        : requestAnimationFrame(() => requestAnimationFrame(look.bind(null, log.scrollTop)));
    look(NaN);
})"""

# The text and contrast of everything visible whose contrast is below WCAG's AA.
LOW_CONTRAST = """() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const bytes = (colour) => {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data];
    };
    const luminance = ([...rgb]) => {
        const [r, g, b] = rgb.map((byte) => {
            const part = byte / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const background = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const [r, g, b, alpha] = bytes(getComputedStyle(at).backgroundColor);
            if (alpha === 255) return [r, g, b];
        }
        throw new Error("no background");
    };
    const isShown = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
        && element.checkVisibility() && !element.closest(".visually-hidden, .skip-link, option");
    const contrast = (colour, element) => {
        const luminances = [luminance(bytes(colour).slice(0, 3)), luminance(background(element))];
        const [dark, light] = luminances.sort((a, b) => a - b);
        return (light + 0.05) / (dark + 0.05);
    };
    const pairs = [...document.body.querySelectorAll("*")].filter(isShown)
        .map((element) => [element.textContent.trim(), contrast(getComputedStyle(element).color, element)]);
    for (const field of document.querySelectorAll("input[type=text], textarea")) {
        pairs.push([field.id, contrast(getComputedStyle(field).color, field)]);
        pairs.push([`${field.id} placeholder`, contrast(getComputedStyle(field, "::placeholder").color, field)]);
    }
    if (pairs.length < 10) throw new Error(`only ${pairs.length} texts were found`);
    return pairs.filter(([, ratio]) => ratio < 4.5);
}"""


def fill_log(sender: ChatPage, count: int, word: str = "line") -> None:
    sender.page.evaluate(
        "([word, count]) => { for (let number = 1; number <= count; number++)"
        " socket.emit('send_message', { message: `${word} ${number}` }); }",
        [word, count],
    )


def await_end(page: ChatPage) -> None:
    page.await_true(f"{FROM_END} < 1")


@scenario("the page fits a small phone")
def phone(stage: Stage) -> None:
    page = stage.open(**PHONE)
    page.expect_assigned_name()
    page.rename(LONG_WORD[:60])
    page.send(LONG_WORD)
    page.send("short", temp=True)
    expect(page.messages).to_have_count(2)
    assert page.page.evaluate(TOO_WIDE) == []
    for control in page.page.locator("button:visible, input:visible, textarea:visible").all():
        box = control.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 320 and box["y"] + box["height"] <= 568, box
        assert box["height"] >= (20 if control.get_attribute("type") == "checkbox" else 44), box
    for field in page.page.locator("input[type=text], textarea").all():
        # Below 16 pixels iOS zooms in when the field gets the focus.
        assert float(field.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 16
    assert page.log.bounding_box()["height"] >= 240


@scenario("a phone on its side leaves room for messages")
def sideways(stage: Stage) -> None:
    page = stage.open(**{**PHONE, "viewport": {"width": 568, "height": 320}})
    page.expect_assigned_name()
    assert page.log.bounding_box()["height"] >= 100, page.log.bounding_box()
    expect(page.page.locator("#send-button")).to_be_in_viewport(ratio=1)


@scenario("the keyboard is enough")
def keyboard(stage: Stage) -> None:
    (page,) = stage.open_named(1)
    keys = page.page.keyboard
    keys.type("typed at once")
    keys.press("Enter")
    page.expect_texts(["typed at once"])
    step_back_to(page, "temp-toggle")
    keys.press("Space")
    expect(page.page.locator("#temp-toggle")).to_be_checked()
    step_back_to(page, "chat-messages")
    step_back_to(page, "username-input")
    keys.type("Keys")
    keys.press("Enter")
    expect(page.name_shown).to_have_text("Keys")


def step_back_to(page: ChatPage, element: str) -> None:
    for _ in range(6):
        page.page.keyboard.press("Shift+Tab")
        if page.page.evaluate("document.activeElement.id") == element:
            outline = page.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
            assert outline == "3px", f"{element} does not show the focus: {outline}"
            return
    raise AssertionError(f"{element} is not reached by Shift+Tab")


@scenario("the first stop of the keyboard leads to the message field")
def skip_link(stage: Stage) -> None:
    # With a touch screen the field is not focused from the start, since that would open the keyboard on the screen.
    page = stage.open(**PHONE)
    page.expect_assigned_name()
    assert page.page.evaluate("document.activeElement === document.body")
    page.page.keyboard.press("Tab")
    link = page.page.get_by_role("link", name="Skip to the message field")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport(ratio=1)
    page.page.keyboard.press("Enter")
    expect(page.message_input).to_be_focused()


@scenario("a screen reader finds every part by role and name")
def screen_reader(stage: Stage) -> None:
    reader, other = stage.open_named(2)
    by_role = reader.page.get_by_role
    for role, name in (
        ("heading", "Chat"),
        ("log", "Messages"),
        ("textbox", "Message"),
        ("textbox", "New name"),
        ("button", "Send"),
        ("button", "Change name"),
        ("checkbox", "Disappears after 10 seconds"),
    ):
        expect(by_role(role, name=name, exact=True)).to_have_count(1)
    expect(by_role("status")).to_have_text("Connected")
    expect(by_role("log")).to_have_attribute("aria-live", "polite")
    expect(reader.page.locator("html")).to_have_attribute("lang", "en")
    other.send("read me", temp=True)
    expect(reader.messages).to_have_count(1)
    # The picture says nothing that the name does not.
    expect(reader.log.get_by_role("img")).to_have_count(0)
    heard = by_role("log").aria_snapshot()
    assert other.name in heard and "read me" in heard and "temporary" in heard, heard


@scenario("every text has enough contrast, in the light and in the dark")
def contrast(stage: Stage) -> None:
    for scheme in ("light", "dark"):
        page = stage.open(color_scheme=scheme)
        other = stage.open(color_scheme=scheme)
        for sender in (page, other):
            sender.expect_assigned_name()
            sender.send(f"plain {scheme}")
            sender.send(f"temporary {scheme}", temp=True)
        expect(page.messages).to_have_count(4)
        for state in ("connecting", "connected", "reconnecting", "offline"):
            page.page.evaluate("state => showState(state)", state)
            assert page.page.evaluate(LOW_CONTRAST) == [], (scheme, state)
        for hue in range(0, 360, 15):
            page.page.evaluate(
                "hue => document.querySelectorAll('.message').forEach(m => m.style.setProperty('--hue', hue))", hue
            )
            assert page.page.evaluate(LOW_CONTRAST) == [], (scheme, hue)


@scenario("nothing moves for who asked for less motion")
def motion(stage: Stage) -> None:
    for preference, duration in (("reduce", "0s"), ("no-preference", "1s")):
        page = stage.open(reduced_motion=preference)
        page.expect_assigned_name()
        page.send("still")
        expect(page.message("still")).to_have_css("transition-duration", duration)


@scenario("the newest message stays in view while many arrive")
def following(stage: Stage) -> None:
    reader, sender = stage.open_named(2)
    for turn in range(1, 4):
        fill_log(sender, 500, f"turn {turn} line")
        expect(reader.message(f"turn {turn} line 500")).to_be_in_viewport(ratio=1)
        await_end(reader)
    expect(reader.page.locator("#new-messages-button")).to_be_hidden()
    # The room shrinks as it does when a keyboard opens.
    reader.page.set_viewport_size({"width": 400, "height": 420})
    expect(reader.message("turn 3 line 500")).to_be_in_viewport(ratio=1)
    await_end(reader)


@scenario("who reads further up stays there and is told of new messages")
def reading_back(stage: Stage) -> None:
    reader, sender = stage.open_named(2)
    fill_log(sender, 60)
    read_back(reader, "line 60")
    line = reader.message("line 50")
    expect(line).to_be_in_viewport()
    place = line.bounding_box()["y"]
    fill_log(sender, 3, "new")
    button = reader.page.get_by_role("button", name="3 new messages")
    expect(button).to_be_visible()
    assert abs(line.bounding_box()["y"] - place) < 1, (line.bounding_box(), place)
    button.click()
    expect(reader.message("new 3")).to_be_in_viewport(ratio=1)
    expect(reader.page.locator("#new-messages-button")).to_be_hidden()
    fill_log(sender, 1, "followed again")
    expect(reader.message("followed again 1")).to_be_in_viewport(ratio=1)


def read_back(reader: ChatPage, last: str) -> None:
    """Waits for the last message, then scrolls up until it is out of sight."""
    expect(reader.message(last)).to_be_in_viewport(ratio=1)
    await_end(reader)
    reader.log.hover()
    reader.page.mouse.wheel(0, -600)
    expect(reader.log).to_have_class(re.compile("reading-back"))
    reader.page.evaluate(AT_REST)


@scenario("who reads further up keeps the place while the oldest lines go")
def reading_back_while_full(stage: Stage) -> None:
    reader, sender = stage.open_named(2)
    fill_log(sender, 1000)
    read_back(reader, "line 1000")
    oldest = reader.shown_texts()[0]
    line = reader.message("line 990")
    expect(line).to_be_in_viewport()
    place = line.bounding_box()["y"]
    fill_log(sender, 100, "new")
    expect(reader.message("new 100")).to_have_count(1)
    expect(reader.message(oldest)).to_have_count(0)
    reader.page.evaluate(AT_REST)
    assert abs(line.bounding_box()["y"] - place) < 1, (line.bounding_box(), place)


@scenario("one's own message leads back to the end")
def own_message(stage: Stage) -> None:
    reader, sender = stage.open_named(2)
    fill_log(sender, 60)
    read_back(reader, "line 60")
    reader.send("mine")
    expect(reader.message("mine")).to_be_in_viewport(ratio=1)
    expect(reader.log).not_to_have_class(re.compile("reading-back"))


@scenario("a thousand lines are kept and the oldest go")
def bounded(stage: Stage) -> None:
    reader, sender = stage.open_named(2)
    fill_log(sender, 1100)
    expect(reader.message("line 1100")).to_be_in_viewport(ratio=1)
    expect(reader.log.locator("> *")).to_have_count(1000)
    expect(reader.messages.first.locator(".message-username + *")).to_have_text("line 101")


@scenario("an avatar that fails is replaced and asked for once")
def failing_avatar(stage: Stage) -> None:
    stage.allow_errors(re.compile(r"Failed to load resource: net::ERR_FAILED"))
    requests: list[str] = []

    def fail(context: BrowserContext) -> None:
        context.on("request", lambda request: AVATAR_HOST.match(request.url) and requests.append(request.url))
        context.route(AVATAR_HOST, lambda route: route.abort())

    page = stage.open(prepare=fail)
    page.expect_assigned_name()
    stand_in = "n => [...document.images].filter(i => i.naturalWidth && i.src.startsWith('data:')).length === n"
    for number in range(1, 4):
        page.send(f"message {number}")
        page.await_true(stand_in, number)
    assert len(requests) == 1, requests


@scenario("messages that arrive in the background are counted in the title")
def title(stage: Stage) -> None:
    reader, sender = stage.open_named(2)
    show_page(reader, hidden=True)
    for number in (1, 2):
        sender.send(f"message {number}")
        expect(reader.page).to_have_title(f"({number}) Chat")
    show_page(reader, hidden=False)
    expect(reader.page).to_have_title("Chat")


def show_page(page: ChatPage, hidden: bool) -> None:
    """A headless browser never hides a page, so the page is told."""
    page.page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )


@scenario("a message too long for the server is kept and said so")
def too_long(stage: Stage) -> None:
    (page,) = stage.open_named(1)
    text = "é" * 450_001
    page.send(text)
    page.expect_note("", "too long")
    expect(page.message_input).to_have_value(text)
    page.send("é" * 450_000)
    expect(page.messages).to_have_count(1)
    assert page.texts.evaluate("e => e.textContent.length") == 450_000
    page.await_connected(True)
