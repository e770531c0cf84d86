#!/usr/bin/env python3
"""Drives the chat's page in Chromium against a real server and prints what passed and what failed."""

import argparse
import re
import shutil
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, Error, expect, sync_playwright

import scenarios_connection
import scenarios_conversation
import scenarios_foreign
import scenarios_page
from assets import load_clients
from scenarios import SCENARIOS, Scenario
from server import ChatServer
from stage import REPOSITORY, Stage

BUILD_FOLDER = REPOSITORY / ".build" / "browser-tests"
MODULES = (scenarios_conversation, scenarios_connection, scenarios_page, scenarios_foreign)


def main() -> int:
    arguments = parse_arguments()
    chosen = [scenario for scenario in SCENARIOS if arguments.only.lower() in scenario.name.lower()]
    if arguments.list:
        print("\n".join(scenario.name for scenario in chosen))
        return 0
    if not arguments.chromium:
        sys.exit("error: no chromium found; install it or name it with --chromium")
    BUILD_FOLDER.mkdir(parents=True, exist_ok=True)
    clients = load_clients(BUILD_FOLDER)
    expect.set_options(timeout=arguments.timeout * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium)
        failures = sum(not run(scenario, browser, clients, arguments) for scenario in chosen)
        browser.close()
    print(f"{len(chosen) - failures} passed, {failures} failed")
    return 1 if failures or not chosen else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--server",
        required=True,
        help="command that starts the server; {port} is replaced, {templates} and {log} too where they occur",
    )
    parser.add_argument("--only", default="", help="run the scenarios whose name contains this")
    parser.add_argument("--list", action="store_true", help="only print the scenarios' names")
    parser.add_argument("--timeout", type=float, default=15, help="seconds one condition may take to come true")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="path of the browser")
    return parser.parse_args()


def run(scenario: Scenario, browser: Browser, clients: dict[str, bytes], arguments: argparse.Namespace) -> bool:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        server = ChatServer(arguments.server, templates_with(scenario.page, Path(folder)), Path(folder))
        stage = Stage(browser, server, clients, scenario.client, arguments.timeout * 1000)
        try:
            with stage:
                play(scenario, stage)
        except Exception:
            print(f"FAILED  {scenario.name}\n{traceback.format_exc()}", flush=True)
            print(f"server output:\n{server.output_tail()}", flush=True)
            return False
    print(f"ok      {scenario.name} ({time.monotonic() - began:.1f} s)", flush=True)
    return True


def templates_with(page: Path, folder: Path) -> Path:
    """A templates folder in which this page is the chat's."""
    templates = folder / "templates"
    templates.mkdir()
    shutil.copy(page, templates / "index.html")
    return templates


def play(scenario: Scenario, stage: Stage) -> None:
    try:
        scenario.run(stage)
        settle(stage)
        if stage.errors:
            raise AssertionError("errors in the pages:\n" + "\n".join(stage.errors))
    except Exception:
        keep_pictures(scenario, stage)
        raise


def settle(stage: Stage) -> None:
    """One more round trip to each page still open, so that errors on their way here arrive."""
    for page in stage.pages:
        if not page.page.is_closed():
            page.page.evaluate("0")


def keep_pictures(scenario: Scenario, stage: Stage) -> None:
    slug = re.sub(r"\W+", "-", scenario.name)
    for number, page in enumerate(stage.pages):
        with suppress(Error):
            page.page.screenshot(path=BUILD_FOLDER / f"{slug}-{number}.png")


if __name__ == "__main__":
    sys.exit(main())
