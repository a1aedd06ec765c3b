"""NFS 4.0 to 4.2 (RFC 7530, 8881, 7862): compounds of operations on a current file."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.channels import xdr
from forensics.channels.nfs3 import Session
from forensics.channels.rpc import Call, Reply
from forensics.channels.tape import Lost, Reading, Tape
from forensics.model import Direction

OPERATION_LIMIT = 64
_ACCESS, _CLOSE, _COMMIT, _DELEGATION_RETURNED, _GETATTR, _GETFH, _LOOKUP = 3, 4, 5, 8, 9, 10, 15
_LOOKUP_PARENT, _OPEN, _OPEN_CONFIRM, _PUTFH, _PUT_PUBLIC, _PUT_ROOT, _READ = 16, 18, 20, 22, 23, 24, 25
_RESTORE, _SAVE, _SETATTR, _WRITE, _SEQUENCE, _READ_PLUS = 31, 32, 34, 38, 53, 68
_STATE_BYTES, _CHANGE_BYTES = 16, 20
_ARGUMENT_BYTES = {
    _ACCESS: 4, _CLOSE: 20, _COMMIT: 12, _DELEGATION_RETURNED: 16, _GETFH: 0, _LOOKUP_PARENT: 0, _OPEN_CONFIRM: 20,
    _PUT_PUBLIC: 0, _PUT_ROOT: 0, _RESTORE: 0, _SAVE: 0, _SEQUENCE: 32,
}  # fmt: skip
_RESULT_BYTES = {
    _ACCESS: 8, _CLOSE: 16, _COMMIT: 8, _DELEGATION_RETURNED: 0, _LOOKUP: 0, _LOOKUP_PARENT: 0,
    _OPEN_CONFIRM: 16, _PUTFH: 0, _PUT_PUBLIC: 0, _PUT_ROOT: 0, _RESTORE: 0, _SAVE: 0,
    _WRITE: 16, _SEQUENCE: 36,
}  # fmt: skip
_UNNAMED = b""


@dataclass(slots=True)
class _Step:
    """One operation of a call, as far as its result needs it: the file it is about and where in it."""

    operation: int
    handle: bytes
    name: bytes = b""
    parent: bytes = b""
    offset: int = 0


@dataclass(slots=True)
class _Current:
    """The file that operations are about: by handle, or by its name in a folder until the server tells the handle."""

    handle: bytes = _UNNAMED
    name: bytes = b""
    parent: bytes = b""

    @property
    def key(self) -> bytes:
        return self.handle or (self.parent + b"/" + self.name if self.name else b"")

    def enter(self, name: bytes) -> None:
        if name:
            self.parent, self.name, self.handle = self.key, name, _UNNAMED


def called(session: Session, call: Call, tape: Tape) -> Reading[None]:
    """Read the operations of a compound up to one that says nothing of files and whose size is not known."""
    if call.procedure != 1:
        return
    yield from xdr.opaque(tape)
    yield from xdr.number(tape)
    count = yield from xdr.number(tape)
    steps: list[_Step] = []
    call.reply = _results(session, steps)
    current, saved = _Current(), _Current()
    for _ in range(min(count, OPERATION_LIMIT)):
        operation = yield from xdr.number(tape)
        if operation == _SAVE:
            saved = _Current(current.handle, current.name, current.parent)
        elif operation == _RESTORE:
            current = saved
        step = _Step(operation, current.key)
        known = yield from _argument(session, call, tape, step, current)
        step.handle, step.name, step.parent = current.key, current.name, current.parent
        steps.append(step)
        if not known:
            return


def _argument(session: Session, call: Call, tape: Tape, step: _Step, current: _Current) -> Reading[bool]:
    """Read one operation's arguments; False where what follows cannot be found."""
    operation = step.operation
    if operation in _ARGUMENT_BYTES:
        yield from xdr.skip(tape, _ARGUMENT_BYTES[operation])
        if operation in (_PUT_PUBLIC, _PUT_ROOT, _LOOKUP_PARENT):
            current.handle, current.name, current.parent = _UNNAMED, b"", b""
    elif operation == _PUTFH:
        current.handle, current.name, current.parent = (yield from xdr.opaque(tape)), b"", b""
    elif operation == _LOOKUP:
        current.enter((yield from xdr.opaque(tape)))
    elif operation == _GETATTR:
        yield from xdr.numbers(tape)
    elif operation == _SETATTR:
        yield from xdr.skip(tape, _STATE_BYTES)
        yield from _attributes(tape)
    elif operation == _OPEN:
        current.enter((yield from _opened(tape)))
    elif operation in (_READ, _READ_PLUS):
        yield from xdr.skip(tape, _STATE_BYTES)
        step.offset = yield from xdr.wide(tape)
        yield from xdr.skip(tape, 4)
    elif operation == _WRITE:
        yield from xdr.skip(tape, _STATE_BYTES)
        offset = yield from xdr.wide(tape)
        yield from xdr.skip(tape, 4)
        yield from session.data(tape, Direction.UP, current.key, offset, call.base)
    else:
        return False
    return True


def _opened(tape: Tape) -> Reading[bytes]:
    """The arguments of an opening (RFC 8881 18.16.1); returns the name, empty where the current file is meant."""
    yield from xdr.skip(tape, 20)
    yield from xdr.opaque(tape)
    if (yield from xdr.number(tape)) == 1:
        mode = yield from xdr.number(tape)
        if mode >= 2:
            yield from xdr.skip(tape, 8)
        if mode != 2:
            yield from _attributes(tape)
    claim = yield from xdr.number(tape)
    if claim in (2, 5):
        yield from xdr.skip(tape, _STATE_BYTES)
    if claim in (0, 2, 3):
        return (yield from xdr.opaque(tape))
    if claim == 1:
        yield from xdr.skip(tape, 4)
    return b""


def _attributes(tape: Tape) -> Reading[int]:
    """Attributes by bitmap; returns the size among them (RFC 8881 5.8), -1 where it is not."""
    bitmap = yield from xdr.numbers(tape)
    raw = yield from xdr.opaque(tape)
    asked, at = bitmap[0] if bitmap else 0, 0
    if not asked & 16:
        return -1
    if asked & 1:
        at = 4 + 4 * int.from_bytes(raw[:4], "big")
    at += sum(size for bit, size in ((2, 4), (4, 4), (8, 8)) if asked & bit)
    return int.from_bytes(raw[at : at + 8], "big") if len(raw) >= at + 8 else -1


def _results(session: Session, steps: list[_Step]) -> Reply:
    def reply(tape: Tape, base: int) -> Reading[None]:
        yield from xdr.number(tape)
        yield from xdr.opaque(tape)
        count = yield from xdr.number(tape)
        told: dict[bytes, bytes] = {}
        for step in steps[:count]:
            operation = yield from xdr.number(tape)
            status = yield from xdr.number(tape)
            if status or operation != step.operation:
                return
            handle = told.get(step.handle, step.handle)
            if operation == _GETFH:
                told[step.handle] = handle = yield from xdr.opaque(tape)
                session.name(handle, step.name, told.get(step.parent, step.parent))
            else:
                yield from _result(session, tape, step, handle, base)

    return reply


def _result(session: Session, tape: Tape, step: _Step, handle: bytes, base: int) -> Reading[None]:
    operation = step.operation
    place = session.place(base + tape.offset, tape.time)
    if operation in _RESULT_BYTES:
        yield from xdr.skip(tape, _RESULT_BYTES[operation])
        if operation == _CLOSE:
            session.files.close(handle, place)
        elif operation == _COMMIT:
            session.files.commit(handle, place)
    elif operation == _GETATTR:
        size = yield from _attributes(tape)
        if size >= 0:
            session.files.end(handle, size, place)
    elif operation == _SETATTR:
        yield from xdr.numbers(tape)
    elif operation == _OPEN:
        yield from _open_result(tape)
    elif operation == _READ:
        is_end = yield from xdr.number(tape)
        end = yield from session.data(tape, Direction.DOWN, handle, step.offset, base)
        if is_end:
            session.files.end(handle, end, place)
    elif operation == _READ_PLUS:
        yield from _read_plus(session, tape, handle, base)
    else:
        raise Lost


def _read_plus(session: Session, tape: Tape, handle: bytes, base: int) -> Reading[None]:
    """Stretches of data and of nothing, each with its offset (RFC 7862 15.10)."""
    yield from xdr.number(tape)
    for _ in range((yield from xdr.number(tape))):
        kind = yield from xdr.number(tape)
        offset = yield from xdr.wide(tape)
        if kind == 0:
            yield from session.data(tape, Direction.DOWN, handle, offset, base)
        else:
            yield from xdr.skip(tape, 8)


def _open_result(tape: Tape) -> Reading[None]:
    """Past the state, the change of the folder, flags, attributes and the delegation (RFC 8881 18.16.2)."""
    yield from xdr.skip(tape, _STATE_BYTES + _CHANGE_BYTES + 4)
    yield from xdr.numbers(tape)
    kind = yield from xdr.number(tape)
    if kind in (1, 2):
        yield from xdr.skip(tape, _STATE_BYTES + 4 + (12 if kind == 2 else 0) + 12)
        yield from xdr.opaque(tape)
    elif kind == 3 and (yield from xdr.number(tape)) in (1, 2):
        yield from xdr.number(tape)
