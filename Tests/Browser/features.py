#!/usr/bin/env python3
"""Drives the stock JavaScript clients in Chromium through every feature, against the client test server.

The scenarios are the table in `features/*.js`. Each is run by each client over each transport. With `--socketio2` they
are those of `socketio2/*.js`, and the clients those of Socket.IO 2, with one of today beside them.
Ends with `N passed, M failed`.
"""

import argparse
import asyncio
import itertools
import shutil
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from assets import CLIENTS, OLD_CLIENTS, client_folder, load_client

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
# What both kinds of clients are tried with.
sys.path.append(str(HERE.parent / "Clients"))

from feature_driver import Driver  # noqa: E402
from servers import Server, Servers  # noqa: E402

BUILD_FOLDER = REPOSITORY / ".build" / "browser-tests"
TABLE = "table.map(({ play, ...scenario }) => scenario)"
RUN_DEADLINE = 60  # seconds
SHARED = "features"


@dataclass(frozen=True)
class Generation:
    """Clients that share their scenarios."""

    clients: list[str]
    scripts: list[Path]
    server_options: str = ""
    # A client that is in the page as well, under the name `ioOfToday`.
    companion: str | None = None


TODAY = Generation(list(CLIENTS), sorted((HERE / "features").glob("*.js")))
# They have the stage in common.
SOCKET_IO_2 = Generation(
    list(OLD_CLIENTS),
    [HERE / "features" / "0-stage.js", *sorted((HERE / "socketio2").glob("*.js"))],
    " --allow-eio3",
    next(reversed(CLIENTS)),
)


@dataclass(frozen=True)
class Run:
    """One scenario with one client over one transport."""

    title: str
    server_options: str | None
    parser: str
    is_at_home: bool
    client: str
    way: str

    @property
    def name(self) -> str:
        return f"{self.title} (client {self.client}, {self.way})"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", help="command of the client test server; {port} is replaced")
    parser.add_argument("--only", default="", help="run what has this in its name")
    parser.add_argument("--socketio2", action="store_true", help="run the scenarios of clients of Socket.IO 2")
    parser.add_argument("--jobs", type=int, default=4, help="how many run at once")
    parser.add_argument("--list", action="store_true", help="print `feature<tab>scenario` for each scenario and stop")
    parser.add_argument(
        "--messagepack-builds",
        type=Path,
        help="run what is MessagePack, with the client's own builds for it: socket.io-VERSION.msgpack.min.js in this folder",
    )
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="path of the browser")
    arguments = parser.parse_args()
    if not arguments.list and not arguments.features:
        parser.error("name the server with --features")
    if not arguments.chromium:
        parser.error("no chromium found; install it or name it with --chromium")
    return arguments


async def main() -> int:
    arguments = parse_arguments()
    generation = SOCKET_IO_2 if arguments.socketio2 else TODAY
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=arguments.chromium)
        try:
            table = await load_table(browser, generation)
            if arguments.list:
                print("\n".join(f"{scenario['feature']}\t{scenario['title']}" for scenario in table))
                return 0
            return await perform_all(generation, table, browser, arguments)
        finally:
            await browser.close()


def scenario_source(generation: Generation) -> str:
    """All scenarios as one script."""
    return "\n".join(script.read_text() for script in generation.scripts)


def page_source(client: str, generation: Generation, builds: Path | None) -> str:
    """What a page begins with: a client, the one beside it, and the scenarios."""
    scripts = [client_source(client, builds)]
    if generation.companion:
        companion = client_source(generation.companion, None)
        scripts += ["globalThis.ioOfOld = io;", companion, "globalThis.ioOfToday = io; globalThis.io = ioOfOld;"]
    return "\n".join([*scripts, scenario_source(generation), "globalThis.play = play;"])


def client_source(version: str, builds: Path | None) -> str:
    """A client's script: the default one, or its own build for MessagePack out of a folder."""
    if not builds:
        return load_client(version, BUILD_FOLDER).decode()
    own_build = builds / f"socket.io-{version}.msgpack.min.js"
    return f"{own_build.read_text()}\nglobalThis.hasOwnParser = true;"


async def load_table(browser: Browser, generation: Generation) -> list[dict]:
    """The scenarios without their functions."""
    page = await browser.new_page()
    table = await page.evaluate(f"() => {{\n{scenario_source(generation)}\nreturn {TABLE};\n}}")
    await page.close()
    titles = [scenario["title"] for scenario in table]
    twice = {title for title in titles if titles.count(title) > 1}
    assert not twice, f"expected each title once, found twice: {twice}"
    return table


async def perform_all(
    generation: Generation, table: list[dict], browser: Browser, arguments: argparse.Namespace
) -> int:
    BUILD_FOLDER.mkdir(parents=True, exist_ok=True)
    clients = generation.clients
    sources = {client: page_source(client, generation, arguments.messagepack_builds) for client in clients}
    servers = Servers({SHARED: arguments.features + generation.server_options})
    if arguments.messagepack_builds:
        table = [scenario for scenario in table if scenario["parser"] == "msgpack"]
    # Each client has its own pages, which share the work among them.
    waiting = {client: runs_with(client, table, arguments.only) for client in clients}
    pages = [client for client, _ in zip(itertools.cycle(clients), range(max(arguments.jobs, len(clients))))]
    try:
        workers = (work(waiting[client], FeaturePage(browser, sources[client], servers)) for client in pages)
        results = list(itertools.chain.from_iterable(await asyncio.gather(*workers)))
    finally:
        servers.kill_all()
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    # Nothing run is nothing tested.
    return 0 if results and all(results) else 1


def runs_with(client: str, table: list[dict], only: str) -> Iterator[Run]:
    for scenario in table:
        for way in scenario["transports"]:
            run = Run(scenario["title"], scenario["server"], scenario["parser"], scenario["atHome"], client, way)
            if only in run.name:
                yield run


def server_options(run: Run) -> str:
    """What the server of a run is started with."""
    options = (run.server_options or "").replace("{client}", str(client_folder(run.client, BUILD_FOLDER)))
    return options if run.parser == "default" else f"{options} --parser {run.parser}".strip()


async def work(waiting: Iterator[Run], page: "FeaturePage") -> list[bool]:
    results = []
    for run in waiting:
        began = time.monotonic()
        complaints = await page.perform(run)
        print(f"{'FAILED' if complaints else 'passed'} {run.name} {time.monotonic() - began:.2f} s", flush=True)
        print("".join(f"    {line}\n" for text in complaints for line in text.splitlines()), end="", flush=True)
        results.append(not complaints)
    return results


class FeaturePage:
    """A page with one release of the client, loaded anew for each run."""

    keys = (f"run-{number}" for number in itertools.count(1))

    def __init__(self, browser: Browser, source: str, servers: Servers):
        self._browser = browser
        self._source = source
        self._servers = servers
        self._page: Page | None = None
        self._driver: Driver | None = None
        self._errors: list[str] = []

    async def perform(self, run: Run) -> list[str]:
        """Runs a scenario and returns what went wrong."""
        is_own = run.server_options is not None
        options = server_options(run)
        server = self._servers.own(SHARED, options) if is_own else self._servers.shared(SHARED, options)
        self._driver = Driver(server, next(self.keys))
        self._errors = []
        try:
            async with asyncio.timeout(RUN_DEADLINE):
                await self._play(run, server)
        except Exception:
            self._errors.append(traceback.format_exc(limit=-1))
            self._errors.append(f"server: {server.tail(10)}")
            await self._give_up()
        finally:
            self._driver.close()
            if is_own:
                server.kill()
        if not is_own and not server.is_running:
            self._errors.append("the server died")
        return self._errors

    async def _play(self, run: Run, server: Server) -> None:
        if not self._page:
            self._page = await self._open()
        # Usually not the server of the scenario, but another origin: clients usually are of another.
        await self._page.goto(server.url if run.is_at_home else self._servers.shared(SHARED).url)
        situation = {
            "url": server.url,
            "key": self._driver.key,
            "way": run.way,
            "client": run.client,
            "parser": run.parser,
        }
        await self._page.evaluate("([title, situation]) => play(title, situation)", [run.title, situation])

    async def _open(self) -> Page:
        context = await self._browser.new_context()
        context.on("weberror", lambda error: self._errors.append(f"error in the page: {error.error}"))
        await context.add_init_script(script=self._source)
        page = await context.new_page()
        await page.expose_function("askDriver", lambda command, given: self._driver.answer(command, given))
        return page

    async def _give_up(self) -> None:
        """Whatever the page still does must not disturb the next run."""
        if self._page:
            await self._page.context.close()
            self._page = None


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
