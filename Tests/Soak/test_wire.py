"""Frames and answers are read whole, split anywhere and glued."""

import asyncio
import struct
import unittest

from peer import Peer, attachment
from wire import BINARY, CLOSE, TEXT, HTTPLink, WebSocketLink, frame

OPENING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def server_frame(opcode, payload):
    length = len(payload)
    if length < 126:
        return struct.pack("!BB", 0x80 | opcode, length) + payload
    if length < 65536:
        return struct.pack("!BBH", 0x80 | opcode, 126, length) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, length) + payload


class WireTests(unittest.IsolatedAsyncioTestCase):
    async def test_frames_split_at_every_byte_and_glued(self):
        texts = ["", "2", "x" * 125, "y" * 126, "z" * 300]
        data = OPENING + b"".join(server_frame(TEXT, text.encode()) for text in texts)
        for step in (1, 7, len(data)):
            found = []
            link = WebSocketLink(found.append)
            for start in range(0, len(data), step):
                link.data_received(data[start : start + step])
            self.assertEqual(found, texts)
            self.assertEqual(link.buffer, b"")

    async def test_a_long_frame_with_a_length_of_eight_bytes(self):
        found = []
        link = WebSocketLink(print, found.append)
        link.data_received(OPENING + server_frame(BINARY, b"a" * 70_000))
        self.assertEqual(found, [b"a" * 70_000])

    async def test_what_is_sent_is_masked_and_has_its_length(self):
        self.assertEqual(frame(TEXT, b"2"), b"\x81\x81\0\0\0\x002")
        self.assertEqual(frame(CLOSE, b"")[:2], b"\x88\x80")
        self.assertEqual(frame(TEXT, b"x" * 200)[:4], b"\x81\xfe\x00\xc8")
        self.assertEqual(len(frame(TEXT, b"x" * 70_000)), 70_000 + 14)

    async def test_answers_split_at_every_byte(self):
        link = HTTPLink()
        link.transport = type("Transport", (), {"write": lambda self, data: None})()
        task = asyncio.create_task(link.request(b"GET / HTTP/1.1\r\n\r\n"))
        await asyncio.sleep(0)
        for byte in b"HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nhello":
            link.data_received(bytes([byte]))
        self.assertEqual(await task, (400, b"hello"))


class PeerTests(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.seen = []

    def peer(self, private_id=None):
        peer = Peer(("127.0.0.1", 1), "127.0.0.1", lambda *message: self.seen.append(message))
        peer.private_id = private_id
        return peer

    async def test_a_message_and_its_offset(self):
        peer = self.peer("private")
        peer._receive_text('42["chat","r1","ada",7,"xx","offset.1"]')
        self.assertEqual(self.seen, [('"r1"', '"ada"', 7, None)])
        self.assertEqual(peer.offset, "offset.1")

    async def test_an_attachment_that_is_whole_and_one_that_is_not(self):
        peer = self.peer()
        for data in (attachment('"ada"', 7), b"other"):
            peer._receive_text('451-["chat","r1","ada",7,{"_placeholder":true,"num":0}]')
            peer._receive_binary(data)
        self.assertEqual([message[3] for message in self.seen], [False, True])

    async def test_a_packet_between_a_packet_and_its_attachment_ends_the_session(self):
        peer = self.peer()
        peer._receive_text('451-["chat","r1","ada",7,{"_placeholder":true,"num":0}]')
        peer._receive_text('42["chat","r1","ada",8,"xx"]')
        self.assertIn("expected an attachment", peer.gone.result())

    async def test_an_acknowledgement_that_comes_twice_ends_the_session(self):
        peer = self.peer()
        peer.awaited[0] = lambda text: None
        peer._receive_text("430[]")
        self.assertFalse(peer.gone.done())
        peer._receive_text("430[]")
        self.assertIn("acknowledged twice", peer.gone.result())


if __name__ == "__main__":
    unittest.main()
