"""An incremental MIME reader (RFC 2045, 2046, 7578): bytes of a message or form in, decoded parts out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from forensics.channels.cursor import Cursor
from forensics.channels.headers import Headers, parameters
from forensics.channels.transfer import Transfer, transfer_of

HEADER_LIMIT_BYTES = 1 << 18
BOUNDARY_LIMIT = 256
DEPTH_LIMIT = 16
PART_LIMIT = 10_000


class Sink(Protocol):
    """What takes the bytes of a part, such as a draft."""

    def write(self, data: bytes) -> None:
        """Take bytes."""

    def skip(self, size: int) -> None:
        """Note bytes never seen."""

    def finish(self, *, missing_end: int = 0) -> None:
        """The part has ended, but for `missing_end` bytes."""


OpenPart = Callable[[Headers, int], "Sink | None"]
"""Makes what takes a part from its headers and its offset in the body; None for parts that are no object."""


class Leaf:
    """One part that is no multipart: its transfer decoding, its draft, and a message read inside it."""

    def __init__(self, draft: Sink | None, transfer: Transfer, inner: MimeReader | None) -> None:
        self._draft = draft
        self._transfer = transfer
        self._inner = inner

    def write(self, data: bytes) -> None:
        """Take transferred bytes."""
        self._pass_on(self._transfer.feed(data))

    def skip(self, size: int) -> None:
        """Note transferred bytes never seen."""
        lost = self._transfer.lose(size)
        if self._draft:
            self._draft.skip(lost)
        if self._inner:
            self._inner.hole(lost)

    def finish(self, *, missing_end: int = 0) -> None:
        """The part has ended."""
        self._pass_on(self._transfer.end())
        if self._draft:
            self._draft.finish(missing_end=missing_end)
        if self._inner:
            self._inner.finish(missing_end=missing_end)

    def _pass_on(self, data: bytes) -> None:
        if self._draft:
            self._draft.write(data)
        if self._inner:
            self._inner.feed(data)


class MimeReader:
    """Reads a message (headers first), or a multipart body when its `headers` are given."""

    def __init__(self, open_part: OpenPart, *, headers: Headers | None = None, depth: int = 0) -> None:
        self._open_part = open_part
        self._cursor = Cursor()
        self._depth = depth
        self._parts = 0
        self._boundaries: list[bytes] = []
        self._leaf: Leaf | None = None
        self._block = bytearray()
        self._is_in_headers = headers is None
        self._is_at_line_start = True
        if headers is not None:
            self._enter(headers)

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        if not data:
            return
        self._cursor.push(data)
        while self._read_headers() if self._is_in_headers else self._read_body():
            pass

    def hole(self, size: int) -> None:
        """Take note of bytes never seen; a boundary in them joins two parts."""
        if self._is_in_headers:
            self._begin_body()
        else:
            self._pass_on(self._cursor.take(len(self._cursor)))
        self._cursor.skip(size)
        if self._leaf:
            self._leaf.skip(size)
        self._is_at_line_start = False

    def finish(self, *, missing_end: int = 0) -> None:
        """Nothing more comes."""
        if self._is_in_headers:
            self._block += self._cursor.take(len(self._cursor))
            self._begin_body()
        else:
            self._finish_body(missing_end)
        self._end_leaf(missing_end)

    def _finish_body(self, missing_end: int) -> None:
        """A last delimiter may lack its line feed."""
        if self._boundaries and not missing_end:
            self._cursor.push(b"\n")
            while not self._is_in_headers and self._read_body():
                pass
            if self._leaf is None:
                return
            rest = self._cursor.take(len(self._cursor))
            self._pass_on(rest.removesuffix(b"\n"))
            return
        self._pass_on(self._cursor.take(len(self._cursor)))

    def _read_headers(self) -> bool:
        line = self._cursor.line()
        if line is None:
            if len(self._cursor) > HEADER_LIMIT_BYTES:
                self._begin_body()
                return True
            return False
        if not line.strip(b"\r\n") or len(self._block) > HEADER_LIMIT_BYTES:
            self._begin_body()
            return True
        if self._boundaries and line.startswith(b"--") and self._is_delimiter(line):
            self._begin_body()
            self._end_leaf()
            self._delimit(line)
            return True
        self._block += line
        return True

    def _begin_body(self) -> None:
        headers = Headers(bytes(self._block))
        self._block.clear()
        self._is_in_headers = False
        self._is_at_line_start = True
        self._enter(headers)

    def _enter(self, headers: Headers) -> None:
        """Begin the body these headers describe: a multipart's preamble or a leaf."""
        self._leaf = None
        media_type = headers.media_type
        if media_type.startswith("multipart/") and len(self._boundaries) < DEPTH_LIMIT:
            boundary = parameters(headers.get("content-type")).get("boundary", "")[:BOUNDARY_LIMIT]
            if boundary:
                self._boundaries.append(boundary.encode("utf-8", "surrogateescape"))
                return
        self._parts += 1
        if self._parts > PART_LIMIT:
            return
        draft = self._open_part(headers, self._cursor.offset)
        inner = None
        if media_type == "message/rfc822" and self._depth < DEPTH_LIMIT:
            inner = MimeReader(self._open_part, depth=self._depth + 1)
        if draft or inner:
            self._leaf = Leaf(draft, transfer_of(headers.get("content-transfer-encoding")), inner)

    def _read_body(self) -> bool:
        if not len(self._cursor):
            return False
        if not self._boundaries:
            self._pass_on(self._cursor.take(len(self._cursor)))
            return False
        found = self._find_delimiter()
        if found < 0:
            keep = max(map(len, self._boundaries)) + 6
            if len(self._cursor) > keep:
                self._pass_on(self._cursor.take(len(self._cursor) - keep))
                self._is_at_line_start = False
            return False
        if self._cursor.find(b"\n", found) < 0 and len(self._cursor) - found < BOUNDARY_LIMIT + 64:
            return False
        self._pass_on(_without_line_break(self._cursor.take(found)))
        line = self._cursor.line() or self._cursor.take(len(self._cursor))
        self._end_leaf()
        self._delimit(line)
        return True

    def _find_delimiter(self) -> int:
        """Distance of the next line that is a delimiter, or may be one when its end has come; -1 for none."""
        best = -1
        for boundary in self._boundaries:
            needle = b"--" + boundary
            at = self._cursor.find(needle)
            while at >= 0 and not self._is_candidate(at, len(needle)):
                at = self._cursor.find(needle, at + 1)
            if at >= 0 and (best < 0 or at < best):
                best = at
        return best

    def _is_candidate(self, at: int, size: int) -> bool:
        if at == 0:
            if not self._is_at_line_start:
                return False
        elif self._cursor.slice(at - 1, at) != b"\n":
            return False
        end = self._cursor.find(b"\n", at + size)
        rest = self._cursor.slice(at + size, at + size + 66 if end < 0 else min(end, at + size + 66))
        ends = (b"", b"--") if end >= 0 else (b"", b"--", b"-")
        return rest.strip(b" \t\r") in ends

    def _is_delimiter(self, line: bytes) -> bool:
        return any(line[2:].rstrip() in (boundary, boundary + b"--") for boundary in self._boundaries)

    def _delimit(self, line: bytes) -> None:
        """Leave the parts this delimiter ends; a closing one ends its multipart too."""
        text = line[2:].rstrip()
        while self._boundaries:
            boundary = self._boundaries[-1]
            if text == boundary:
                self._is_in_headers = True
                return
            self._boundaries.pop()
            if text == boundary + b"--":
                break
        self._is_at_line_start = True

    def _end_leaf(self, missing_end: int = 0) -> None:
        if self._leaf:
            self._leaf.finish(missing_end=missing_end)
        self._leaf = None

    def _pass_on(self, data: bytes) -> None:
        if self._leaf and data:
            self._leaf.write(data)


def _without_line_break(data: bytes) -> bytes:
    """The line break before a delimiter belongs to the delimiter."""
    return data[:-2] if data.endswith(b"\r\n") else data.removesuffix(b"\n")
