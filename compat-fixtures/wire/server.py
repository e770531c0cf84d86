"""Starts a server on a free port, waits until it accepts connections, stops it."""

import asyncio
import contextlib
import os
import shlex
import signal
import socket

START_SECONDS = 20
STOP_SECONDS = 5


class ServerFailed(Exception):
    """It did not start, ended by itself, or did not end as it should; with the last lines that it wrote."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command_line(command, port, options):
    """`command` with its {port} filled in and the options of a recording appended as flags."""
    words = [word.replace("{port}", str(port)) for word in shlex.split(command)]
    for name, value in options.items():
        for single in value if isinstance(value, list) else [value]:
            words += ["--" + name.replace("_", "-"), str(single)]
    return words


@contextlib.asynccontextmanager
async def running_server(command, options):
    """Gives the address of a fresh server."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *command_line(command, port, options),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    errors = asyncio.create_task(last_lines(process.stderr))
    try:
        await until_listening(process, errors, port)
        yield ("127.0.0.1", port)
        await end(process, errors)
    finally:
        await stop(process)
        await errors


async def last_lines(stream, keep=4000):
    """Keeps reading, so that a talkative server never blocks on its pipe."""
    text = b""
    while chunk := await stream.read(4096):
        text = (text + chunk)[-keep:]
    return text.decode(errors="replace")


async def until_listening(process, errors, port):
    for _ in range(START_SECONDS * 50):
        if process.returncode is not None:
            raise ServerFailed(f"ended with status {process.returncode}\n{await errors}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        except OSError:
            await asyncio.sleep(0.02)
    raise ServerFailed(f"nothing listens on port {port} after {START_SECONDS} s")


async def end(process, errors):
    """The server must still be there, and leave with status 0 when it is told to."""
    ended_early = process.returncode is not None
    await stop(process)
    if ended_early or process.returncode != 0:
        when = "by itself" if ended_early else "when told to"
        raise ServerFailed(f"ended {when} with status {process.returncode}\n{await errors}")


async def stop(process):
    """SIGTERM, and SIGKILL for one that takes too long."""
    if process.returncode is not None:
        return
    kill(process, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        kill(process, signal.SIGKILL)
        await process.wait()


def kill(process, number):
    """Not by the process object: that would collect the status of one that has just ended, and lose it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)
