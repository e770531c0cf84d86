"""What a client receives, independent of the transport: a stream of items, each a text that can be compared.

A text packet is itself; a binary message is `hex:<digits>`; a WebSocket pong is `pong:<digits>`; the end of the
connection is `close:<code>` (`close:1006` without a close frame, `close:HTTP 400` when a poll was refused).
"""

import base64
import binascii

SEPARATOR = "\x1e"
NOOP, PING, PONG = "6", "2", "3"


def from_frame(kind, value):
    if kind == "text":
        return value
    if kind == "close":
        return f"close:{value}"
    return f"{'hex' if kind == 'binary' else 'pong'}:{value.hex()}"


def from_payload(body):
    """The items of a polling body, noops included."""
    return [from_packet(packet) for packet in body.decode("utf-8").split(SEPARATOR)]


def from_packet(packet):
    if packet.startswith("b"):
        try:
            return "hex:" + base64.b64decode(packet[1:], validate=True).hex()
        except binascii.Error:
            return packet
    return packet
