#!/usr/bin/env python3
"""Writes the inputs that fuzzing starts from: what the fixtures hold, in the form that each target takes.

usage: seeds.py <folder>    writes <folder>/<target>/<number>
"""

import base64
import json
import pathlib
import random
import struct
import sys
import urllib.parse
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "compat-fixtures"

JSON_TEXTS = [
    "null", "true", "false", "0", "-0", "1", "-1", "255", "65536", "9223372036854775807", "-9223372036854775808",
    "18446744073709551615", "340282366920938463463374607431768211455", "1e3", "1.5", "-1.5e-7", "1e308", "1e309", "1e-400",
    "123456789012345678901234567890.5e-10", "0.1", "4.9e-324", "100000000000000000000e-5", '""', '"text"', '"ü€😀"',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"', '"\\ud800"', '"\\udc00x"', "[]", "{}", "[1,2.5,null,true]", " [ 1 , 2 ] ",
    '{"a":{"b":[{"c":null}]},"a":2}', "[" * 30 + "]" * 30, '{"a":' * 20 + "1" + "}" * 20,
    json.dumps({str(n): n for n in range(20)}), '{"name":"Ada","age":36,"tags":["x"],"friend":[{"name":"Bob"}]}',
    '{"node":{"left":{"leaf":{"_0":1}},"right":{"leaf":{"_0":2}}}}', '{"from":[1,null,2],"pieces":{"from":"a","to":"b"},"comment":"x"}',
    '["red",3,[1,2],[]]', '[null,3]', '{"red":1,"green":2}', "[1,5]", '"2024-01-02T03:04:05.678Z"', '"2024-02-29T23:59+01:30"',
    '"+275760-09-13T00:00:00Z"', '"https://example.com/?q=1#x"', '"E621E1F8-C36C-495A-93FC-0C247A3E6E5F"',
    '{"_placeholder":true,"num":0}', '[{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]',
    "3.14159265358979323846264338327950288419716939937510", "1e127", "1e-128", "[1e39,1e-46]",
]

QUERIES = [
    "/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAAAAAA&t=x",
    "/socket.io/?EIO=4&transport=polling&sid=%41BCDEFGHIJKLMNOPQRS&a=b+c&=&a&&=x#f?y", "http://localhost:3000/socket.io/?EIO=3",
    "https://host", "*", "?%", "?%4", "?%zz=%00&%c3%bc=%ff", "AAAAAAAAAAAAAAAAAAA_", "?" + "&".join("a" * 3 for _ in range(258)),
]

NAMESPACES = ["/", "/chat", "/game-17", "/room-3", "/room--0", "/a/b", "/axb/cy", "/räume/ü", "/a\n", "/game-1\xff/game-{id}\xff/{x}"]

ORIGINS = [
    "http://localhost\xfflocalhost", "https://a.example\xffa.example:443\xffhttps://A.example", "null\xff\xffnull", "http://\xff",
    "http://\N{KELVIN SIGN}.example\xffK.example\xffhttp://k.example", "\t\x7f\xff\xff",
]

COOKIES = ["io", "io\xffexample.com\xff/", "a b", "io\xffa;b", "io\xff\xff/a b,\x7f", "!#$%&'*+-.^_`|~09\xff\xff"]

FIELDS = [
    "localhost:3000", "a.example", "[::1]:80", "[fe80::1%eth0]", "a,b", "127.0.0.1", "010.0.0.1", "1.2.3", "::", "::ffff:192.0.2.1",
    "1::2::3", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::1.2.3.4", "203.0.113.9, 10.0.0.1", "[2001:db8::1]:4711, 127.0.0.1,",
    'for=192.0.2.60;proto=https;host="a.example:80", for="[2001:db8::1]:1"', 'for="_hidden\\"x', "for=a;for=b", "gzip;q=0.5, deflate",
    "*;q=0.001", "br, identity;q=0, *", "http://a.example/x?y", "HTTPS://a@b/", "https://[::1]:0?q", "*", "//a/b", "10.0.0.0/8",
]

REQUESTS = [
    "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nCookie: io=x; b\r\n\r\n"
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabcHEAD /y HTTP/1.0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\nOPTIONS /socket.io/ HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Headers: x\r\n\r\n",
    "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://b/socket.io/ HTTP/1.1\r\nHost: a\r\nForwarded: for=x\r\n\r\n",
    "GET /throw HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: " + "x" * 1200 + "\r\n\r\n",
    "POST /socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: \tUpgrade\r\nUpgrade: h2c\r\n\r\n\x00\xff", "\x16\x03\x01\x02\x00\x01\x00",
]

DICTIONARY = [
    "_placeholder", "num", "true", "null", '{"_placeholder":true,"num":0}', "\\u", "\\ud83d\\ude00", "1e", "[[", "}}", '","', '":"',
    "EIO=4", "transport=", "polling", "websocket", "sid=", "/socket.io/", "http://", "Origin", "Host", "Upgrade", "Connection",
    "Accept-Encoding", "Sec-WebSocket-Key", "gzip", "deflate", ";q=0.", "\x1e", "2probe", "3probe", "4", "b", "42[", "51-[",
    "disconnect", "connect_error", " HTTP/1.1\r\n", "HTTP/1.0", "\r\n\r\n", "Host: a\r\n", "Content-Length: ", "Transfer-Encoding: chunked",
    "Expect: 100-continue", "Connection: close", "OPTIONS", "HEAD", "POST", "X-Forwarded-For", "Forwarded", "permessage-deflate",
    "server_max_window_bits=", "client_max_window_bits", "server_no_context_takeover", "client_no_context_takeover",
    "for=", "proto=", "::ffff:",
]


def text(value):
    return value.encode("utf-8", "surrogatepass")


def frame(opcode, payload, final=True, key=b"\x12\x34\x56\x78", compressed=False):
    """One frame as a client writes it."""
    length = len(payload)
    head = bytes([(0x80 if final else 0) | (0x40 if compressed else 0) | opcode])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 65536:
        head += b"\xfe" + struct.pack(">H", length)
    else:
        head += b"\xff" + struct.pack(">Q", length)
    return head + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


def content(case):
    return bytes.fromhex(case["hex"]) if "hex" in case else text(case.get("text", ""))


def socket_packets(cases):
    for case in cases:
        steps = case.get("steps") or [{"text": case["text"]}]
        first, *others = steps
        if "text" not in first:
            continue
        yield text(first["text"]) + b"".join(
            b"\xfe" + text(step["text"]) if "text" in step else b"\xff" + bytes.fromhex(step["binary"]) for step in others
        )


def web_socket():
    hello = frame(1, text("hello"))
    yield b"\x03" + hello * 3 + frame(2, bytes(range(200))) + frame(8, b"\x03\xe8bye")
    yield b"\x0f" + frame(1, text("ü€")[:3], final=False) + frame(9, b"ping") + frame(0, text("ü€")[3:])
    yield b"\x02" + frame(2, bytes(126)) + frame(10, b"") + frame(8, b"")
    yield b"\x03" + frame(1, text("😀" * 40)) + frame(2, bytes(70000))[:14] + hello
    for size in (0, 125, 126, 300):
        yield b"\x03" + frame(1, b"x" * size)


def deflated(*messages, window=15, flush=zlib.Z_SYNC_FLUSH):
    """Messages as a client compresses them, each with what stands in those before."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -window)
    return [(stream.compress(message) + stream.flush(flush)).removesuffix(b"\x00\x00\xff\xff") for message in messages]


def compressed_messages():
    hello, again, other = deflated(text("hello, hello, hello"), text("hello, hello, hello"), text("ü€😀" * 50))
    for agreed in (0, 6, 22, 70, 111):
        head = bytes([0x1F, agreed])
        yield head + frame(1, hello, compressed=True) + frame(1, text("plain")) + frame(2, again, compressed=True)
        yield head + frame(1, hello, compressed=True) + frame(1, again, compressed=True) + frame(1, other, compressed=True)
        yield head + frame(1, other[:9], False, compressed=True) + frame(9, b"ping") + frame(0, other[9:]) + frame(8, b"")
        yield head + frame(1, deflated(b"the end" * 9, flush=zlib.Z_FINISH)[0] + b"\x00", compressed=True)
        yield head + frame(1, b"\x00", compressed=True) + frame(2, b"", compressed=True) + frame(2, b"\x01\x00\x00\xff\xff" * 9)
        # Far more than any limit: whole, and as much in messages of 100,000 bytes.
        yield head + frame(2, deflated(bytes(3_800_000))[0], compressed=True)
        yield head + b"".join(frame(2, message, compressed=True) for message in deflated(*[bytes(99_000)] * 20))


def extension_offers():
    whole = "permessage-deflate; client_max_window_bits"
    for choice in (0, 6, 0x36, 0xF6, 0x09):
        for offer in (
            whole, "permessage-deflate", whole + "=10; server_max_window_bits=9; server_no_context_takeover", whole + '="12"',
            "permessage-deflate; server_max_window_bits=8, " + whole, "x-webkit-deflate-frame;a=b, ,permessage-deflate\xff" + whole,
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover", whole + ' = "1\\5" ,', ";", "a=;",
        ):
            yield bytes([choice]) + offer.encode("latin-1")


def revision3_payloads():
    """Bodies of clients of Engine.IO 3: text, bytes and forms, behind a byte that says which."""
    for body in ("6:4hello2:4€", "3:4😀2:4a", "10:b4AQIDBA==0:1:6", "6:2probe1:31:1", "2:b9", "4:4😀", "99999999999999999999:4"):
        yield b"\x00" + text(body)
        yield b"\x02x=1&d=" + urllib.parse.quote(body.replace("\\n", "\\\\n")).encode()
    for body in (b"\x00\x04\xff4\xe2\x82\xac\x01\x05\xff\x04\x01\x02\x03\x04", b"\x00\x09\xff4A", b"\x01\x01\xff\x07\x01\x00\xff"):
        yield b"\x01" + body


def message_pack():
    """Packets as the msgpack parser of JavaScript's client writes them."""
    head = b"\xa4type%c\xa3nsp\xa1/"
    yield b"\x83" + head % 0 + b"\xa4data\xc0"
    yield b"\x83" + head % 2 + b"\xa4data\x92\xa3msg\xa5hello"
    yield b"\x84" + head % 2 + b"\xa2id\x07\xa4data\x95\xa1e\xc4\x02\x01\x02\xcb" + struct.pack(">d", 1.5) + b"\x81\xa1k\xc3\xd0\x80"
    yield b"\x84" + head % 3 + b"\xa2id\xcd\x01\x00\xa4data\x93\xc0\xd4\x00\x00\xd7\x00" + struct.pack(">q", 1700000000000)
    yield b"\x84" + head % 2 + b"\xa4data\x93\xa1e\xd6\xff\x00\x00\x00\x01\xc7\x03\x00abc\xa7options\x81\xa8compress\xc3"
    yield b"\x83" + head % 2 + b"\xa4data\xdc\x00\x11\xa1e" + b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff" * 2 + b"\x90" * 14
    yield b"\x82" + head % 1
    yield b"\x83" + head % 2 + b"\xa4data\x92\xa1e" + b"\x91" * 60 + b"\xc0"


# The steps of the server target that the seeds below are made of; see Fuzz/Sources/Targets/Server/ServerTarget.swift.
OPEN_POLLING = bytes([1, 0, 0, 0, 0])
OPEN_WEB_SOCKET = bytes([2, 1, 0, 0, 0])
CONNECT = bytes([0, 1])
POLL = bytes([3, 0, 0, 0, 0])
JOIN_BY_POST = bytes([5, 0, 0, 0, 0, 1, 0, 0, 0, 0])
SAY_BY_POST = bytes([5, 0, 1, 0, 7, 6, 1, 0, 8, 0, 1, 0, 0, 0, 0])
JOIN_BY_FRAME = bytes([8, 0, 0, 0, 0, 0, 1])
SAY_BY_FRAME = bytes([8, 0, 0, 0, 0, 8, 3, 1])
NUMBER, TELL, UPGRADE = bytes([19]), bytes([21, 1]), bytes([22])
HASTE, REST = bytes([17, 1]), bytes([17, 0])


def wait(seconds):
    return bytes([13, {1: 2, 5: 3, 25: 6, 60: 7}[seconds]])


def server():
    """Whole lives of clients; then noise."""
    for features, others in ((0, 0), (0, 2), (2, 1), (2, 11), (4, 0), (16, 5), (32, 0), (64, 1), (255, 3)):
        for over_web_socket in (0, 1):
            start = bytes([features, others]) + (b"\0" if features & 64 else b"") + bytes([over_web_socket])
            yield start + NUMBER + TELL + UPGRADE + NUMBER + TELL + wait(25) + NUMBER + HASTE + NUMBER * 9 + TELL * 9 + REST
            yield start + OPEN_POLLING + b"\x00" + JOIN_BY_POST + POLL + SAY_BY_POST + CONNECT + wait(60) + NUMBER
            open_web_socket = OPEN_WEB_SOCKET
            if others & 1:
                # What is offered.
                open_web_socket = OPEN_WEB_SOCKET[:1] + bytes([1 + over_web_socket]) + OPEN_WEB_SOCKET[1:]
            if others & 2:
                yield start + bytes([2, 1, 1, 0, 5, 0, 0, 0]) + JOIN_BY_FRAME + SAY_BY_FRAME * 4 + wait(25) + wait(60)
                yield start + bytes([1, 1, 1, 0, 5, 0, 0, 0]) + POLL + JOIN_BY_POST + POLL + SAY_BY_POST + POLL + wait(60)
            yield start + open_web_socket + b"\x00" + JOIN_BY_FRAME + SAY_BY_FRAME * 4 + wait(5) + NUMBER + wait(60)
    for number in range(40):
        yield random.Random(number).randbytes(40 + 15 * number)


def targets():
    engine = json.loads((FIXTURES / "packets" / "engineio.json").read_text("utf-8"))
    sockets = list(socket_packets(json.loads((FIXTURES / "packets" / "socketio.json").read_text("utf-8"))))
    json_texts = [text(value) for value in JSON_TEXTS] + [packet[1:] for packet in sockets]
    return {
        "base64": [content({"text": case["text"]}) for case in engine["base64"]] + [base64.b64encode(bytes(range(256)))],
        "cookie": [cookie.encode("latin-1") for cookie in COOKIES],
        "deflate": list(compressed_messages()),
        "encode": [bytes(range(64)), b"\x01\x02" + bytes(range(255, 100, -1)), b"\x00\x01\x00\x05\x07\x03abc\x08\x03"],
        "engine-packet": [content(case) for case in engine["packets"]],
        "engine-payload": [content(case) for case in engine["payloads"]],
        "extension-offer": list(extension_offers()),
        "fields": [text(field) for field in FIELDS],
        "json": json_texts,
        "msgpack": list(message_pack()) + json_texts,
        "recovery": [b"p3", b"p5", b"pzz", b"p3w5e11264sgsf", b'{"pid":"pid","offset":"p3"}', b'{"pid":"pid"}', b'{"offset":{}}'],
        "namespace": [name.encode("latin-1") if "\xff" in name else text(name) for name in NAMESPACES],
        "origin": [b"\xff".join(text(part) for part in origin.split("\xff")) for origin in ORIGINS],
        "outbox": [bytes(range(64)), b"\x01\x02\x05hello\x01\x01\x03\x02x\x00\x03\x01y\x01z\x01t\x03\x05", b"\x00\x05\x03"],
        "query": [text(query) for query in QUERIES],
        "old-engine-payload": list(revision3_payloads()),
        "request-head": [b"\x00" + request.encode("latin-1") for request in REQUESTS],
        "server": list(server()),
        "socket-packet": sockets,
        "typed": [packet + b"\xff\x01\x02\xff\x03" for packet in json_texts],
        "websocket": list(web_socket()),
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    for target, inputs in targets().items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(inputs):
            # Longer ones slow everything down, and the fuzzer cuts them anyway.
            (folder / target / str(number)).write_bytes(data[:4096])
    quoted = ("".join(chr(b) if 0x20 <= b < 0x7F and b not in b'"\\' else f"\\x{b:02x}" for b in text(w)) for w in DICTIONARY)
    (folder / "dictionary").write_text("".join(f'"{word}"\n' for word in quoted))


main()
