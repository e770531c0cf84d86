"""The runner against the reference application as it is, and with one fault at a time.

python -m unittest discover -s tests        needs the packages of reference/requirements.txt
"""

import argparse
import asyncio
import os
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import replay
from replaying.differences import Table, proposed
from tests.mutant import ANSWERED, EMITTED

# Fault to a recording that must show it, and what must be reported there.
SEEN_IN = {
    "message lost": ("two_clients", "packets"),
    "message doubled": ("websocket_connect", "packets"),
    "message renamed": ("polling_connect", "packets"),
    "key missing": ("polling_waits", "packets"),
    "key too many": ("upgrade_after_joining", "packets"),
    "truth as number": ("temporary_messages", "packets"),
    "number as truth": ("polling_waits", "packets"),
    "text for null": ("message_types", "packets"),
    "wrong sender": ("two_clients", "packets"),
    "short id": ("websocket_connect", "packets"),
    "changing avatar": ("message_types", "packets"),
    "bytes changed": ("binary_message", "packets"),
    "left unsaid": ("leave_by_cut", "packets"),
    "old name": ("renames", "packets"),
    "other order": ("polling_connect", "packets"),
    "other status": ("polling_connect", "answer"),
    "other body": ("refused_payloads", "body"),
    "header missing": ("polling_connect", "content-type"),
    "other origin": ("origins", "access-control-allow-origin"),
    "uncompressed": ("compression", "content-encoding"),
    "no acknowledgement": ("acknowledgements", "packets"),
    "never pings": ("heartbeat_websocket", "ping"),
}
OTHERS = ("other order", "uncompressed", "no acknowledgement", "never pings")
REFERENCE = f"{sys.executable} {HERE.parent / 'reference' / 'app.py'} --port {{port}}"
UNCHANGED = ("two_clients_mixed", "upgrade_as_browsers_do", "http_errors", "compression", "original/two_clients")


def mutant(fault):
    return f"{sys.executable} {HERE / 'mutant.py'} '{fault}' --port {{port}}"


async def run(server, name, table=None):
    """The faults that the runner reports for one recording, and the differences behind them."""
    table = table or Table()
    arguments = argparse.Namespace(server=server, url=None, jobs=1, patience=1.5, limit=60)
    paths = replay.recordings(HERE.parent / "recordings")
    results = await replay.replay_all({name: paths[name]}, table, arguments)
    return replay.faults(name, results[name], table), results[name]


async def at_most(count, runs):
    slots = asyncio.Semaphore(count)

    async def one(pending):
        async with slots:
            return await pending

    return await asyncio.gather(*(one(pending) for pending in runs))


def concurrently(runs):
    return asyncio.run(at_most(os.cpu_count() or 2, runs))


class Runner(unittest.TestCase):
    def test_the_reference_application_does_not_differ(self):
        results = concurrently(run(REFERENCE, name) for name in UNCHANGED)
        self.assertEqual([faults for faults, _ in results], [[]] * len(UNCHANGED))

    def test_every_fault_is_noticed(self):
        self.assertEqual(set(SEEN_IN), {*EMITTED, *ANSWERED, *OTHERS})
        results = concurrently(run(mutant(fault), name) for fault, (name, _) in SEEN_IN.items())
        for (fault, (name, what)), (_, differences) in zip(SEEN_IN.items(), results):
            with self.subTest(fault=fault, recording=name):
                self.assertIsInstance(differences, list)
                self.assertIn(what, {difference.what for difference in differences})

    def test_a_fault_in_the_table_passes_and_a_repaired_one_fails(self):
        for fault in ("key too many", "other order", "left unsaid", "message doubled", "header missing"):
            with self.subTest(fault=fault):
                self.check_table(fault, SEEN_IN[fault][0])

    def check_table(self, fault, name):
        ((_, differences),) = concurrently([run(mutant(fault), name)])
        entries = proposed(Table(), differences, {name})
        for entry in entries:
            entry["why"] = "a test"
        (known, _), (repaired, left) = concurrently(
            [run(mutant(fault), name, Table(entries)), run(REFERENCE, name, Table(entries))]
        )
        self.assertGreater(len(differences), 0)
        self.assertEqual((known, left), ([], []))
        self.assertEqual(len(repaired), len(differences))
        self.assertTrue(all(line.endswith("no longer differs") for line in repaired))

    def test_a_server_that_ends_by_itself_fails(self):
        never_there = f"{sys.executable} -c 'raise SystemExit(3)'"
        results = concurrently([run(never_there, "two_clients"), run(mutant("dies when left"), "leave_by_cut")])
        self.assertIn("ended with status 3", results[0][0][0])
        self.assertIn("with status 4", results[1][0][0])

    def test_a_server_that_ignores_the_signal_to_end_fails(self):
        ((faults, _),) = concurrently([run(mutant("deaf to signals"), "websocket_connect")])
        self.assertIn("ended when told to with status -9", faults[0])


if __name__ == "__main__":
    unittest.main()
