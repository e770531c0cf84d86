"""Replays the recordings against a server over real sockets and compares what comes back.

    python replay.py --server '.build/release/ChatApp --port {port}'     a fresh server for each recording
    python replay.py --server '...' two_clients original/origins         only these
    python replay.py --url http://127.0.0.1:5050                         a server that is running already
    python replay.py --list-differences                                  the table, readable
    python replay.py --server '...' --propose                            the table as it should be now

The server is given `--templates <folder>` and, where a recording needs it, `--ping-interval`, `--ping-timeout` (in
seconds) and `--allowed-origin`, behind its own arguments.

Compared are the packets of each client as one stream, packet by packet, JSON as values; the answers to requests
(status, body, the headers listed in replaying/compare.py, content encodings removed); close codes. Not compared, as a
rule and for every recording:

- session and socket ids, random user names and the gender of avatars, as long as each keeps standing for the same;
- how packets are spread over polls, how many GETs that takes, noops, and whether a packet came just before or just
  after the switch of an upgrade;
- the order of packets to different clients, where no send lies between them;
- pings of clients whose recording has none (they are answered), and when exactly pings come;
- key order in JSON, escaping, spelling of numbers that are equal;
- reason phrases, header order and case, Date, Connection, Server, and Content-Length beyond its being right;
- everything behind the end of a connection that ended where the recorded one did not: that end itself counts.

A difference must stand in differences.json, and what stands there must differ.
"""

import argparse
import asyncio
import sys
import time
import urllib.parse
from pathlib import Path

from replaying.differences import Table, proposed, written
from replaying.player import PATIENCE, Player
from replaying.recording import Recording
from wire.server import ServerFailed, running_server

HERE = Path(__file__).resolve().parent
PAGES = HERE / "page"


def recordings(folder):
    """Name to path; a name in a folder below is written folder/name."""
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.jsonl"))}


async def replayed(name, path, table, arguments):
    """The differences of one recording; None when it needs options that a running server cannot be given."""
    recording = Recording(path, name)
    if arguments.url:
        if recording.options:
            return None
        address = urllib.parse.urlsplit(arguments.url)
        return await Player(recording, (address.hostname, address.port), table, arguments.patience).play()
    async with running_server(arguments.server, {"templates": PAGES, **recording.options}) as address:
        return await Player(recording, address, table, arguments.patience).play()


async def replay_all(chosen, table, arguments):
    """Name to differences, or to None (skipped), or to the error that ended the replay."""
    slots, results = asyncio.Semaphore(1 if arguments.url else arguments.jobs), {}

    async def one(name, path):
        async with slots:
            try:
                results[name] = await asyncio.wait_for(replayed(name, path, table, arguments), arguments.limit)
            except Exception as error:
                results[name] = error

    await asyncio.gather(*(one(name, path) for name, path in chosen.items()))
    return {name: results[name] for name in chosen}


def faults(name, result, table):
    """Why a recording failed, one line each."""
    if isinstance(result, ServerFailed):
        return [f"the server failed: {result}"]
    if isinstance(result, BaseException):
        return [f"{type(result).__name__}: {result}"]
    lines = [
        f"step {found.step}, {found.what}\n      theirs {found.theirs!r}\n      ours   {found.ours!r}"
        for found in result
    ]
    return lines + [f"step {step}, {what}: no longer differs" for _, step, what in table.stale(name)]


def print_report(results, table):
    """One line a recording, and the sum."""
    failed = passed = 0
    for name, result in results.items():
        if result is None:
            print(f"skip {name} (its server needs options)")
            continue
        lines = faults(name, result, table)
        failed, passed = failed + bool(lines), passed + (not lines)
        print(f"{'FAIL' if lines else 'ok  '} {name}")
        for line in lines:
            print(f"    {line}")
    for place in sorted(set(scenario for scenario, _, _ in table.places) - set(recordings(HERE / "recordings"))):
        print(f"FAIL differences.json names {place}, which does not exist")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return failed


def print_proposal(results, table):
    found = [difference for result in results.values() if isinstance(result, list) for difference in result]
    print(written(proposed(table, found, set(results))), end="")


def print_differences(table):
    for entry in sorted(table.entries, key=lambda entry: entry["why"]):
        places = sum(len(listed) for listed in entry["steps"].values())
        print(f"{entry['why']}\n    {entry['what']}, {places} steps in {len(entry['steps'])} recordings")
        print(f"    theirs {entry['theirs']}\n    ours   {entry['ours']}\n")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", nargs="*")
    parser.add_argument("--server", help="command with {port}")
    parser.add_argument("--url", help="a running server")
    parser.add_argument("--recordings-folder", type=Path, default=HERE / "recordings", dest="folder")
    parser.add_argument("--differences", type=Path, default=HERE / "differences.json")
    parser.add_argument("--no-differences", action="store_true", help="as if the table were empty")
    parser.add_argument("--jobs", type=int, default=4, help="recordings at a time")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds to wait for a packet or an answer")
    parser.add_argument("--limit", type=float, default=120, help="seconds for one recording")
    parser.add_argument("--list-differences", action="store_true")
    parser.add_argument("--propose", action="store_true")
    arguments = parser.parse_args()
    if not (arguments.server or arguments.url or arguments.list_differences):
        parser.error("--server or --url is needed")
    return arguments


def main():
    arguments = parse_arguments()
    table = Table() if arguments.no_differences else Table.load(arguments.differences)
    if arguments.list_differences:
        return print_differences(table)
    every = recordings(arguments.folder)
    chosen = {name: every[name] for name in arguments.recordings or every}
    began = time.monotonic()
    results = asyncio.run(replay_all(chosen, table, arguments))
    if arguments.propose:
        return print_proposal(results, table)
    print(f"{len(results)} recordings in {time.monotonic() - began:.0f} s")
    sys.exit(1 if print_report(results, table) else 0)


if __name__ == "__main__":
    main()
