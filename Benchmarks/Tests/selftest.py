"""The load generator against a server that behaves, and one that misbehaves: each fault must be noticed.

usage: selftest.py [--load path] [unittest's options]
"""
import asyncio
import json
import os
import pathlib
import subprocess
import sys
import unittest

from fakeserver import FakeServer

BENCHMARKS = pathlib.Path(__file__).resolve().parent.parent
LOAD = str(BENCHMARKS / ".build/debug/Load")
QUICK = ["--seconds", "0.4", "--warmup", "0.1", "--drain", "0.3", "--json", "--server-pid", str(os.getpid())]


def run(*arguments, **server):
    """The exit status and the figures of one run against a fake server."""

    async def both():
        fake = FakeServer(**server)
        port = await fake.start()
        process = await asyncio.create_subprocess_exec(
            LOAD, *arguments, "--port", str(port), *QUICK, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, errors = await asyncio.wait_for(process.communicate(), 60)
        await fake.stop()
        return process.returncode, json.loads(out) if out else errors.decode()

    return asyncio.run(both())


ECHO = ["echo", "-c", "3"]
BROADCAST = ["broadcast", "-c", "3"]
CHAT = ["chat", "-c", "3"]
POLLING = ["polling", "-c", "3"]
DUAL = [*POLLING, "--dual"]
UPGRADE = ["connect", "-c", "2"]
DIRECT = ["connect", "-c", "2", "--via", "direct"]
BY_POLLING = ["connect", "-c", "2", "--via", "polling"]
IDLE = ["idle", "-c", "20"]
ALL = [ECHO, BROADCAST, CHAT, POLLING, DUAL, UPGRADE, DIRECT, BY_POLLING, IDLE]


class WellBehaved(unittest.TestCase):
    def good(self, arguments, **server):
        with self.subTest(arguments=arguments, **server):
            status, figures = run(*arguments, **server)
            self.assertEqual(status, 0, figures)
            self.assertEqual(figures["faults"], 0)
            self.assertGreater(figures["ops"], 0)
            return figures

    def test_every_mode(self):
        for arguments in ALL:
            self.good(arguments)

    def test_figures_are_there(self):
        figures = self.good(ECHO)
        for name in ("server_cpu_us_per_op", "latency_us_p50", "latency_us_p99", "generator_busy", "bound_by"):
            self.assertIn(name, figures)
        self.assertGreater(figures["server_cpu_us_per_op"], 0)
        self.assertIn("server_rss_bytes_per_client_open", self.good(IDLE))

    def test_several_outstanding(self):
        for arguments in ([*ECHO, "-w", "5"], [*POLLING, "-w", "5"], [*DUAL, "-w", "5"],
                          [*BROADCAST, "--outstanding", "5", "--senders", "2"],
                          [*CHAT, "--outstanding", "5", "--senders", "2"]):
            self.good(arguments)

    def test_payloads_around_the_borders_of_the_frame_format(self):
        for size in (16, 17, 109, 110, 111, 118, 119, 65_500, 65_536, 300_000):
            self.good([*ECHO, "--payload", str(size)])
        self.good([*BROADCAST, "--payload", "70000"])

    def test_json_written_differently(self):
        for arguments in (ECHO, BROADCAST, CHAT, POLLING, [*UPGRADE, "--verify"]):
            self.good(arguments, style="spaces")

    def test_responses_in_chunks_and_connections_closed_after_each(self):
        for style in ("chunked", "http-close"):
            for arguments in (POLLING, DUAL, UPGRADE, BY_POLLING):
                self.good(arguments, style=style)

    def test_fragments_with_a_ping_between(self):
        for arguments in (ECHO, BROADCAST, CHAT):
            self.good(arguments, style="fragments")

    def test_pings_are_answered(self):
        figures = self.good([*IDLE, "--seconds", "1"], ping_interval=100)
        self.assertGreaterEqual(figures["pings"], 20 * 5)

    def test_spinning_and_verifying(self):
        self.good([*ECHO, "--spin"])
        self.good([*UPGRADE, "--verify"])


class Misbehaving(unittest.TestCase):
    def noticed(self, arguments, kind, **server):
        with self.subTest(arguments=arguments, **server):
            status, figures = run(*arguments, **server)
            self.assertEqual(status, 1, figures)
            self.assertGreater(figures.get("fault_" + kind, 0), 0, figures)
            self.assertTrue(figures["examples"])

    def test_lost(self):
        for arguments in (ECHO, BROADCAST, CHAT, POLLING, DUAL):
            self.noticed(arguments, "lost", fault="lost")

    def test_doubled(self):
        for arguments in (ECHO, BROADCAST, CHAT, POLLING, DUAL):
            self.noticed(arguments, "duplicate", fault="doubled")

    def test_corrupted(self):
        for arguments in (ECHO, BROADCAST, CHAT, POLLING, DUAL, [*UPGRADE, "--verify"]):
            self.noticed(arguments, "corrupt", fault="corrupted")

    def test_corrupted_in_json_written_differently(self):
        for arguments in (ECHO, BROADCAST, CHAT):
            self.noticed(arguments, "corrupt", fault="corrupted", style="spaces")

    def test_reordered(self):
        for arguments in (BROADCAST, CHAT):
            self.noticed([*arguments, "--outstanding", "4"], "reordered", fault="reordered")

    def test_reordered_where_it_is_allowed(self):
        status, figures = run(*BROADCAST, "--outstanding", "4", "--any-order", fault="reordered")
        # What the server still holds back at the end is lost.
        self.assertNotIn("fault_reordered", figures)
        self.assertGreater(figures["reordered"], 0)

    def test_wrong_acknowledgement_id(self):
        for arguments in (ECHO, POLLING, DUAL):
            self.noticed(arguments, "unexpected", fault="wrong-id")

    def test_closed_connection(self):
        for arguments in (ECHO, BROADCAST, CHAT):
            self.noticed(arguments, "closed", fault="close")

    def test_http_error(self):
        for arguments in (ECHO, POLLING, DUAL, UPGRADE, DIRECT, BY_POLLING, IDLE):
            self.noticed(arguments, "refused", fault="http-error")
        for arguments in (POLLING, DUAL, UPGRADE):
            self.noticed(arguments, "refused", fault="post-error")

    def test_refused_connect(self):
        for arguments in (ECHO, POLLING, UPGRADE, IDLE):
            self.noticed(arguments, "refused", fault="refuse")

    def test_violations(self):
        for arguments in (ECHO, DIRECT, UPGRADE):
            self.noticed(arguments, "violation", fault="wrong-accept")
            self.noticed(arguments, "violation", fault="bad-open")
        self.noticed(UPGRADE, "violation", fault="bad-probe")
        for style in ("masked", "reserved"):
            self.noticed(ECHO, "violation", style=style)

    def test_no_pings(self):
        self.noticed(IDLE, "late", fault="silent", ping_interval=100)

    def test_nobody_listens(self):
        # The port of a server that has gone.
        status = subprocess.run([LOAD, *ECHO, "--port", "1", *QUICK], capture_output=True).returncode
        self.assertEqual(status, 1)


class Usage(unittest.TestCase):
    def status(self, *arguments):
        return subprocess.run([LOAD, *arguments], capture_output=True, timeout=30).returncode

    def test_wrong_usage(self):
        for arguments in (["echo"], ["nothing", "--port", "1"], ["echo", "--port", "70000"],
                          ["echo", "--port", "1", "--host", "192.0.2.1"], ["echo", "--port", "1", "--payload", "3"],
                          ["echo", "--port", "1", "-c", "0"], ["echo", "--port", "1", "--server-pid", "999999999"],
                          ["echo", "--port", "1", "--cpu", "1000"], ["connect", "--port", "1", "--via", "magic"]):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.status(*arguments), 2)

    def test_help(self):
        self.assertEqual(self.status("--help"), 0)
        self.assertEqual(self.status("echo", "--help"), 0)

    def test_hard_limit(self):
        status, _ = run(*ECHO, "--timeout", "0.2", "--warmup", "5")
        self.assertEqual(status, 3)


if __name__ == "__main__":
    if "--load" in sys.argv:
        position = sys.argv.index("--load")
        LOAD = os.path.abspath(sys.argv[position + 1])
        del sys.argv[position:position + 2]
    unittest.main()
