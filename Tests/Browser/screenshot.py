#!/usr/bin/env python3
"""Lets three people talk and writes one picture of it: a desktop in the light, a phone in the dark."""

import argparse
import base64
import shutil
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from assets import load_clients
from chat_page import ChatPage
from run import BUILD_FOLDER
from server import ChatServer
from stage import AVATAR_HOST, NETWORK_ERRORS, OWN_PAGE, PAGE_CLIENT, Stage

NOON = datetime(2025, 6, 21, 12, 0, tzinfo=timezone.utc)
DESKTOP = {"viewport": {"width": 900, "height": 640}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 360, "height": 640}, "color_scheme": "dark", "is_mobile": True, "has_touch": True}
COMMON = {"device_scale_factor": 2, "locale": "en-GB", "timezone_id": "UTC"}

SIDE_BY_SIDE = """<body style="margin:0;display:flex;gap:24px;padding:24px;background:#c9d1de;width:max-content">
<img src="{desktop}" width="900" style="border-radius:12px"><img src="{phone}" width="360" style="border-radius:24px">
</body>"""


def main() -> None:
    arguments = parse_arguments()
    BUILD_FOLDER.mkdir(parents=True, exist_ok=True)
    clients = load_clients(BUILD_FOLDER)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=arguments.chromium)
        server = ChatServer(arguments.server, OWN_PAGE.parent, Path(folder))
        with Stage(browser, server, clients, PAGE_CLIENT, timeout=15000) as stage:
            stage.allow_errors(NETWORK_ERRORS)
            shots = take_shots(stage)
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        compose(browser, shots, arguments.out)
        browser.close()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="command that starts the server; {port} is replaced")
    parser.add_argument("--out", type=Path, required=True, help="the PNG to write, e.g. docs/screenshot.png")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="path of the browser")
    return parser.parse_args()


def take_shots(stage: Stage) -> dict[str, bytes]:
    desktop = stage.open(prepare, **COMMON, **DESKTOP)
    phone = stage.open(prepare, **COMMON, **PHONE)
    third = stage.open(prepare, **COMMON)
    converse(desktop, phone, third)
    for page in (desktop, phone):
        expect(page.messages).to_have_count(6)
        page.page.evaluate("document.activeElement.blur()")
        page.page.mouse.move(0, 0)
        page.page.locator("#temp-toggle").set_checked(False)
    return {"desktop": desktop.page.screenshot(), "phone": phone.page.screenshot()}


def prepare(context: BrowserContext) -> None:
    """The same picture each time: one moment, and the page's own avatars."""
    context.clock.set_fixed_time(NOON)
    context.route(AVATAR_HOST, lambda route: route.abort())


def converse(ada: ChatPage, grace: ChatPage, lin: ChatPage) -> None:
    for page, name in ((ada, "Ada"), (grace, "Grace"), (lin, "Lin")):
        page.await_transport("websocket")
        page.rename(name)
        expect(page.name_shown).to_have_text(name)
    say(ada, "Good morning! Does the new server hold up?")
    say(grace, "So far nobody noticed the change. 🎉")
    say(lin, "Still the same page, the same events. Only faster.")
    say(ada, "<b>And markup stays text</b>, as it should.")
    say(grace, "The door code is 4711", temp=True)
    say(ada, "Thanks, that one is gone in ten seconds.")


def say(page: ChatPage, text: str, temp: bool = False) -> None:
    page.send(text, temp)
    expect(page.message(text)).to_have_count(1)


def compose(browser: Browser, shots: dict[str, bytes], out: Path) -> None:
    page = browser.new_page(viewport={"width": 1332, "height": 688})
    sources = {name: f"data:image/png;base64,{base64.b64encode(shot).decode()}" for name, shot in shots.items()}
    page.set_content(SIDE_BY_SIDE.format(**sources))
    page.screenshot(path=out, full_page=True)


if __name__ == "__main__":
    main()
