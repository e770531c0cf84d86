#!/usr/bin/env python3
"""Drives python-socketio's own clients against the servers of this project.

Each server is a command that contains `{port}`; scenarios of servers that are not given are left out.
Ends with `N passed, M failed`.
"""

import argparse
import asyncio
import signal
import sys
import time
import traceback

import ack_scenarios  # noqa: F401  registers its scenarios
import chat_scenarios  # noqa: F401
import compression_scenarios  # noqa: F401
import dynamic_scenarios  # noqa: F401
import echo_scenarios  # noqa: F401
import feature_scenarios  # noqa: F401
import handshake_scenarios  # noqa: F401
import lifecycle_scenarios  # noqa: F401
import limit_scenarios  # noqa: F401
import listener_scenarios  # noqa: F401
import messagepack_scenarios  # noqa: F401
import reason_scenarios  # noqa: F401
import recovery_scenarios  # noqa: F401
import room_scenarios  # noqa: F401
import stalled_scenarios  # noqa: F401
from peers import NoAnswer
from scenarios import SCENARIOS, Stage
from servers import Servers

SCENARIO_DEADLINE = 120


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chat", help="command of the chat application")
    parser.add_argument("--echo", help="command of the echo server")
    parser.add_argument("--features", help="command of the client test server")
    parser.add_argument("--only", default="", help="run scenarios whose name contains this text")
    parser.add_argument("--jobs", type=int, default=4, help="how many scenarios of the client test server run at once")
    parser.add_argument("--list", action="store_true", help="print `feature<tab>scenario` for each scenario and stop")
    return parser.parse_args()


def chosen_scenarios(arguments, servers):
    wanted = [one for one in SCENARIOS if arguments.only in one.name]
    return wanted if arguments.list else [one for one in wanted if one.server in servers.commands]


async def perform(scenario, servers):
    """Runs one scenario and returns its stage's complaint, or nothing."""
    stage = Stage(scenario, servers)
    server = stage.server
    try:
        async with asyncio.timeout(SCENARIO_DEADLINE):
            try:
                await scenario.function(stage)
            finally:
                await stage.close()
        if not server.is_running:
            raise AssertionError("the server died")
    except Exception:
        return describe(stage, server, traceback.format_exc())


def describe(stage, server, trace):
    parts = [trace]
    for number, peer in enumerate(stage.peers):
        parts += [f"client {number}: {line}" for line in list(peer.diary.lines)[-15:]]
        parts += [f"client {number} still holds: {str(item)[:200]}" for item in peer.inbox.items[:10]]
    parts += [f"server: {line}" for line in server.tail().splitlines()]
    return "\n".join("    " + line for part in parts for line in part.splitlines())


def report_stray(loop, context):
    """What a task failed with, except what a scenario raised itself and HTTP sessions the stock client forgot."""
    is_forgotten_session = context["message"].startswith("Unclosed")
    if not is_forgotten_session and not isinstance(context.get("exception"), NoAnswer):
        loop.default_exception_handler(context)


async def perform_all(scenarios, servers, jobs):
    """Scenarios of the client test server keep apart from each other and run side by side, all others by themselves."""
    asyncio.get_running_loop().set_exception_handler(report_stray)
    side_by_side = asyncio.Semaphore(jobs)
    failures = []

    async def perform_and_tell(scenario):
        async with side_by_side:
            began = time.monotonic()
            complaint = await perform(scenario, servers)
        print(f"{'FAILED' if complaint else 'passed'} {scenario.name} {time.monotonic() - began:.2f} s", flush=True)
        if complaint:
            failures.append(scenario)
            print(complaint, flush=True)

    for scenario in scenarios:
        if scenario.server != "features":
            await perform_and_tell(scenario)
    await asyncio.gather(*(perform_and_tell(scenario) for scenario in scenarios if scenario.server == "features"))
    return len(failures)


def main():
    arguments = parse_arguments()
    servers = Servers({"chat": arguments.chat, "echo": arguments.echo, "features": arguments.features})
    scenarios = chosen_scenarios(arguments, servers)
    if arguments.list:
        # Each function once, in whatever order it was registered; the same form as Tests/Browser/features.py.
        print("\n".join(dict.fromkeys(f"{one.feature}\t{one.title}" for one in scenarios)))
        return
    # As with an interrupt, the servers must not outlive a run that is told to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    try:
        failed = asyncio.run(perform_all(scenarios, servers, arguments.jobs))
        complaints = servers.stop_all()
    finally:
        servers.kill_all()
    for complaint in complaints:
        print(complaint)
    print(f"{len(scenarios) - failed} passed, {failed} failed")
    # A run that was given nothing to run has tested nothing.
    sys.exit(1 if failed or complaints or not scenarios else 0)


if __name__ == "__main__":
    main()
