"""Archives in volumes, as archivers split them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping


def pieces(name: str, data: bytes, size: int) -> dict[str, bytes]:
    """Cut anywhere and numbered, as 7-Zip does with every format."""
    return {f"{name}.{at // size + 1:03}": data[at : at + size] for at in range(0, len(data), size)}


def split_zip(stem: str, files: Mapping[str, bytes], size: int) -> dict[str, bytes]:
    """A zip in its own volumes: the marker of a split archive in front, the directory whole in the last."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    data = out.getvalue()
    directory = struct.unpack("<L", data[-6:-2])[0]
    body = b"PK\x07\x08" + data[:directory]
    volumes = [body[at : at + size] for at in range(0, len(body), size)]
    last = volumes.pop()
    disk = len(volumes)
    end = data[-22:-18] + struct.pack("<2H", disk, disk) + data[-14:-6] + struct.pack("<LH", len(last), 0)
    named = {f"{stem}.z{number:02}": volume for number, volume in enumerate(volumes, 1)}
    return named | {f"{stem}.zip": last + data[directory:-22] + end}
