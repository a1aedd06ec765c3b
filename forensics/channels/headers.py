"""Header fields of mail and HTTP: folding, parameters (RFC 2231, 5987), encoded words (RFC 2047), file names."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_to_bytes

NAME_LIMIT = 1024
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))', re.DOTALL)
_MEDIA_TYPE = re.compile(r"\s*([^\s/;,=\"]+)\s*/\s*([^\s/;,=\"]*)")
_WORD = re.compile(r"=\?([^?\s]{1,64})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(=\?)")


class Headers:
    """The fields of one header block, by lower-case name, in order."""

    def __init__(self, block: bytes = b"") -> None:
        self._fields: list[tuple[str, str]] = list(_fields(block))

    def get(self, name: str, default: str = "") -> str:
        """The first field of that name, or `default`."""
        return next((value for key, value in self._fields if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every field of that name."""
        return [value for key, value in self._fields if key == name]

    @property
    def media_type(self) -> str:
        """The media type claimed, in lower case, without parameters; empty when none is."""
        return media_type_of(self.get("content-type"))

    @property
    def file_name(self) -> str:
        """The file name claimed in Content-Disposition or Content-Type, decoded; empty when none is."""
        disposition = parameters(self.get("content-disposition"))
        name = disposition.get("filename") or disposition.get("name*") or ""
        return (name or parameters(self.get("content-type")).get("name", ""))[:NAME_LIMIT]


def _fields(block: bytes) -> Iterator[tuple[str, str]]:
    name, value = "", ""
    for raw in block.split(b"\n"):
        line = text(raw.rstrip(b"\r"))
        if line[:1] in (" ", "\t") and name:
            value += " " + line.strip()
            continue
        if name:
            yield name, value
        name, colon, value = line.partition(":")
        name, value = (name.strip().lower() if colon else ""), value.strip()
    if name:
        yield name, value


def text(raw: bytes, charset: str = "utf-8") -> str:
    """Bytes as text in `charset`; as Latin-1 where that does not fit, so that no byte is lost."""
    try:
        return raw.decode(charset)
    except (LookupError, UnicodeError, ValueError):
        return raw.decode("latin-1")


def media_type_of(value: str) -> str:
    """The media type a Content-Type says, in lower case, without parameters; empty when it says none."""
    found = _MEDIA_TYPE.match(value)
    return f"{found[1]}/{found[2]}".lower() if found else ""


def parameters(value: str) -> dict[str, str]:
    """The parameters of a field, continuations joined and character sets decoded, by lower-case name."""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in _PARAMETER.finditer(value):
        key = match[1].lower()
        content = _unquoted(match[2]) if match[2] is not None else match[3].strip()
        name, *rest = key.split("*")
        if not rest:
            plain.setdefault(name, decode_words(content))
            continue
        number = int(rest[0]) if rest[0].isascii() and rest[0].isdigit() and len(rest[0]) < 6 else 0
        pieces.setdefault(name, {}).setdefault(number, (content, rest[-1] == ""))
    for name, parts in pieces.items():
        plain[name] = _joined([parts[number] for number in sorted(parts)])
    return plain


def _unquoted(quoted: str) -> str:
    """Undo backslash escapes of quotes; other backslashes are left, since browsers send Windows paths."""
    return quoted.replace('\\"', '"').replace("\\\\", "\\").replace("%22", '"')


def _joined(parts: list[tuple[str, bool]]) -> str:
    charset = "utf-8"
    raw = b""
    for index, (content, is_encoded) in enumerate(parts):
        encoded = content
        if is_encoded and index == 0 and content.count("'") >= 2:
            charset, _, encoded = content.split("'", 2)
        raw += unquote_to_bytes(encoded) if is_encoded else encoded.encode("utf-8", "surrogateescape")
    return text(raw, charset or "utf-8")


def decode_words(value: str) -> str:
    """Decode the encoded words of RFC 2047 in `value`; what is not one stays."""
    if "=?" not in value:
        return value
    return _WORD.sub(_word, _BETWEEN_WORDS.sub(r"\1\2", value))


def _word(match: re.Match[str]) -> str:
    charset, kind, body = match[1].partition("*")[0], match[2].lower(), match[3]
    raw = body.encode("utf-8", "replace")
    try:
        if kind == "b":
            decoded = base64.b64decode(raw + b"=" * (-len(raw) % 4))
        else:
            decoded = quopri.decodestring(raw.replace(b"_", b" "), header=False)
    except (binascii.Error, ValueError):
        return match[0]
    return text(decoded, charset)


def name_of_path(target: str) -> str:
    """The last element of a URL path or request target, percent-decoded; empty for a folder."""
    path = re.split(r"[?#]", target, maxsplit=1)[0]
    if "://" in path:
        path = path.partition("://")[2].partition("/")[2]
    return unquote(path.rsplit("/", 1)[-1])[:NAME_LIMIT]
