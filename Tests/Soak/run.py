#!/usr/bin/env python3
"""Lets a crowd of clients loose on a server for a while and checks that nothing is lost and nothing is left behind.

Most clients chat in rooms; they come, leave, stall, reset their connections, upgrade half-way, vanish and come back, as
a printed seed decides. Every message carries its sender's sequence number, and each member checks what it sees.

Prints a table; exits with 1 when anything in it is not well.
"""

import argparse
import asyncio
import contextlib
import gc
import os
import random
import resource
import signal
import sys
import tempfile
import time

from crowding import Crowding
from subject import Subject, SubjectError
from verdict import Verdict, judge_leaks, judge_limits, judge_memory, judge_messages, judge_stalls
from world import ADDRESSES, World

LEAVE_SECONDS = 120
COMING_PER_SECOND = 250
LAG_PROBE_SECONDS = 0.01


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="command of Tests/SoakServer, with {port} for its port")
    parser.add_argument("--seed", type=int, help="decides who does what; printed, and random when left out")
    parser.add_argument("--clients", type=int, default=5000, help="how many there are at a time (default: 5000)")
    parser.add_argument("--seconds", type=float, default=900, help="how long, the warm-up included (default: 900)")
    parser.add_argument("--messages-per-second", type=float, help="of all clients together (default: clients / 12.5)")
    parser.add_argument("--no-memory", action="store_true", help="do not judge the memory")
    parser.add_argument("--stall-ms", type=float, default=50, help="longest stall of a loop; 0: any (default: 50)")
    parser.add_argument(
        "--settle-seconds",
        type=float,
        default=90,
        help="how long the server may keep what it keeps of those who have gone without a word (default: 90)",
    )
    parser.add_argument(
        "--expect-failures",
        default="",
        help="rows of the table, separated by commas, that have to fail: for servers with faults",
    )
    parser.add_argument("--server-log", help="where the server's output goes (default: a temporary file)")
    arguments = parser.parse_args()
    if arguments.clients < 1 or arguments.seconds <= 0:
        parser.error("--clients and --seconds must be more than 0")
    return arguments


def raise_descriptor_limit(wanted):
    """The server inherits the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(f"error: {wanted} descriptors are needed and {hard} allowed; raise `ulimit -n` or lower --clients")


class Lag:
    """How late the driver itself is: what it measures of others is no better than this."""

    def __init__(self):
        self.largest = 0.0
        self.began = time.process_time(), time.monotonic()

    async def run(self):
        while True:
            planned = time.monotonic() + LAG_PROBE_SECONDS
            await asyncio.sleep(LAG_PROBE_SECONDS)
            self.largest = max(self.largest, time.monotonic() - planned)

    @property
    def processor_share(self):
        processor, wall = self.began
        return (time.process_time() - processor) / (time.monotonic() - wall)


class Soak:
    """One run."""

    def __init__(self, arguments, subject):
        self.arguments = arguments
        self.subject = subject
        self.recovery_seconds = 0
        self.peak = 0
        size = arguments.clients
        self.ramp = max(1.0, size / COMING_PER_SECOND)
        self.rate = arguments.messages_per_second or max(4, size / 12.5)
        # The allocator and the server's tables need some ten thousand lives before they stop growing.
        self.warm_up = max(3.0, min(300, arguments.seconds / 3))
        self.main = max(3.0, arguments.seconds - self.warm_up)
        # Short runs have short lives, so that all kinds of them come to their end.
        self.stay = min(60, max(3.0, self.main / 4))

    async def run(self):
        """Does it all, and returns the verdict."""
        fresh = await self.look()
        self.recovery_seconds = fresh["recoverySeconds"]
        self.print_parameters(fresh)
        # After that, what is made once has been made, and the allocator has had as much as it is going to need.
        await self.crowd(self.warm_up, seed=self.arguments.seed + 1)
        await self.settle(fresh)
        start, was_trimmed = await self.memory()
        before = await self.look()
        self.subject.forget_stalls()
        worked, stolen, began = self.subject.processor_seconds, self.subject.stolen_seconds(), time.monotonic()
        lag = Lag()
        lag_task = asyncio.create_task(lag.run())
        world, crowding = await self.crowd(self.main, seed=self.arguments.seed)
        lag_task.cancel()
        driver_share = lag.processor_share
        share = (self.subject.processor_seconds - worked) / (time.monotonic() - began)
        stalls = (await self.look())["stalls"]
        stolen = self.subject.stolen_seconds() - stolen
        settled = await self.settle(fresh)
        after = await self.look()
        end, _ = await self.memory()
        verdict = Verdict()
        self.tell_actions(world)
        judge_messages(verdict, world)
        judge_limits(verdict, world, crowding, before, after)
        judge_leaks(verdict, fresh, before, after)
        verdict.tell("settled after all had left within", f"{settled:.0f} s")
        judge_memory(verdict, start, end, not self.arguments.no_memory)
        verdict.tell("memory was given back to the system before it was measured", "yes" if was_trimmed else "no")
        verdict.tell("memory at the end as it stood", f"{after['resident'] / (1 << 20):.1f} MiB resident")
        verdict.tell("largest memory seen", f"{self.peak / (1 << 20):.1f} MiB resident")
        judge_stalls(verdict, stalls, self.arguments.stall_ms)
        verdict.tell("processor of the server, of the driver", f"{share:.0%}, {driver_share:.0%}")
        verdict.tell("processor taken away by the host", f"{stolen:.1f} s")
        verdict.tell("largest delay of the driver", f"{lag.largest * 1000:.0f} ms")
        return verdict, world.findings

    # Parts of a run

    async def crowd(self, seconds, seed):
        """A crowd comes, stays and goes."""
        world = World(
            self.subject.port,
            self.arguments.clients,
            seed,
            ramp=min(self.ramp, seconds / 2),
            stay=min(self.stay, max(3.0, seconds / 3)),
            messages_per_second=self.rate,
            recovery_seconds=self.recovery_seconds,
        )
        crowding = Crowding(world)
        world.start()
        crowding_task = asyncio.create_task(crowding.run())
        end = time.monotonic() + seconds
        self.peak = 0
        next_line = time.monotonic() + 15
        while time.monotonic() < end and self.subject.is_running:
            await asyncio.sleep(min(1, max(0, end - time.monotonic())))
            self.peak = max(self.peak, self.subject.resident_bytes)
            if time.monotonic() > next_line:
                next_line += 15
                await self.print_progress(world, end)
        if not self.subject.is_running:
            raise SubjectError(f"the server died with {self.subject.process.returncode}")
        await world.go_home(LEAVE_SECONDS)
        await crowding_task
        return world, crowding

    async def look(self):
        """What server and system tell at the moment."""
        counts = await asyncio.to_thread(self.subject.counts)
        counts["descriptors"] = self.subject.descriptors
        counts["threads"] = self.subject.threads
        counts["resident"] = self.subject.resident_bytes
        return counts

    async def settle(self, fresh):
        """Waits until the server keeps no more than when it was fresh, or the time for that is over."""
        began = time.monotonic()
        while time.monotonic() < began + self.arguments.settle_seconds:
            now = await self.look()
            if all(now["kept"][what] <= fresh["kept"][what] for what in fresh["kept"]):
                break
            await asyncio.sleep(0.5)
        return time.monotonic() - began

    async def memory(self):
        """The memory in use, once the allocator has given back what is free."""
        gc.collect()
        was_trimmed = await asyncio.to_thread(self.subject.trim)
        now = await self.look()
        return {"resident": now["resident"], "heap": now.get("heapBytes")}, was_trimmed

    # What is printed

    def print_parameters(self, fresh):
        arguments = self.arguments
        print(f"seed {arguments.seed}, {arguments.clients:,} clients from {ADDRESSES} addresses, 6 stock clients")
        print(
            f"{self.warm_up:.0f} s of warm-up, then {self.main:.0f} s; lives of up to {self.stay:.0f} s; "
            f"{self.rate:.0f} messages a second to rooms of about 20"
        )
        recovery = f"within {self.recovery_seconds:g} s" if self.recovery_seconds else "off"
        print(f"server: process {fresh['process']}, connection state recovery {recovery}", flush=True)

    async def print_progress(self, world, end):
        counts = await self.look()
        problems = sum(world.findings.counts.values())
        print(
            f"{end - time.monotonic():4.0f} s left: {counts['kept']['sockets']:,} sockets, "
            f"{world.findings.messages_seen:,} messages seen, {world.lives:,} lives, {problems} findings",
            flush=True,
        )

    @staticmethod
    def tell_actions(world):
        print("\nwhat clients did: " + ", ".join(f"{name} {count:,}" for name, count in sorted(world.actions.items())))


def perform(arguments, log):
    subject = Subject(arguments.server, log)
    try:
        verdict, findings = asyncio.run(Soak(arguments, subject).run())
        status = subject.stop()
        verdict.check("exit status of the server", status, "0", status == 0)
    except (SubjectError, OSError) as error:
        print(f"{error}\nserver: {subject.tail()}")
        return 1
    finally:
        subject.kill()
    print(f"\n{verdict}\n")
    for example in findings.examples:
        print(f"    {example}")
    if verdict.failures:
        print(f"server: {subject.tail()}")
    print(f"{len(verdict.rows)} rows, {verdict.failures} failed; seed {arguments.seed}")
    expected = {name for name in arguments.expect_failures.split(",") if name}
    if expected:
        missing = expected - verdict.failed
        print(f"expected to fail and did not: {', '.join(sorted(missing)) or 'none'}")
        return 1 if missing else 0
    return 1 if verdict.failures else 0


def main():
    arguments = parse_arguments()
    if arguments.seed is None:
        arguments.seed = random.randrange(1 << 31)
    raise_descriptor_limit(arguments.clients * 2 + 1500)
    # As with an interrupt, the server must not outlive a run that is told to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    log = arguments.server_log
    with contextlib.ExitStack() as stack:
        if log is None:
            log = os.path.join(stack.enter_context(tempfile.TemporaryDirectory()), "server.log")
        return perform(arguments, log)


if __name__ == "__main__":
    sys.exit(main())
