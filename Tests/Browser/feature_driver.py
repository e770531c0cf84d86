"""What scenarios in the browser ask of the driver: servers that end, wires that are cut, clients that do not read."""

import asyncio
import re

from proxy import Proxy
from raw_client import RawClient
from servers import Server

DEADLINE = 10  # seconds


class Driver:
    """Answers the commands of one run, by the name of a method."""

    COMMANDS = frozenset(
        "proxy cut hold say startServer stopServer killServer loggedReason stall floodsUpToMark".split()
    )

    def __init__(self, server: Server, key: str):
        self._server = server
        self.key = key
        self._proxy: Proxy | None = None
        self._stalled: RawClient | None = None

    async def answer(self, command: str, given: list) -> object:
        if command not in self.COMMANDS:
            raise ValueError(f"the driver has no command {command}")
        async with asyncio.timeout(DEADLINE):
            return await getattr(self, command)(*given)

    def close(self) -> None:
        for resource in (self._proxy, self._stalled):
            if resource:
                resource.close()

    # A wire between the client and the server.

    async def proxy(self) -> str:
        self._proxy = await Proxy(self._server.port).start()
        return self._proxy.url

    async def cut(self) -> None:
        await self._proxy.cut()

    async def hold(self, sender: str) -> None:
        self._proxy.hold(sender)

    async def say(self, text: str) -> None:
        self._proxy.say_to_websockets(text)

    # The server.

    async def startServer(self) -> None:  # noqa: N802  named as the scenarios call it
        await asyncio.to_thread(self._server.start)

    async def stopServer(self) -> None:  # noqa: N802
        status = await asyncio.to_thread(self._server.stop)
        assert status == 0, f"expected the server to end with 0, got {status}"

    async def killServer(self) -> None:  # noqa: N802
        self._server.kill()

    async def loggedReason(self) -> str:  # noqa: N802
        """Why a client of this run has left, by the log of the server."""
        pattern = re.compile(rf"key={self.key} reason=(.*?) \[")
        found = pattern.search(self._server.tail())
        return found.group(1) if found else f"nothing in the log: {self._server.tail()}"

    # A client that does not read.

    async def stall(self, room: str) -> None:
        self._stalled = await RawClient.connect(self._server.port, f"key={self.key}")
        await self._stalled.send(f'420["join","{room}"]')
        while not (await self._stalled.receive()).startswith("430["):
            pass

    async def floodsUpToMark(self) -> int:  # noqa: N802
        """Reads again, up to the event `mark`."""
        count = 0
        while not (message := await self._stalled.receive()).startswith('42["mark"'):
            count += message.startswith('42["flood"')
        return count
