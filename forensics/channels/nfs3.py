"""NFS 2 (RFC 1094) and 3 (RFC 1813) and the calls that mount exports: what is named, written and read."""

from __future__ import annotations

from collections.abc import Callable

from forensics.channels import rpc, xdr
from forensics.channels.base import Peers
from forensics.channels.nfs_files import NfsFiles
from forensics.channels.rpc import Call, Reply
from forensics.channels.shared_file import Place
from forensics.channels.tape import Lost, Reading, Tape
from forensics.model import Direction

HANDLE_BYTES = 32
_ATTRIBUTES_2, _ATTRIBUTES_3 = 68, 84
_LOOKUP_2, _READ_2, _WRITE_2, _CREATE_2, _MKDIR_2 = 4, 6, 8, 9, 14
_LOOKUP, _READ, _WRITE, _CREATE, _SYMLINK, _READDIRPLUS, _COMMIT = 3, 6, 7, 8, 10, 17, 21
_MOUNTED = 1
_ENTRY_LIMIT = 100_000


class Session:
    """One connection's view of the files: who is its client, and where on the wire it is."""

    def __init__(self, peers: Peers, client: int, files: NfsFiles) -> None:
        self.peers = peers
        self.client = client
        self.files = files

    def place(self, position: int, time: float) -> Place:
        """Where bytes at an offset of a side are."""
        return Place(peers=self.peers, client=self.client, position=position, time=time)

    def name(self, handle: bytes, name: bytes, parent: bytes = b"") -> None:
        """A handle stands for a name in a folder."""
        self.files.name(self.peers, self.client, handle, name, parent)

    def data(self, tape: Tape, direction: Direction, handle: bytes, offset: int, base: int) -> Reading[int]:
        """Read bytes of a file that have their length before them; returns the offset behind them."""
        length = yield from xdr.number(tape)
        place = self.place(base + tape.offset, tape.time)
        if length:
            self.files.reach(direction, handle, offset + length, place)
        yield from tape.pour(
            tape.offset + length, lambda at, data: self.files.write(direction, handle, offset + at, data, place)
        )
        yield from xdr.skip(tape, -length % 4)
        return offset + length


def called(session: Session, call: Call, tape: Tape) -> Reading[None]:
    """Read the arguments of a call of the mount program or of NFS 2 or 3."""
    if call.program == rpc.MOUNT:
        if call.procedure == _MOUNTED:
            path = yield from xdr.opaque(tape)
            call.reply = _mounted(session, path, call.version)
    elif call.version == 2:
        yield from _called_2(session, call, tape)
    elif call.version == 3:
        yield from _called_3(session, call, tape)


def _called_2(session: Session, call: Call, tape: Tape) -> Reading[None]:
    if call.procedure not in (_LOOKUP_2, _READ_2, _WRITE_2, _CREATE_2, _MKDIR_2):
        return
    handle = yield from tape.take(HANDLE_BYTES)
    if call.procedure == _READ_2:
        call.reply = _read_2(session, handle, (yield from xdr.number(tape)))
    elif call.procedure == _WRITE_2:
        yield from xdr.number(tape)
        offset = yield from xdr.number(tape)
        yield from xdr.number(tape)
        yield from session.data(tape, Direction.UP, handle, offset, call.base)
    else:
        call.reply = _named(session, handle, (yield from xdr.opaque(tape)), lambda tape: tape.take(HANDLE_BYTES))


def _called_3(session: Session, call: Call, tape: Tape) -> Reading[None]:
    if call.procedure not in (*range(_LOOKUP, _SYMLINK + 1), _READDIRPLUS, _COMMIT):
        return
    handle = yield from xdr.opaque(tape)
    if call.procedure == _READ:
        call.reply = _read_3(session, handle, (yield from xdr.wide(tape)))
    elif call.procedure == _WRITE:
        offset = yield from xdr.wide(tape)
        yield from xdr.skip(tape, 8)
        yield from session.data(tape, Direction.UP, handle, offset, call.base)
    elif call.procedure == _COMMIT:
        session.files.commit(handle, session.place(call.base, tape.time))
    elif call.procedure == _READDIRPLUS:
        call.reply = _listed(session, handle)
    elif call.procedure == _LOOKUP:
        call.reply = _named(session, handle, (yield from xdr.opaque(tape)), xdr.opaque)
    elif call.procedure in range(_CREATE, _SYMLINK + 1):
        call.reply = _named(session, handle, (yield from xdr.opaque(tape)), _optional_handle)


def _mounted(session: Session, path: bytes, version: int) -> Reply:
    def reply(tape: Tape, _: int) -> Reading[None]:
        if not (yield from xdr.number(tape)):
            handle = (yield from xdr.opaque(tape)) if version >= 3 else (yield from tape.take(HANDLE_BYTES))
            session.name(handle, path)

    return reply


def _named(session: Session, parent: bytes, name: bytes, handle: Callable[[Tape], Reading[bytes]]) -> Reply:
    def reply(tape: Tape, _: int) -> Reading[None]:
        if not (yield from xdr.number(tape)):
            session.name((yield from handle(tape)), name, parent)

    return reply


def _read_2(session: Session, handle: bytes, offset: int) -> Reply:
    def reply(tape: Tape, base: int) -> Reading[None]:
        if (yield from xdr.number(tape)):
            return
        attributes = yield from tape.take(_ATTRIBUTES_2)
        place = session.place(base + tape.offset, tape.time)
        yield from session.data(tape, Direction.DOWN, handle, offset, base)
        session.files.end(handle, int.from_bytes(attributes[20:24], "big"), place)

    return reply


def _read_3(session: Session, handle: bytes, offset: int) -> Reply:
    def reply(tape: Tape, base: int) -> Reading[None]:
        if (yield from xdr.number(tape)):
            return
        size = -1
        if (yield from xdr.number(tape)):
            attributes = yield from tape.take(_ATTRIBUTES_3)
            size = int.from_bytes(attributes[20:28], "big")
        yield from xdr.number(tape)
        is_end = yield from xdr.number(tape)
        place = session.place(base + tape.offset, tape.time)
        end = yield from session.data(tape, Direction.DOWN, handle, offset, base)
        if is_end or size >= 0:
            session.files.end(handle, size if size >= 0 else end, place)

    return reply


def _listed(session: Session, parent: bytes) -> Reply:
    """A folder's entries with their handles, which spares the client asking for each."""

    def reply(tape: Tape, _: int) -> Reading[None]:
        if (yield from xdr.number(tape)):
            return
        yield from _optional_attributes(tape)
        yield from xdr.skip(tape, 8)
        for _entry in range(_ENTRY_LIMIT):
            if not (yield from xdr.number(tape)):
                return
            yield from xdr.skip(tape, 8)
            name = yield from xdr.opaque(tape)
            yield from xdr.skip(tape, 8)
            yield from _optional_attributes(tape)
            session.name((yield from _optional_handle(tape)), name, parent)

    return reply


def _optional_attributes(tape: Tape) -> Reading[None]:
    follows = yield from xdr.number(tape)
    if follows > 1:
        raise Lost
    yield from xdr.skip(tape, _ATTRIBUTES_3 * follows)


def _optional_handle(tape: Tape) -> Reading[bytes]:
    return (yield from xdr.opaque(tape)) if (yield from xdr.number(tape)) else b""
