#!/usr/bin/env python3
"""Starts each program of docs/examples, uses its page in Chromium as a person would, and keeps a picture of it."""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from assets import client_url, load_clients
from run import BUILD_FOLDER
from server import STOP_LIMIT
from stage import ELSEWHERE

CLIENT = "4.8.1"  # the release named in the pages
START_LIMIT = 30  # seconds
LISTENING = re.compile(r"\bport=(\d+)")


class Example:
    """One program on a free port, and the pages opened on it; leaving the context ends it in an orderly way."""

    def __init__(self, program: Path, browser: Browser, client: bytes):
        self.program = program
        self.browser = browser
        self.client = client
        self.errors: list[str] = []
        self.pages: list[Page] = []

    def __enter__(self) -> "Example":
        self.output = tempfile.NamedTemporaryFile(mode="r+", suffix=".log")
        self.process = subprocess.Popen(
            [self.program, "0"], stdout=self.output, stderr=self.output, stdin=subprocess.DEVNULL
        )
        self.url = f"http://127.0.0.1:{self.await_port()}"
        return self

    def __exit__(self, *_: object) -> None:
        try:
            for page in self.pages:
                page.context.close()
            self.process.terminate()
            if self.process.wait(STOP_LIMIT) != 0:
                raise AssertionError(f"the program ended with status {self.process.returncode}: {self.said()}")
        finally:
            self.process.kill()
            self.process.wait()
            self.output.close()

    def said(self) -> str:
        return Path(self.output.name).read_text(errors="replace")

    def await_port(self) -> int:
        deadline = time.monotonic() + START_LIMIT
        while not (line := LISTENING.search(self.said())):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the program does not listen: {self.said()}")
            time.sleep(0.05)
        return int(line[1])

    def open(self) -> Page:
        """Opens the page in a browser profile of its own."""
        context = self.browser.new_context(viewport={"width": 720, "height": 480}, accept_downloads=True)
        context.set_default_timeout(15000)
        context.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.route(ELSEWHERE, self.refuse)
        context.route(client_url(CLIENT), self.answer_client)
        page = context.new_page()
        self.pages.append(page)
        page.goto(self.url)
        return page

    def refuse(self, route: Route) -> None:
        self.errors.append(f"the page asked for {route.request.url}")
        route.abort()

    def answer_client(self, route: Route) -> None:
        headers = {"access-control-allow-origin": "*", "content-type": "text/javascript"}
        route.fulfill(body=self.client, headers=headers)


def rooms(example: Example) -> None:
    ada, grace, lin = (example.open() for _ in range(3))
    for page, name, room in ((ada, "Ada", "garden"), (grace, "Grace", "garden"), (lin, "Lin", "cellar")):
        page.locator("#name").fill(name)
        page.locator("#room").fill(room)
        page.locator("#enter button").click()
        expect(page.locator("#current")).to_have_text(room)
    for page in (ada, grace, lin):
        expect(page.locator("#rooms button")).to_have_text(["cellar (1)", "garden (2)"])
    ada.locator("#text").fill("<b>hello</b>")
    ada.locator("#say button").click()
    for page in (ada, grace):
        expect(page.locator("#log li").last).to_have_text("Ada: <b>hello</b>")
    expect(ada.locator("#log li")).to_have_text(["you are one of 1", "Grace came in", "Ada: <b>hello</b>"])
    expect(lin.locator("#log li")).to_have_text(["you are one of 1"])
    grace.locator("#leave").click()
    expect(ada.locator("#log li").last).to_have_text("Grace went away")
    expect(ada.locator("#rooms button")).to_have_text(["cellar (1)", "garden (1)"])
    lin.close()
    expect(ada.locator("#rooms button")).to_have_text(["garden (1)"])


def private_messages(example: Example) -> None:
    ada, grace, lin = (example.open() for _ in range(3))
    ada.locator("#name").fill("ada")
    ada.locator("#password").fill("wrong")
    ada.locator("#login button").click()
    expect(ada.locator("#problem")).to_have_text("wrong name or password\n")
    # A browser reports the status by itself.
    example.errors.clear()
    ada.evaluate("connect('guessed')")
    expect(ada.locator("#problem")).to_have_text("not signed in")
    for page, name, password in ((ada, "ada", "engine"), (grace, "grace", "compiler"), (lin, "lin", "kernel")):
        page.locator("#name").fill(name)
        page.locator("#password").fill(password)
        page.locator("#login button").click()
        expect(page.locator("#me")).to_have_text(name)
        expect(page.locator("#login")).to_be_hidden()
    expect(ada.locator("#people")).to_have_text("ada, grace, lin")
    ada.locator("#to").fill("grace")
    ada.locator("#text").fill("for you alone")
    ada.locator("#send button").click()
    expect(grace.locator("#log li")).to_have_text(["ada: for you alone"])
    expect(ada.locator("#log li")).to_have_text(["to grace: for you alone"])
    grace.close()
    expect(ada.locator("#people")).to_have_text("ada, lin")
    ada.locator("#text").fill("still there?")
    ada.locator("#send button").click()
    expect(ada.locator("#log li").last).to_have_text("grace is not here")
    expect(lin.locator("#log li")).to_have_count(0)


def cursor_board(example: Example) -> None:
    ada, grace = example.open(), example.open()
    for page in (ada, grace):
        page.wait_for_function("socket.connected && socket.io.engine.transport.name === 'websocket'")
    grace.mouse.move(100, 100)
    expect(ada.locator(".cursor")).to_have_count(1)
    grace.mouse.move(360, 240, steps=20)
    expect(ada.locator(".cursor")).to_have_attribute("style", re.compile(r"left: 50%; top: 50%"))
    expect(grace.locator(".cursor")).to_have_count(0)
    ada.mouse.move(180, 120, steps=5)
    expect(grace.locator(".cursor")).to_have_attribute("style", re.compile(r"left: 25%; top: 25%"))
    third = example.open()
    third.wait_for_function("socket.connected")
    third.mouse.move(540, 360, steps=5)
    expect(ada.locator(".cursor")).to_have_count(2)
    third.close()
    expect(ada.locator(".cursor")).to_have_count(1)


def upload(example: Example) -> None:
    ada, grace = example.open(), example.open()
    grace.wait_for_function("socket.connected")
    content = bytes(range(256)) * 4096 + b"the end"  # five pieces
    ada.locator("#file").set_input_files({"name": "picture.bin", "mimeType": "image/png", "buffer": content})
    expect(ada.locator("#state")).to_have_text("picture.bin has arrived")
    expect(ada.locator("#progress")).to_have_js_property("value", 1)
    link = grace.locator("#files a")
    expect(link).to_have_text(f"picture.bin ({len(content)} bytes)")
    with grace.expect_download() as download:
        link.click()
    if Path(download.value.path()).read_bytes() != content:
        raise AssertionError("the file is not what was sent")
    ada.locator("#file").set_input_files({"name": "empty", "mimeType": "text/plain", "buffer": b""})
    expect(ada.locator("#state")).to_have_text("not accepted: empty, or too large")
    expect(grace.locator("#files a")).to_have_count(1)


EXAMPLES: dict[str, Callable[[Example], None]] = {
    "Rooms": rooms,
    "PrivateMessages": private_messages,
    "CursorBoard": cursor_board,
    "Upload": upload,
}


def run(name: str, browser: Browser, client: bytes, folder: Path) -> bool:
    began = time.monotonic()
    try:
        with Example(folder / f"{name}Example", browser, client) as example:
            try:
                EXAMPLES[name](example)
            finally:
                for number, page in enumerate(example.pages):
                    if not page.is_closed():
                        page.screenshot(path=BUILD_FOLDER / f"example-{name}-{number}.png")
        if example.errors:
            raise AssertionError("errors in the pages:\n" + "\n".join(example.errors))
    except Exception:
        print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
        return False
    print(f"ok      {name} ({time.monotonic() - began:.1f} s)", flush=True)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=Path, required=True, help="the folder with the built programs")
    parser.add_argument("--only", default="", help="run the examples whose name contains this")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="path of the browser")
    arguments = parser.parse_args()
    if not arguments.chromium:
        sys.exit("error: no chromium found; install it or name it with --chromium")
    BUILD_FOLDER.mkdir(parents=True, exist_ok=True)
    client = load_clients(BUILD_FOLDER)[CLIENT]
    chosen = [name for name in EXAMPLES if arguments.only.lower() in name.lower()]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium)
        failures = sum(not run(name, browser, client, arguments.programs.resolve()) for name in chosen)
        browser.close()
    print(f"{len(chosen) - failures} passed, {failures} failed")
    return 1 if failures or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
