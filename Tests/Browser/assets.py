"""What the tests answer in the Internet's place: the stock Socket.IO client and a picture for each avatar."""

import base64
import hashlib
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

# The stock client's releases are carried by these releases of a package; the sums are those of the script itself.
CLIENTS = {
    "4.7.5": ("2.24.2", "2huaZvOR9iDzHqslqwpR87isEmrfxqyWOF7hr7BY6KG0+hVKLoEXMPUJw3ynWuhO"),
    "4.8.1": ("3.18.0", "mkQ3/7FUtcGyoppY6bz/PORYoGqOl7/aSUMn2ymDOJcapfS6PHqxhRTMh1RR0Q6+"),
}
MEMBER = "nicegui/static/socket.io.min.js"


def client_url(version: str) -> str:
    return f"https://cdn.socket.io/{version}/socket.io.min.js"


def client_integrity(version: str) -> str:
    return f"sha384-{CLIENTS[version][1]}"


def load_clients(folder: Path) -> dict[str, bytes]:
    """The client's script by version, downloaded once and checked each time."""
    return {version: load_client(version, folder) for version in CLIENTS}


def load_client(version: str, folder: Path) -> bytes:
    stored = folder / f"socket.io-{version}.min.js"
    if not stored.exists():
        stored.write_bytes(script_in_wheel(download_wheel(CLIENTS[version][0], folder)))
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


def download_wheel(release: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--only-binary", ":all:", "--dest", str(folder), f"nicegui=={release}"], check=True)
    return next(folder.glob(f"nicegui-{release}-*.whl"))


def script_in_wheel(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(MEMBER)


def picture(red: int, green: int, blue: int, size: int = 64) -> bytes:
    """A PNG of one colour."""
    row = b"\0" + bytes((red, green, blue)) * size
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(row * size)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, data) for kind, data in chunks)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
