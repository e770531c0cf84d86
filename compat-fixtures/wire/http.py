"""HTTP/1.1 requests over a plain TCP connection, without a header that the caller did not ask for."""

import asyncio
import gzip
import zlib
from dataclasses import dataclass, field


class BrokenAnswer(Exception):
    """The peer closed or sent something that is not an HTTP answer."""


@dataclass
class Answer:
    """One response; `body` has its transfer and content encodings removed."""

    status: int
    reason: str
    headers: list = field(default_factory=list)
    body: bytes = b""

    def header(self, name):
        values = [value for key, value in self.headers if key.lower() == name]
        return ", ".join(values) if values else None


class HTTPConnection:
    """One TCP connection; requests on it are made one after the other."""

    def __init__(self, address):
        self.address = address
        self.reader = self.writer = None

    async def request(self, method, target, headers=None, body=None):
        await self.send(method, target, headers, body)
        return await read_answer(self.reader, method)

    async def send(self, method, target, headers=None, body=None):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(*self.address)
        self.writer.write(request_bytes(self.address, method, target, headers or {}, body))

    def close(self):
        if self.writer is not None:
            self.writer.close()
            self.writer = None


def request_bytes(address, method, target, headers, body=None):
    """The request; `headers` may replace Host, Content-Type and Content-Length."""
    given = {name.lower() for name in headers}
    lines = [f"{method} {target} HTTP/1.1"]
    if "host" not in given:
        lines.append(f"Host: {address[0]}:{address[1]}")
    if body is not None:
        if "content-type" not in given:
            lines.append("Content-Type: text/plain;charset=UTF-8")
        if "content-length" not in given and "transfer-encoding" not in given:
            lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


async def read_answer(reader, method):
    answer = await read_head(reader)
    if method != "HEAD" and answer.status not in (101, 204, 304):
        answer.body = decoded(answer, await read_body(reader, answer))
    return answer


async def read_head(reader):
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise BrokenAnswer("connection closed without an answer") from error
    first, *rest = head.decode("latin-1").split("\r\n")[:-2]
    version, _, status_and_reason = first.partition(" ")
    status, _, reason = status_and_reason.partition(" ")
    if version not in ("HTTP/1.1", "HTTP/1.0") or not status.isdigit():
        raise BrokenAnswer(f"not an HTTP answer: {first[:64]!r}")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in rest)]
    return Answer(int(status), reason, headers)


async def read_body(reader, answer):
    """Exactly the bytes that the headers announce: fewer is a fault of the peer."""
    try:
        if "chunked" in (answer.header("transfer-encoding") or "").lower():
            return await read_chunks(reader)
        length = answer.header("content-length")
        return await (reader.read() if length is None else reader.readexactly(int(length)))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise BrokenAnswer("body shorter than announced") from error


async def read_chunks(reader):
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return body


def decoded(answer, body):
    encoding = answer.header("content-encoding")
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "deflate":
        return zlib.decompress(body)
    return body
