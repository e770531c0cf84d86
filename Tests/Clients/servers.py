"""Starts and stops the servers under test, each on a free port of loopback."""

import contextlib
import os
import random
import shlex
import signal
import socket
import subprocess
import tempfile
import time

START_DEADLINE = 20
STOP_DEADLINE = 10
# Below the range outgoing connections take theirs from: a client that retries while the server is down could
# otherwise be given the very port it tries to reach.
PORTS = range(20000, 32000)


class ServerError(Exception):
    """A server did not start, or died."""


def free_port():
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ServerError("no free port found")


class Server:
    """One server process, made from a command that contains `{port}`."""

    def __init__(self, command):
        self.command = command
        self.port = free_port()
        self.output = tempfile.TemporaryFile()  # noqa: SIM115  closed with the server object
        self.process = None
        self.was_told_to_end = False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        arguments = shlex.split(self.command.replace("{port}", str(self.port)))
        # A session of its own, so that whatever the command starts can be ended with it.
        self.process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._wait_until_listening()
        return self

    def _wait_until_listening(self):
        deadline = time.monotonic() + START_DEADLINE
        while time.monotonic() < deadline:
            if not self.is_running:
                raise ServerError(f"{self.command} exited with {self.process.returncode}:\n{self.tail()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        self.kill()
        raise ServerError(f"{self.command} did not listen within {START_DEADLINE} s:\n{self.tail()}")

    def stop(self, by=signal.SIGTERM):
        """Asks the server to stop and returns its exit status; too slow is an error."""
        self.was_told_to_end = True
        self.process.send_signal(by)
        try:
            return self.process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            raise ServerError(f"{self.command} did not stop within {STOP_DEADLINE} s of {by.name}") from None
        finally:
            self.kill()

    def end(self):
        """Asks the server to stop, unless that has been done; how it ends is part of what is tested."""
        if self.was_told_to_end:
            return self.kill()
        status = self.process.returncode if not self.is_running else self.stop()
        if status != 0:
            raise ServerError(f"{self.command} stopped with status {status}:\n{self.tail()}")

    def kill(self):
        self.was_told_to_end = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def tail(self, lines=30):
        self.output.seek(0)
        text = self.output.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])


class Servers:
    """The servers of one run by name, started when first asked for."""

    def __init__(self, commands):
        self.commands = {name: command for name, command in commands.items() if command}
        self._shared = {}

    def shared(self, name, options=""):
        """The server that scenarios with these options share; one that has died is started again."""
        server = self._shared.get((name, options))
        if server is None or not server.is_running:
            server = self._shared[name, options] = self.own(name, options)
        return server

    def own(self, name, options=""):
        """A server that whoever asked for it ends."""
        return Server(f"{self.commands[name]} {options}".strip()).start()

    def stop_all(self):
        """Asks the shared servers to stop and returns the complaints about how they did."""
        complaints = []
        for (name, _), server in self._shared.items():
            if not server.is_running:
                continue
            try:
                status = server.stop()
            except ServerError as error:
                complaints.append(str(error))
                continue
            # A program that does not mind the signal is ended by it, as the one for benchmarks is.
            if status != 0 and (name, status) != ("echo", -signal.SIGTERM):
                complaints.append(f"the {name} server stopped with status {status}:\n{server.tail()}")
        return complaints

    def kill_all(self):
        for server in self._shared.values():
            server.kill()
