"""The tags of pictures (Exif 2.32 over TIFF 6.0): who made them, with which device, where."""

from __future__ import annotations

import struct
from collections.abc import Iterator

NAMES = {
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x013B: "Artist",
    0x013C: "HostComputer",
    0x8298: "Copyright",
    0x9286: "UserComment",
    0x927C: "MakerNote",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
    0xA420: "ImageUniqueID",
    0xA430: "CameraOwnerName",
    0xA431: "BodySerialNumber",
    0xA435: "LensSerialNumber",
    0xC62F: "CameraSerialNumber",
    0xC68B: "OriginalRawFileName",
}
_GPS_NAMES = {8: "Satellites", 18: "MapDatum", 27: "ProcessingMethod", 28: "AreaInformation"}
_FOLDERS = {0x8769: "Exif", 0x8825: "GPS", 0xA005: "Interoperability"}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 9: 4, 10: 8}
_MOST_ENTRIES = 4000
_MOST_BYTES = 1 << 16


def exif(data: bytes) -> Iterator[tuple[str, str]]:
    """Names and values of the tags that tell of a device or a person; `data` is a TIFF structure.

    Ends where the structure lies; never raises.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return
    waiting, seen, left = [("IFD", _number(data, 4, "I", order))], set(), _MOST_ENTRIES
    while waiting and left > 0:
        folder, at = waiting.pop(0)
        if at in seen or at <= 0 or at + 2 > len(data):
            continue
        seen.add(at)
        count = min(_number(data, at, "H", order), left)
        left -= count
        entries = dict(_entries(data, at + 2, count, order))
        if folder == "GPS":
            yield from _gps(entries, order)
            continue
        for tag, (kind, value) in entries.items():
            if tag in _FOLDERS:
                waiting.append((_FOLDERS[tag], _number(value, 0, "I", order)))
            elif tag in NAMES and (text := _text(tag, kind, value)):
                yield NAMES[tag], text
        waiting.append((folder, _number(data, at + 2 + 12 * count, "I", order)))


def _entries(data: bytes, at: int, count: int, order: str) -> Iterator[tuple[int, tuple[int, bytes]]]:
    for number in range(count):
        entry = data[at + 12 * number : at + 12 * number + 12]
        if len(entry) < 12:
            return
        tag, kind, length = struct.unpack(f"{order}HHI", entry[:8])
        size = min(length, _MOST_BYTES) * _SIZES.get(kind, 0)
        start = struct.unpack(f"{order}I", entry[8:])[0]
        yield tag, (kind, entry[8 : 8 + size] if size <= 4 else data[start : start + size])


def _text(tag: int, kind: int, value: bytes) -> str:
    if 0x9C9B <= tag <= 0x9C9F:
        return value.decode("utf-16-le", "replace").strip("\0 ")
    if tag == 0x9286:
        charset, value = value[:8], value[8:]
        return value.decode("utf-16" if charset.startswith(b"UNICODE") else "utf-8", "replace").strip("\0 ")
    if kind == 7:
        return " ".join(run for run in value.decode("latin-1").split("\0") if len(run) > 4 and run.isprintable())
    return value.decode("utf-8", "replace").strip("\0 ") if kind in (1, 2) else ""


def _gps(entries: dict[int, tuple[int, bytes]], order: str) -> Iterator[tuple[str, str]]:
    found = []
    for reference, place, negative in ((1, 2, b"S"), (3, 4, b"W")):
        parts = _rationals(entries.get(place, (0, b""))[1], order)
        if len(parts) < 3:
            break
        degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
        found.append(-degrees if entries.get(reference, (0, b""))[1][:1] == negative else degrees)
    if len(found) == 2:
        yield "GPSPosition", f"gps: {found[0]:.6f}, {found[1]:.6f}"
    for tag, name in _GPS_NAMES.items():
        if tag in entries and (text := _text(tag, *entries[tag])):
            yield f"GPS{name}", text


def _rationals(value: bytes, order: str) -> list[float]:
    numbers = struct.unpack(f"{order}{len(value) // 8 * 2}I", value[: len(value) // 8 * 8])
    return [above / below if below else 0.0 for above, below in zip(numbers[::2], numbers[1::2], strict=True)]


def _number(data: bytes, at: int, kind: str, order: str) -> int:
    part = data[at : at + struct.calcsize(kind)]
    return int(struct.unpack(f"{order}{kind}", part)[0]) if len(part) == struct.calcsize(kind) else 0
