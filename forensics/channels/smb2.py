"""Messages of SMB 2 and 3 (MS-SMB2): what is opened, written, read and closed, one command after the other."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from forensics.channels.dialogue import About, Answer
from forensics.channels.headers import text
from forensics.channels.share import Share
from forensics.channels.shared_file import SharedFile
from forensics.channels.tape import Reading, Tape
from forensics.model import Direction

MAGIC = b"\xfeSMB"
HEADER_BYTES = 64
BODY_LIMIT_BYTES = 128 << 10
_TREE_CONNECT, _CREATE, _CLOSE, _READ, _WRITE, _SET_INFO = 3, 5, 6, 8, 9, 17
_IS_ANSWER, _IS_RELATED = 1, 4
_PENDING, _PARTLY = 0x103, 0x80000005
_APPEND = b"\xff" * 8
_SAME = b"\xff" * 16
_RENAME, _END_OF_FILE = 10, 20


@dataclass(frozen=True, slots=True)
class _Header:
    """What the 64 bytes before each command say. A tree is named by session and number."""

    status: int
    command: int
    flags: int
    message: int
    tree: tuple[int, int]
    start: int
    """Offset of the header in the stream."""
    stop: int
    """Offset behind the command."""
    is_last: bool

    @classmethod
    def of(cls, raw: bytes, start: int, end: int) -> _Header:
        status, command, _, flags, after, message, _, tree, session = struct.unpack_from("<IHHIIQIIQ", raw, 8)
        stop = start + after if after else end
        return cls(status, command, flags, message, (session, tree), start, stop, end - stop < HEADER_BYTES)

    @property
    def is_good(self) -> bool:
        return self.status in (0, _PARTLY)


@dataclass(slots=True)
class _Chain:
    """What related commands of one frame go on with."""

    tree: tuple[int, int] = (0, 0)
    file: SharedFile | None = None


class Smb2:
    """Reads frames into a Share. Related commands of one frame go on with the file that the one before opened."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._trees: dict[int, tuple[int, int]] = {}
        self._opened: dict[int, SharedFile | None] = {}

    @staticmethod
    def is_answer(head: bytes) -> bool:
        """Say of a header whether the server sent it."""
        return bool(head[16] & _IS_ANSWER)

    def frame(self, tape: Tape, head: bytes, end: int) -> Reading[None]:
        """Read the commands of a frame whose first header is `head` and which ends at offset `end`."""
        chain = _Chain()
        while True:
            header = _Header.of(head, tape.offset - HEADER_BYTES, end)
            if not tape.offset <= header.stop <= end:
                return
            if not header.flags & _IS_RELATED:
                chain = _Chain(header.tree)
            if header.flags & _IS_ANSWER:
                yield from self._answer(tape, header)
            else:
                yield from self._ask(tape, header, chain)
            yield from tape.skip_to(header.stop)
            if header.is_last:
                return
            head = yield from tape.take(HEADER_BYTES)
            if not head.startswith(MAGIC):
                return

    def _ask(self, tape: Tape, header: _Header, chain: _Chain) -> Reading[None]:
        if header.command == _WRITE and header.stop - tape.offset >= 48:
            yield from self._write(tape, header, chain)
            return
        if header.command not in (_TREE_CONNECT, _CREATE, _CLOSE, _READ, _SET_INFO):
            return
        body = yield from tape.take(min(header.stop - tape.offset, BODY_LIMIT_BYTES))
        key = header.message
        if header.command == _TREE_CONNECT and len(body) >= 8:
            self._share.connect(key, _name(body, *struct.unpack_from("<HH", body, 4)))
        elif header.command == _CREATE and len(body) >= 56:
            chain.file = self._share.open(key, _name(body, *struct.unpack_from("<HH", body, 44)), chain.tree)
        elif header.command == _CLOSE and len(body) >= 24:
            self._share.close(key, self._file(body[8:24], chain))
        elif header.command == _READ and len(body) >= 32:
            self._share.read(key, self._file(body[16:32], chain), struct.unpack_from("<Q", body, 8)[0])
        elif header.command == _SET_INFO and len(body) >= 32:
            _set_info(self._file(body[16:32], chain), body)

    def _write(self, tape: Tape, header: _Header, chain: _Chain) -> Reading[None]:
        body = yield from tape.take(48)
        distance, length, offset = struct.unpack_from("<HIQ", body, 2)
        file = self._file(body[16:32], chain)
        place = self._share.place(tape.offset, tape.time)
        if body[8:16] == _APPEND:
            offset = file.tail(Direction.UP)
        yield from tape.skip_to(min(header.start + distance, header.stop))
        if length:
            file.reach(Direction.UP, offset + length, place)
        end = min(tape.offset + length, header.stop)
        yield from tape.pour(end, lambda at, data: file.write(Direction.UP, offset + at, data, place))

    def _answer(self, tape: Tape, header: _Header) -> Reading[None]:
        if header.status == _PENDING:
            return
        if header.command == _READ:
            yield from self._read(tape, header)
        elif header.command in (_TREE_CONNECT, _CREATE, _CLOSE):
            body = yield from tape.take(min(header.stop - tape.offset, 88))
            self._share.answer(header.message, _answer(header, body))

    def _read(self, tape: Tape, header: _Header) -> Reading[None]:
        place = self._share.place(tape.offset, tape.time)
        body = yield from tape.take(min(header.stop - tape.offset, 16))
        distance, length = 0, 0
        if len(body) == 16 and header.is_good:
            distance, length = body[2], struct.unpack_from("<I", body, 4)[0]
        into = self._share.answer(header.message, Answer(about=About.READ, length=length, place=place))
        if length:
            yield from tape.skip_to(min(header.start + distance, header.stop))
            yield from tape.pour(min(tape.offset + length, header.stop), into)

    def _file(self, handle: bytes, chain: _Chain) -> SharedFile:
        """The file a request is about; related requests may leave it to the one before."""
        if handle != _SAME or chain.file is None:
            chain.file = self._share.file(handle, chain.tree, handle.hex())
        return chain.file


def _answer(header: _Header, body: bytes) -> Answer:
    if header.command == _TREE_CONNECT:
        kind = body[2] if len(body) >= 16 else 0
        return Answer(
            about=About.SHARE,
            is_good=header.is_good and bool(kind),
            handle=header.tree,
            is_file=kind != 2,
        )
    if header.command == _CREATE:
        is_good = header.is_good and len(body) >= 80
        size = struct.unpack_from("<Q", body, 48)[0] if is_good else -1
        return Answer(about=About.NAME, is_good=is_good, handle=body[64:80], size=size)
    return Answer(about=About.CLOSE, is_good=header.is_good)


def _name(body: bytes, distance: int, length: int) -> str:
    """A string by its distance from the beginning of the header."""
    at = max(0, distance - HEADER_BYTES)
    return text(body[at : at + length], "utf-16-le").rstrip("\0")


def _set_info(file: SharedFile, body: bytes) -> None:
    """A size given to a file, or another name while it is open."""
    length, distance = struct.unpack_from("<IH", body, 4)
    data = body[max(0, distance - HEADER_BYTES) :][:length]
    if body[2] != 1:
        return
    if body[3] == _END_OF_FILE and len(data) >= 8:
        (file.set_end,) = struct.unpack_from("<Q", data)
    elif body[3] == _RENAME and len(data) > 20:
        (size,) = struct.unpack_from("<I", data, 16)
        file.path = text(data[20 : 20 + size], "utf-16-le") or file.path
