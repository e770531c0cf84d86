"""A client that goes on emitting while it upgrades, as the JavaScript client does.

GET and POST run on connections of their own all through the probe; only when the probe is answered both are paused,
the outstanding poll and POST are awaited, and then the WebSocket takes over. Packets are coded by python-engineio and
python-socketio, whose payload decoder also refuses more than 16 packets in one poll.
"""

import asyncio
import collections

import aiohttp
from engineio import packet as engine
from engineio import payload
from socketio import packet as sockets

from peers import within_deadline


class UpgradingClient:
    """One session on polling, then on WebSocket."""

    def __init__(self, url):
        self.address = f"{url}/socket.io/?EIO=4"
        # No limit on connections, so that the poll never stands in the way of a POST.
        self.http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self.websocket = None
        self.received = collections.defaultdict(list)
        self.acknowledged = asyncio.Event()
        self.connected = asyncio.Event()
        self.arrived = asyncio.Condition()
        self.outgoing = asyncio.Queue()
        self.is_pausing = False
        self.tasks = []

    async def open(self):
        opening = await self._poll()
        assert opening[0].packet_type == engine.OPEN, f"expected an open packet, got {opening[0].packet_type}"
        self.address += f"&sid={opening[0].data['sid']}"
        self._start(self._read_polls(), self._write_posts())
        self._send(sockets.Packet(sockets.CONNECT))
        await within_deadline(self.connected.wait(), "the namespace to be joined")

    async def emit(self, event, *arguments):
        identifier = 0 if event == "echo" else None
        self._send(sockets.Packet(sockets.EVENT, data=[event, *arguments], id=identifier))

    async def upgrade(self):
        """Probes while polling goes on, then switches."""
        polling = self.tasks
        self.websocket = await self.http.ws_connect(self.address + "&transport=websocket")
        await self.websocket.send_str(engine.Packet(engine.PING, data="probe").encode())
        answer = await within_deadline(self.websocket.receive_str(), "the answer to the probe")
        assert answer == "3probe", f"the probe was answered by {answer}"
        self.is_pausing = True
        self.outgoing.put_nowait(None)  # wakes the writer
        await within_deadline(asyncio.gather(*polling), "the last poll and POST")
        await self.websocket.send_str(engine.Packet(engine.UPGRADE).encode())
        self._start(self._read_frames(), self._write_frames())

    async def wait_for(self, event, count):
        async with self.arrived:
            reached = self.arrived.wait_for(lambda: len(self.received[event]) >= count)
            await within_deadline(reached, f"{count} {event}, have {len(self.received[event])}")

    async def wait_for_acknowledgement(self):
        await within_deadline(self.acknowledged.wait(), "the acknowledgement")

    async def close(self):
        for task in self.tasks:
            task.cancel()
        results = await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.http.close()
        for result in results:
            if isinstance(result, Exception):
                raise result

    def _start(self, *loops):
        self.tasks = [asyncio.create_task(loop) for loop in loops]

    def _send(self, packet):
        self.outgoing.put_nowait(engine.Packet(engine.MESSAGE, packet.encode()))

    async def _poll(self):
        async with self.http.get(self.address + "&transport=polling") as response:
            assert response.status == 200, f"a poll was answered by {response.status}"
            return payload.Payload(encoded_payload=await response.text()).packets

    async def _read_polls(self):
        while not self.is_pausing:
            for packet in await self._poll():
                await self._receive(packet)

    async def _write_posts(self):
        while not self.is_pausing:
            packets = [await self.outgoing.get()]
            while not self.outgoing.empty():
                packets.append(self.outgoing.get_nowait())
            packets = [packet for packet in packets if packet]
            if packets:
                await self._post(payload.Payload(packets=packets).encode())

    async def _post(self, body):
        headers = {"content-type": "text/plain;charset=UTF-8"}
        async with self.http.post(self.address + "&transport=polling", data=body, headers=headers) as response:
            assert response.status == 200, f"a POST was answered by {response.status}"

    async def _read_frames(self):
        async for frame in self.websocket:
            await self._receive(engine.Packet(encoded_packet=frame.data))

    async def _write_frames(self):
        while True:
            packet = await self.outgoing.get()
            if packet:
                await self.websocket.send_str(packet.encode())

    async def _receive(self, packet):
        if packet.packet_type == engine.PING:
            self.outgoing.put_nowait(engine.Packet(engine.PONG))
        elif packet.packet_type == engine.MESSAGE:
            await self._receive_message(sockets.Packet(encoded_packet=packet.data))
        else:
            assert packet.packet_type == engine.NOOP, f"unexpected packet of type {packet.packet_type}"

    async def _receive_message(self, message):
        if message.packet_type == sockets.CONNECT:
            self.connected.set()
        elif message.packet_type == sockets.ACK:
            self.acknowledged.set()
        else:
            async with self.arrived:
                self.received[message.data[0]].append(message.data[1:])
                self.arrived.notify_all()
