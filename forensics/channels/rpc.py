"""Remote calls and their replies (ONC RPC, RFC 5531), over streams with record marks or in datagrams."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from forensics.channels import xdr
from forensics.channels.tape import Lost, Reading, Tape

CALL_LIMIT = 4096
EARLY_LIMIT = 256
EARLY_BYTES = 8 << 20
FRAGMENT_LIMIT_BYTES = 64 << 20
NFS, MOUNT = 100_003, 100_005
_SECURE, _INTEGRITY, _PRIVACY = 6, 2, 3
CALL = re.compile(rb"[\s\S]{4}\0{7}\x02\0\x01\x86[\xa3\xa5]")
"""A call of either program, from its number on."""
_BEGINNING = re.compile(rb"\x80[\s\S]{7}(?:\0{7}\x02\0\x01\x86[\xa3\xa5]|\0\0\0\x01\0{7}[\x00\x06])")
_BEGINNING_BYTES = 20

Reply = Callable[[Tape, int], Reading[None]]
"""Reads the results of a call that went well; the number is the offset at which its tape begins in the side's bytes."""


@dataclass(slots=True, kw_only=True)
class Call:
    """A call as far as its head goes; what reads its arguments leaves in `reply` what reads its results."""

    program: int
    version: int
    procedure: int
    base: int
    """Offset of the message in its side's bytes."""
    service: int = 0
    """2 where results bear a checksum, 3 where they are encrypted (RFC 2203 5.3.3.4)."""
    reply: Reply | None = None


class _Held:
    """A reply that came before its call; holes are numbers."""

    def __init__(self, base: int) -> None:
        self.base = base
        self.size = 0
        self._pieces: list[tuple[bytes | int, float]] = []
        self._tape: Tape | None = None

    def add(self, piece: bytes | int, time: float) -> None:
        if self._tape is None:
            self._pieces.append((piece, time))
            self.size += 0 if isinstance(piece, int) else len(piece)
        elif isinstance(piece, int):
            self._tape.hole(piece, time)
        else:
            self._tape.push(piece, time)

    def tell(self, tape: Tape) -> None:
        """The call is known, and its tape takes what came and what comes."""
        self._tape = tape
        for piece, time in self._pieces:
            self.add(piece, time)
        self._pieces.clear()


class Rpc:
    """Reads messages of both sides. `called` reads the arguments of a call; `lose` is told what cannot be read."""

    def __init__(self, called: Callable[[Call, Tape], Reading[None]], lose: Callable[[str, int, float], None]) -> None:
        self._called = called
        self._lose = lose
        self._calls: OrderedDict[int, Call] = OrderedDict()
        self._early: OrderedDict[int, _Held] = OrderedDict()
        self._early_bytes = 0

    def stream(self, tape: Tape) -> Reading[None]:
        """Read the records of one side of a stream (RFC 5531 11); after a loss go on where a record begins."""
        return tape.each(lambda: self._record(tape), _BEGINNING, _BEGINNING_BYTES)

    def message(self, base: int) -> Tape:
        """What takes the bytes of one message, which begins at offset `base` of its side."""
        return Tape(lambda tape: self._message(tape, base))

    def finish(self, time: float) -> None:
        """Nothing more comes."""
        while self._early:
            self._forget(time)

    def _record(self, tape: Tape) -> Reading[None]:
        message, is_last = self.message(tape.offset), False
        while not is_last:
            mark = yield from xdr.number(tape)
            size, is_last = mark & 0x7FFFFFFF, mark > 0x7FFFFFFF
            if size > FRAGMENT_LIMIT_BYTES:
                raise Lost
            tape.resume = tape.offset + size
            yield from self._fragment(tape, tape.resume, message)

    def _fragment(self, tape: Tape, end: int, message: Tape) -> Reading[None]:
        start = tape.offset
        known = 0

        def into(at: int, data: bytes) -> None:
            nonlocal known
            if at > known:
                message.hole(at - known, tape.time)
            message.push(data, tape.time)
            known = at + len(data)

        yield from tape.pour(end, into)
        if known < end - start:
            message.hole(end - start - known, tape.time)

    def _message(self, tape: Tape, base: int) -> Reading[None]:
        key = yield from xdr.number(tape)
        kind = yield from xdr.number(tape)
        if kind == 0:
            yield from self._call(tape, key, base)
        elif kind == 1:
            call = self._calls.pop(key, None)
            if call:
                yield from self._reply(tape, call, base)
            else:
                yield from self._hold(tape, key, base)

    def _call(self, tape: Tape, key: int, base: int) -> Reading[None]:
        if (yield from xdr.number(tape)) != 2:
            raise Lost
        program = yield from xdr.number(tape)
        version = yield from xdr.number(tape)
        procedure = yield from xdr.number(tape)
        flavor = yield from xdr.number(tape)
        credential = yield from xdr.opaque(tape)
        yield from xdr.number(tape)
        yield from xdr.opaque(tape)
        call = Call(program=program, version=version, procedure=procedure, base=base)
        is_secure = flavor == _SECURE and len(credential) >= 16
        call.service = credential[15] if is_secure else 0
        try:
            if program in (NFS, MOUNT) and not (is_secure and credential[7]):
                yield from self._arguments(tape, call)
        except Lost:
            self._register(key, call, tape.time)
            raise
        self._register(key, call, tape.time)

    def _arguments(self, tape: Tape, call: Call) -> Reading[None]:
        if call.service == _PRIVACY:
            self._lose("encrypted", (yield from xdr.number(tape)), tape.time)
            return
        if call.service == _INTEGRITY:
            yield from xdr.skip(tape, 8)
        yield from self._called(call, tape)

    def _reply(self, tape: Tape, call: Call, base: int) -> Reading[None]:
        if (yield from xdr.number(tape)):
            return
        yield from xdr.number(tape)
        yield from xdr.opaque(tape)
        if (yield from xdr.number(tape)) or call.program not in (NFS, MOUNT):
            return
        if call.service == _PRIVACY:
            self._lose("encrypted", (yield from xdr.number(tape)), tape.time)
            return
        if call.service == _INTEGRITY:
            yield from xdr.skip(tape, 8)
        if call.reply:
            yield from call.reply(tape, base)

    def _register(self, key: int, call: Call, time: float) -> None:
        """A call was read; its reply may have come already."""
        held = self._early.pop(key, None)
        if held:
            self._early_bytes -= held.size
            held.tell(Tape(lambda tape: self._reply(tape, call, held.base)))
            return
        self._calls[key] = call
        if len(self._calls) > CALL_LIMIT:
            self._calls.popitem(last=False)

    def _hold(self, tape: Tape, key: int, base: int) -> Reading[None]:
        """Keep what comes of a reply until its call is known."""
        held = _Held(base + tape.offset)
        if key in self._early:
            self._early.move_to_end(key, last=False)
            self._forget(tape.time)
        self._early[key] = held
        if len(self._early) > EARLY_LIMIT:
            self._forget(tape.time)
        while True:
            data, at = tape.rest(), tape.offset
            if data and self._early.get(key) is held:
                is_kept = self._early_bytes + len(data) <= EARLY_BYTES
                self._early_bytes += len(data) if is_kept else 0
                held.add(data if is_kept else len(data), tape.time)
            elif data:
                held.add(data, tape.time)
            try:
                yield
            except Lost:
                held.add(tape.offset - at, tape.time)

    def _forget(self, time: float) -> None:
        _, held = self._early.popitem(last=False)
        self._early_bytes -= held.size
        if held.size:
            self._lose("reply without its call", held.size, time)
