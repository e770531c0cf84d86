#!/usr/bin/env python3
"""Drives python-socketio 4's clients, which speak the protocol of Socket.IO 2, against the client test server.

The server is a command that contains `{port}`; `--allow-eio3` is added to it. Ends with `N passed, M failed`.
"""

import argparse
import asyncio
import signal
import sys
import time
import traceback
from pathlib import Path

# What both generations of clients are tried with.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from old_scenarios import OPTIONS, PEERS, SCENARIOS, TRANSPORTS, Stage  # noqa: E402
from servers import Servers  # noqa: E402

SCENARIO_DEADLINE = 60
SERVER = "features"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", help="command of the client test server")
    parser.add_argument("--only", default="", help="run scenarios whose name contains this text")
    parser.add_argument("--jobs", type=int, default=4, help="how many scenarios run at once")
    parser.add_argument("--list", action="store_true", help="print `feature<tab>scenario` for each scenario and stop")
    arguments = parser.parse_args()
    if not arguments.list and not arguments.features:
        parser.error("name the server with --features")
    return arguments


def title(function):
    return function.__name__.replace("_", " ")


async def perform(function, peer, way, servers):
    """Runs one scenario and returns its complaint, or nothing."""
    is_own = function.options is not None
    server = servers.own(SERVER, function.options) if is_own else servers.shared(SERVER)
    stage = Stage(server, peer, way)
    try:
        async with asyncio.timeout(SCENARIO_DEADLINE):
            try:
                await function(stage)
            finally:
                await stage.close()
        if not server.is_running:
            raise AssertionError("the server died")
        if is_own:
            await asyncio.to_thread(server.end)
    except Exception:
        lines = [f"client: {line}" for peer in stage.peers for line in list(peer.diary.lines)[-15:]]
        return "\n".join([traceback.format_exc(), *lines, f"server: {server.tail(10)}"])
    finally:
        if is_own:
            server.kill()


def report_stray(loop, context):
    """What a task failed with, except the HTTP sessions that the stock client forgot."""
    if not context["message"].startswith("Unclosed"):
        loop.default_exception_handler(context)


async def perform_all(runs, servers, jobs):
    asyncio.get_running_loop().set_exception_handler(report_stray)
    side_by_side = asyncio.Semaphore(jobs)
    results = []

    async def perform_and_tell(function, peer, way):
        async with side_by_side:
            began = time.monotonic()
            complaint = await perform(function, peer, way, servers)
        results.append(not complaint)
        name = f"{title(function)} ({peer}, {way}) {time.monotonic() - began:.2f} s"
        print(f"{'FAILED' if complaint else 'passed'} {name}", flush=True)
        if complaint:
            print("\n".join(f"    {line}" for line in complaint.splitlines()), flush=True)

    await asyncio.gather(*(perform_and_tell(*run) for run in runs))
    return results


def main():
    arguments = parse_arguments()
    if arguments.list:
        print("\n".join(f"clients of Socket.IO 2\t{title(function)}" for function in SCENARIOS))
        return
    runs = [
        (function, peer, way)
        for function in SCENARIOS
        for peer in PEERS
        for way in TRANSPORTS
        if arguments.only in f"{title(function)} ({peer}, {way})"
    ]
    servers = Servers({SERVER: f"{arguments.features} {OPTIONS}"})
    # As with an interrupt, the servers must not outlive a run that is told to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    try:
        results = asyncio.run(perform_all(runs, servers, arguments.jobs))
    finally:
        servers.kill_all()
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    # A run that was given nothing to run has tested nothing.
    sys.exit(0 if results and all(results) else 1)


if __name__ == "__main__":
    main()
