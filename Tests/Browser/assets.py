"""What the tests answer in the Internet's place: the stock Socket.IO client and a picture for each avatar."""

import base64
import hashlib
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple


class Source(NamedTuple):
    """A release of a package that carries a release of the stock client; the sum is that of the script itself."""

    package: str
    release: str
    member: str
    sum: str


def nicegui(release: str, digest: str) -> Source:
    return Source("nicegui", release, "nicegui/static/socket.io.min.js", digest)


CLIENTS = {
    "4.7.5": nicegui("2.24.2", "2huaZvOR9iDzHqslqwpR87isEmrfxqyWOF7hr7BY6KG0+hVKLoEXMPUJw3ynWuhO"),
    "4.8.1": nicegui("3.18.0", "mkQ3/7FUtcGyoppY6bz/PORYoGqOl7/aSUMn2ymDOJcapfS6PHqxhRTMh1RR0Q6+"),
}
# Clients of Socket.IO 2, which have tests of their own.
OLD_CLIENTS = {
    "2.0.3": Source(
        "gdbgui",
        "0.13.2.0",
        "gdbgui/static/vendor/js/socket.io-2.0.3.min.js",
        "jBjzj7TeFja0oE97KZuolDG9Am461jLHaKkEjLe12EFyEZ9N9Sz2rbJPpnOOdHdr",
    ),
}


def client_url(version: str) -> str:
    return f"https://cdn.socket.io/{version}/socket.io.min.js"


def client_integrity(version: str) -> str:
    return f"sha384-{source_of(version).sum}"


def source_of(version: str) -> Source:
    return CLIENTS.get(version) or OLD_CLIENTS[version]


def load_clients(folder: Path) -> dict[str, bytes]:
    """The client's script by version, downloaded once and checked each time."""
    return {version: load_client(version, folder) for version in CLIENTS}


def load_client(version: str, folder: Path) -> bytes:
    stored = folder / f"socket.io-{version}.min.js"
    if not stored.exists():
        source = source_of(version)
        stored.write_bytes(script_in_wheel(download_wheel(source, folder), source.member))
    script = stored.read_bytes()
    digest = base64.b64encode(hashlib.sha384(script).digest()).decode()
    if f"sha384-{digest}" != client_integrity(version):
        raise RuntimeError(f"{stored} is not the client {version}: sha384-{digest}")
    return script


def client_folder(version: str, folder: Path) -> Path:
    """A folder with a client's script, which has been loaded before, by the name that servers look for."""
    own = folder / f"client-{version}"
    if not own.exists():
        own.mkdir()
        (own / "socket.io.min.js").symlink_to(f"../socket.io-{version}.min.js")
    return own


def download_wheel(source: Source, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--only-binary", ":all:", "--dest", str(folder), f"{source.package}=={source.release}"], check=True)
    return next(folder.glob(f"{source.package}-{source.release}-*.whl"))


def script_in_wheel(wheel: Path, member: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(member)


def picture(red: int, green: int, blue: int, size: int = 64) -> bytes:
    """A PNG of one colour."""
    row = b"\0" + bytes((red, green, blue)) * size
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(row * size)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, data) for kind, data in chunks)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
