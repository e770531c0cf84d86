"""What people do in the chat: come, talk, rename themselves, leave."""

import re

from playwright.sync_api import Page, expect

from chat_page import ChatPage
from scenarios import BOTH_CLIENTS, scenario
from stage import Stage

# Fills the composer and presses the button without waiting in between.
SEND_MANY = """([prefix, count]) => {
    for (let number = 0; number < count; number++) {
        document.getElementById("message-input").value = `${prefix} ${number}`;
        document.getElementById("send-button").click();
    }
}"""


@scenario("three pages learn their names and see each other join", clients=BOTH_CLIENTS)
def joins(stage: Stage) -> None:
    first, second, third = stage.open_named(3)
    for page in (first, second, third):
        page.expect_note(third.name, "joined")
    for page in (first, second):
        page.expect_note(second.name, "joined")
    first.expect_note(first.name, "joined")
    expect(third.notes).to_have_count(1)


@scenario("a message reaches everybody and is marked as sent only where it was", clients=BOTH_CLIENTS)
def messages(stage: Stage) -> None:
    pages = stage.open_named(3)
    for sender in pages:
        sender.send(f"hello from {sender.name}")
    for reader in pages:
        expect(reader.messages).to_have_count(3)
        for sender in pages:
            expect_message(reader, sender, f"hello from {sender.name}")
    expect(pages[0].message_input).to_have_value("")


def expect_message(reader: ChatPage, sender: ChatPage, text: str) -> None:
    message = reader.message(text)
    expect(message).to_have_class("message sent" if reader is sender else "message")
    expect(message.locator(".message-content > .message-username")).to_have_text(sender.name)
    # The avatar host's picture is 64 pixels wide.
    reader.await_true(
        "text => [...document.querySelectorAll('.message')].some("
        "message => message.innerText.includes(text) && message.querySelector('img').naturalWidth === 64)",
        text,
    )


@scenario("many messages of three people arrive once and in each one's order", clients=BOTH_CLIENTS)
def order(stage: Stage) -> None:
    pages = stage.open_named(3)
    for page in pages:
        page.page.evaluate(SEND_MANY, [page.name, 20])
    for reader in pages:
        expect(reader.messages).to_have_count(60)
        shown = reader.shown_texts()
        for sender in pages:
            own = [text for text in shown if text.startswith(sender.name)]
            assert own == [f"{sender.name} {number}" for number in range(20)], own


@scenario("HTML in messages and names is shown as text")
def markup(stage: Stage) -> None:
    sender, reader = stage.open_named(2)
    hostile = "<img src=x onerror=\"window.attacked = true\"><script>window.attacked = true</script><b>&amp;</b>"
    name = "<i onclick='attack()'>me</i>"
    sender.rename(name)
    expect(sender.name_shown).to_have_text(name)
    sender.send(hostile)
    for page in (sender, reader):
        page.expect_texts([hostile])
        expect(page.log.locator(".message-username")).to_have_text(name)
        page.expect_note(name, "is now")
        expect(page.log.locator(".message :is(b, i, script), .system-message i, img[src=x]")).to_have_count(0)
        assert page.page.evaluate("window.attacked") is None


@scenario("emoji and every script arrive unchanged")
def scripts(stage: Stage) -> None:
    sender, reader = stage.open_named(2)
    texts = ["👩‍👩‍👧‍👦🎉🏴󠁧󠁢󠁷󠁬󠁳󠁿", "नमस्ते 你好 こんにちは", "שלום مرحبا", "e\u0301 é \u200b| \u2028|", "\\ \" ' \u0001 \x7f"]
    for text in texts:
        sender.send(text)
    for page in (sender, reader):
        expect(page.messages).to_have_count(len(texts))
        assert page.shown_texts() == texts, page.shown_texts()


@scenario("values that are not text are shown as JSON and bytes as their number")
def values(stage: Stage) -> None:
    sender, reader = stage.open_named(2)
    shown = {
        '{ message: { a: [1, null, 1.5], b: "x\\ny" } }': '{"a":[1,null,1.5],"b":"x\\ny"}',
        "{ message: null }": "null",
        "{ message: 0 }": "0",
        "{ message: false }": "false",
        "{ message: [] }": "[]",
        "{}": "",
        "{ message: new Uint8Array([1, 2, 3]) }": "[3 bytes]",
        "{ message: new Uint8Array([1]) }": "[1 byte]",
        "{ message: { file: new Uint8Array(2000) } }": '{"file":"[2000 bytes]"}',
    }
    for argument in shown:
        sender.emit("send_message", argument)
    for page in (sender, reader):
        expect(page.messages).to_have_count(len(shown))
        assert page.shown_texts() == list(shown.values()), page.shown_texts()


@scenario("a line break written with Shift and Enter stays one")
def line_breaks(stage: Stage) -> None:
    (page,) = stage.open_named(1)
    page.message_input.press_sequentially("one")
    page.message_input.press("Shift+Enter")
    page.message_input.press_sequentially("two")
    page.message_input.press("Enter")
    expect(page.messages).to_have_count(1)
    assert page.texts.inner_text() == "one\ntwo"


@scenario("nothing is sent for an empty message")
def empty(stage: Stage) -> None:
    (page,) = stage.open_named(1)
    for text in ("", "   ", "\n"):
        page.send(text)
    page.send("after")
    page.expect_texts(["after"])


@scenario("temporary messages fade after 9 seconds and go after 10")
def temporary(stage: Stage) -> None:
    sender, reader = stage.open_named(2)
    hold_clock(sender.page)
    hold_clock(reader.page)
    sender.send("for ever")
    sender.send("for a moment", temp=True)
    for page in (sender, reader):
        expect(page.message("for ever")).to_have_count(1)
        momentary = page.message("for a moment")
        expect(momentary).to_have_class(re.compile(r"\btemp\b"))
        page.page.clock.run_for(8999)
        expect(momentary).not_to_have_class(re.compile("fade-out"))
        page.page.clock.run_for(1)
        expect(momentary).to_have_class(re.compile("fade-out"))
        page.page.clock.run_for(999)
        expect(momentary).to_have_count(1)
        page.page.clock.run_for(1)
        expect(momentary).to_have_count(0)
        page.expect_texts(["for ever"])
        expect(page.message("for ever")).not_to_have_class(re.compile("temp|fade-out"))


def hold_clock(page: Page) -> None:
    """From here on the page's timers run only when the test says so."""
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)


@scenario("a new name is told to everybody and shown on later messages", clients=BOTH_CLIENTS)
def renames(stage: Stage) -> None:
    renamed, other = stage.open_named(2)
    old = renamed.name
    renamed.rename("  Zoë  ")
    expect(renamed.name_shown).to_have_text("Zoë")
    expect(renamed.page.locator("#username-input")).to_have_value("")
    for page in (renamed, other):
        page.expect_note(old, "is now Zoë")
    renamed.send("it is me")
    expect(other.log.locator(".message-username")).to_have_text("Zoë")
    expect(other.name_shown).not_to_have_text("Zoë")


@scenario("an empty or unchanged name changes nothing")
def unchanged_names(stage: Stage) -> None:
    (page,) = stage.open_named(1)
    name = page.name
    for attempt in ("", "   ", name, f" {name} "):
        page.rename(attempt)
    page.emit("update_username", "{ username: '' }")
    page.send("done")
    page.expect_texts(["done"])
    expect(page.log.locator(".message-username")).to_have_text(name)
    expect(page.notes).to_have_count(1)


@scenario("the rename of a namesake leaves one's own name alone")
def namesakes(stage: Stage) -> None:
    one, other = stage.open_named(2)
    for page in (one, other):
        page.rename("Twin")
        expect(page.name_shown).to_have_text("Twin")
    other.rename("Solo")
    expect(other.name_shown).to_have_text("Solo")
    one.expect_note("Twin", "is now Solo")
    expect(one.name_shown).to_have_text("Twin")


@scenario("who leaves is announced under the current name", clients=BOTH_CLIENTS)
def leaving(stage: Stage) -> None:
    staying, renamed, plain = stage.open_named(3)
    renamed.rename("Guest")
    staying.expect_note("Guest", "is now")
    plain_name = plain.name
    renamed.page.close()
    staying.expect_note("Guest", "left")
    plain.page.close()
    staying.expect_note(plain_name, "left")
    staying.send("alone")
    staying.expect_texts(["alone"])
