"""One page in the browser, driven through the elements that every page of the chat keeps."""

import re

from playwright.sync_api import Locator, Page, expect

ASSIGNED_NAME = re.compile(r"^User_[1-9]\d{3}$")


class ChatPage:
    """Relies only on the ids and classes of the contract, so that it drives any page that keeps it."""

    def __init__(self, page: Page):
        self.page = page
        self.log = page.locator("#chat-messages")
        self.name_shown = page.locator("#current-username")
        self.message_input = page.locator("#message-input")
        self.messages = self.log.locator(".message")
        self.texts = self.log.locator(".message .message-username + *")
        self.notes = self.log.locator(".system-message")

    # What the user does.

    def send(self, text: str, temp: bool = False) -> None:
        self.page.locator("#temp-toggle").set_checked(temp)
        self.message_input.fill(text)
        self.page.locator("#send-button").click()

    def rename(self, name: str) -> None:
        self.page.locator("#username-input").fill(name)
        self.page.locator("#update-username-button").click()

    def emit(self, event: str, argument: str) -> None:
        """Sends what a page's own controls cannot; the argument is a JavaScript expression."""
        self.page.evaluate(f"void socket.emit({event!r}, {argument})")

    # What the user sees.

    @property
    def name(self) -> str:
        return self.name_shown.inner_text()

    def message(self, text: str) -> Locator:
        """The messages with exactly this text."""
        return self.messages.filter(has=self.page.locator(".message-username + *").filter(has_text=exactly(text)))

    def shown_texts(self) -> list[str]:
        return [text for text in self.texts.all_text_contents()]

    def expect_texts(self, texts: list[str]) -> None:
        expect(self.texts).to_have_text([exactly(text) for text in texts])

    def expect_note(self, name: str, words: str) -> None:
        """A system message about this name that has these words."""
        expect(self.notes.filter(has_text=name).filter(has_text=words)).to_have_count(1)

    def expect_assigned_name(self) -> str:
        expect(self.name_shown).to_have_text(ASSIGNED_NAME)
        return self.name

    # The connection underneath.

    def await_transport(self, name: str) -> None:
        self.await_true("name => socket.connected && socket.io.engine.transport.name === name", name)

    def await_connected(self, connected: bool) -> None:
        self.await_true("connected => socket.connected === connected", connected)

    def await_true(self, function: str, argument: object = None) -> None:
        # Polled by the driver's own timer: animation frames stand still while a test holds the page's clock.
        self.page.wait_for_function(function, arg=argument, polling=20)


def exactly(text: str) -> re.Pattern:
    return re.compile(f"^{re.escape(text)}$")


def drop_connection(page: ChatPage) -> None:
    """Ends the connection below Socket.IO, as a lost network does."""
    page.page.evaluate("void socket.io.engine.close()")
