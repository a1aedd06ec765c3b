"""What files carry beside what they are for: tags, comments, extra fields, and texts that no decoder shows."""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterator

from forensics.content import Content
from forensics.errors import Malformed
from forensics.formats.asides import every_aside
from forensics.formats.picture_tags import picture_tags
from forensics.formats.zip_directory import read_directory

HEAD_BYTES, TAIL_BYTES = 1 << 18, 1 << 16
"""Of files whose structure is not known, in which text is looked for at both ends."""
MOST_ASIDE_BYTES = 4 << 20
_RUN = re.compile(rb"[\x20-\x7e\xa9\xc2-\xf4\x80-\xbf]{3,}")
_WIDE = {"utf-16-le": re.compile(rb"(?:[\x20-\x7e]\0){4,}"), "utf-16-be": re.compile(rb"(?:\0[\x20-\x7e]){4,}")}
_NEAR = 8
"""Bytes between two runs that belong together: a name and its value."""
_FIELD, _LENGTHS = struct.Struct("<HH"), struct.Struct("<3H")
_OWNER = 0x7875
_NAMES = {"©ser": "serial ", "©xyz": "location ", "©mak": "make ", "©mod": "model "}
"""User data of QuickTime that is named by four characters."""


def carried(content: Content, media_type: str) -> Iterator[tuple[str, str]]:
    """Carriers and the text in each. Never raises for what the bytes do."""
    major = media_type.partition("/")[0]
    if major == "image":
        for name, value in picture_tags(content, media_type):
            yield name, f"{name}: {value if isinstance(value, str) else text_in(value)}"
    spans = every_aside(content, media_type)
    if spans is not None:
        left = MOST_ASIDE_BYTES
        for span in spans:
            data = content.pread(min(left, span.end - span.start), span.start)
            left -= len(data)
            if text := text_in(data):
                yield f"chunk at {span.start}", text
    elif content.head(4)[:2] == b"PK":
        yield from _zip(content)
    elif major in ("audio", "video", "image") or media_type == "application/octet-stream":
        yield from _ends(content)


def text_in(data: bytes) -> str:
    """The runs of text in bytes, one a line; runs that stand close together on one line."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return data.decode("utf-16", "replace")
    lines: list[str] = []
    last = -_NEAR - 1
    for found in _RUN.finditer(data):
        run = found[0].decode("utf-8", "replace") if b"\xa9" not in found[0] else found[0].decode("latin-1")
        if lines and found.start() - last <= _NEAR:
            lines[-1] += f": {run}"
        else:
            lines.append(run)
        last = found.end()
    for encoding, shape in _WIDE.items():
        lines += [found[0].decode(encoding) for found in shape.finditer(data)]
    text = "\n".join(lines)
    for name, words in _NAMES.items():
        text = text.replace(name, words)
    return text


def _ends(content: Content) -> Iterator[tuple[str, str]]:
    yield "first bytes", _longer(text_in(content.pread(HEAD_BYTES, 0)))
    if content.size > HEAD_BYTES:
        start = max(HEAD_BYTES, content.size - TAIL_BYTES)
        yield "last bytes", _longer(text_in(content.pread(TAIL_BYTES, start)))


def _longer(text: str) -> str:
    """Without the short runs that chance makes of samples."""
    return "\n".join(line for line in text.splitlines() if len(line) >= _NEAR)


def _zip(content: Content) -> Iterator[tuple[str, str]]:
    """The directory of an archive: comments and extra fields; the owner of each member (Info-ZIP, 0x7875)."""
    try:
        directory = read_directory(content)
    except Malformed:
        return
    size = min(MOST_ASIDE_BYTES, max(0, directory.end - directory.directory_start))
    data = content.pread(size, directory.directory_start)
    owners: set[str] = set()
    for kind, value in _fields(data):
        if kind == _OWNER:
            owners.add(_owner(value))
        elif text := text_in(value):
            yield ("ZIP comment" if kind < 0 else f"ZIP extra field {kind:04x}"), text
    if owners := owners - {"", "0:0"}:
        yield "ZIP owner", "\n".join(f"owner: {owner}" for owner in sorted(owners))


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Extra fields of a directory's entries by their number, comments as -1 (APPNOTE 4.3.12, 4.5)."""
    at = 0
    while data[at : at + 4] == b"PK\1\2" and at + 46 <= len(data):
        name, extra, comment = _LENGTHS.unpack_from(data, at + 28)
        begin = at + 46 + name
        at, end = begin + extra + comment, begin + extra
        while begin + 4 <= end:
            kind, size = _FIELD.unpack_from(data, begin)
            yield kind, data[begin + 4 : min(begin + 4 + size, end)]
            begin += 4 + size
        if comment:
            yield -1, data[end:at]


def _owner(field: bytes) -> str:
    """Version 1, then size and number of the user, size and number of the group."""
    if len(field) < 11 or field[0] != 1 or field[1] != 4 or field[6] != 4:
        return ""
    return f"{int.from_bytes(field[2:6], 'little')}:{int.from_bytes(field[7:11], 'little')}"
