"""The server under test: a process, what it tells of itself, and what the system tells of it."""

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

# What all tests that start servers share.
sys.path.append(str(Path(__file__).resolve().parents[1] / "Clients"))

from servers import ServerError as SubjectError  # noqa: E402
from servers import free_port  # noqa: E402

START_SECONDS = 60
STOP_SECONDS = 20


class Subject:
    """A server made from a command that contains `{port}`."""

    def __init__(self, command, log):
        self.port = free_port()
        self.log = log
        arguments = shlex.split(command.replace("{port}", str(self.port)))
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        self._wait_until_answering()
        # The command may be a wrapper, such as `taskset`; the server knows best who it is.
        self.pid = self.counts()["process"]

    def _wait_until_answering(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise SubjectError(f"the server exited with {self.process.returncode}:\n{self.tail()}")
            with contextlib.suppress(OSError):
                self._ask("GET", "counts")
                return
            time.sleep(0.05)
        self.kill()
        raise SubjectError(f"the server does not answer after {START_SECONDS} s")

    @property
    def is_running(self):
        return self.process.poll() is None

    def _ask(self, method, what):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/soak/{what}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    # What the server tells

    def counts(self):
        return json.loads(self._ask("GET", "counts"))

    def forget_stalls(self):
        self._ask("POST", "forget-stalls")

    def trim(self):
        """Whether the allocator could be told to give back what is free."""
        return self._ask("POST", "trim") == b"trimmed"

    # What the system tells

    @property
    def resident_bytes(self):
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        raise SubjectError("no VmRSS")

    @property
    def descriptors(self):
        """Without those by which the server watches its own threads, which come and go."""
        folder = f"/proc/{self.pid}/fd"
        count = 0
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):
                count += not os.readlink(f"{folder}/{name}").startswith("/proc/")
        return count

    @property
    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    @staticmethod
    def stolen_seconds():
        """How long this machine's processors were taken away, where the machine is a virtual one."""
        with open("/proc/stat") as stat:
            return int(stat.readline().split()[8]) / os.sysconf("SC_CLK_TCK")

    @property
    def processor_seconds(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # The end

    def stop(self):
        """Asks the server to end and returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        finally:
            self.kill()

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def tail(self, lines=20):
        with open(self.log, errors="replace") as log:
            return "\n".join(log.read().splitlines()[-lines:])
