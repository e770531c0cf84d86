"""What a test plays on: a fresh server, the pages opened on it, and every error these reported."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Route

from assets import client_integrity, client_url, picture
from chat_page import ChatPage
from server import ChatServer

REPOSITORY = Path(__file__).resolve().parents[2]
OWN_PAGE = REPOSITORY / "templates" / "index.html"
PAGE_CLIENT = "4.7.5"  # the release named in the page
AVATAR_HOST = re.compile(r"^https://avatar\.iran\.liara\.run/")
ELSEWHERE = re.compile(r"^(https?|wss?)://(?!127\.0\.0\.1:)")

# What a browser reports by itself while nobody answers.
NETWORK_ERRORS = re.compile(
    r"Failed to load resource: (net::ERR_|the server responded with a status of 400)|WebSocket connection to .* failed"
)


class Stage:
    """Use as a context: leaving it closes the pages and ends the server."""

    def __init__(self, browser: Browser, server: ChatServer, clients: dict[str, bytes], client: str, timeout: float):
        self.browser = browser
        self.server = server
        self.clients = clients
        self.client = client
        self.timeout = timeout
        self.pages: list[ChatPage] = []
        self.errors: list[str] = []
        self.allowed: re.Pattern | None = None

    def __enter__(self) -> "Stage":
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        for page in self.pages:
            # Requests that still wait for the tests' answer would outlive the page.
            page.page.context.unroute_all(behavior="ignoreErrors")
            page.page.context.close()
        self.server.kill()

    def open(self, prepare: Callable[[BrowserContext], None] | None = None, **options: object) -> ChatPage:
        """Opens the chat in a browser profile of its own, which `prepare` may change before."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(self.timeout)
        context.on("console", lambda message: message.type == "error" and self._report(message.text))
        context.on("weberror", lambda error: self._report(str(error.error)))
        # The latest route wins.
        context.route(ELSEWHERE, self._refuse)
        context.route(AVATAR_HOST, lambda route: route.fulfill(body=picture(90, 140, 220), content_type="image/png"))
        context.route(client_url(self.client), self._answer_client)
        if self.client != PAGE_CLIENT:
            self._change_client(context)
        if prepare:
            prepare(context)
        page = ChatPage(context.new_page())
        self.pages.append(page)
        page.page.goto(self.server.url)
        return page

    def open_named(self, count: int) -> list[ChatPage]:
        """Opens pages that are upgraded to WebSocket and have different names."""
        pages = [self.open() for _ in range(count)]
        for page in pages:
            page.expect_assigned_name()
            page.await_transport("websocket")
        if len({page.name for page in pages}) == count:
            return pages
        # Names are random; now and then two are equal.
        for page in pages:
            page.page.close()
        return self.open_named(count)

    def allow_errors(self, pattern: re.Pattern = NETWORK_ERRORS) -> None:
        self.allowed = pattern

    def _report(self, text: str) -> None:
        if not (self.allowed and self.allowed.search(text)):
            self.errors.append(text)

    def _refuse(self, route: Route) -> None:
        self.errors.append(f"the page asked for {route.request.url}")
        route.abort()

    def _answer_client(self, route: Route) -> None:
        headers = {"access-control-allow-origin": "*", "content-type": "text/javascript"}
        route.fulfill(body=self.clients[self.client], headers=headers)

    def _change_client(self, context: BrowserContext) -> None:
        """Lets the page name another release of the client."""
        # A page answered by the driver does not count as local to the browser.
        context.grant_permissions(["local-network-access"])

        def answer(route: Route) -> None:
            response = route.fetch()
            route.fulfill(response=response, body=self._with_client(response.text()))

        context.route(f"{self.server.url}/", answer)

    def _with_client(self, html: str) -> str:
        changed = html.replace(client_url(PAGE_CLIENT), client_url(self.client))
        changed = changed.replace(client_integrity(PAGE_CLIENT), client_integrity(self.client))
        if html.count(client_url(PAGE_CLIENT)) != 1 or html.count(client_integrity(PAGE_CLIENT)) != 1:
            raise AssertionError(f"the page does not load the client {PAGE_CLIENT} once, with its integrity")
        return changed
