"""Starts, stops and kills the server under test: one process on a free port of the loopback interface."""

import os
import random
import shlex
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

HOST = "127.0.0.1"
START_LIMIT = 60  # seconds
STOP_LIMIT = 5
ATTEMPT_INTERVAL = 0.05
# Below the range outgoing connections take theirs from: a client that retries while the server is down could
# otherwise be given the very port it tries to reach.
PORTS = range(20000, 32000)


def free_port() -> int:
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise RuntimeError("no free port found")


class ChatServer:
    """The command may name {port}, {templates} and {log}; templates it does not name are passed as an option."""

    def __init__(self, command: str, templates: Path, folder: Path):
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.output = folder / "server.txt"
        self.process: subprocess.Popen | None = None
        if "{templates}" not in command:
            command += " --templates {templates}"
        values = {"port": self.port, "templates": templates, "log": folder / "app.log"}
        self.arguments = [word.format(**values) for word in shlex.split(command)]

    def start(self) -> None:
        with self.output.open("ab") as output:
            # A session of its own, so that whatever the command starts can be ended with it.
            self.process = subprocess.Popen(
                self.arguments, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
            )
        self._await_page()

    def stop(self) -> None:
        """Asks for an orderly end, as an operator does, and insists on it in time."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(STOP_LIMIT)
        self.kill()

    def kill(self) -> None:
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def output_tail(self, limit: int = 4000) -> str:
        return self.output.read_text(errors="replace")[-limit:] if self.output.exists() else ""

    def _await_page(self) -> None:
        deadline = time.monotonic() + START_LIMIT
        while not self._serves_page():
            with suppress(subprocess.TimeoutExpired):
                status = self.process.wait(ATTEMPT_INTERVAL)
                raise RuntimeError(f"the server ended with status {status} while starting")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server did not answer within {START_LIMIT} s")

    def _serves_page(self) -> bool:
        with suppress(URLError, ConnectionError, TimeoutError):
            with build_opener(ProxyHandler({})).open(self.url, timeout=5) as answer:
                return answer.status == 200
        return False
