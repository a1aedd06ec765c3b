"""One side of a TLS connection: records in, handshake messages and opened content out, through all changes of keys."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Protocol

from forensics.channels.tls_keys import Seal
from forensics.channels.tls_records import HEAD_BYTES, Broken, Framer, Kind, Messages, Record

GUESSES_LIMIT = 4096
"""How often opening is tried behind one hole before the side counts as lost."""
REACH_LIMIT = 256
"""Records a hole may have hidden for those behind it to be opened."""
FEW = 4
"""Records beyond the expected one that are tried where no hole was."""
_SMALLEST_BYTES = 22
_USUAL_OVERHEAD = 17
_FINISHED_BYTES = 16
"""The first sealed message up to TLS 1.2."""
END_OF_EARLY_DATA, FINISHED, KEY_UPDATE = 5, 20, 24


class Stage(Enum):
    """Which keys a side uses: those of TLS 1.3 in their order, or the one kind there is before."""

    EARLY = auto()
    HANDSHAKE = auto()
    TRAFFIC = auto()
    CLASSIC = auto()


_AFTER = {Stage.EARLY: Stage.HANDSHAKE, Stage.HANDSHAKE: Stage.TRAFFIC}


class Wait(Enum):
    """What a side waits for before it can go on."""

    KEYS = auto()
    """The key log may still tell."""
    PEER = auto()
    """The other side has yet to say something."""


class Talk(Protocol):
    """The connection a side belongs to."""

    def first_stage(self, side: int) -> Stage | Wait:
        """Where a side begins once it seals its records."""

    def seal(self, side: int, stage: Stage) -> Seal | Wait | None:
        """A side's keys; None where they will never be known."""

    def message(self, side: int, kind: int, body: bytes, place: int, time: float) -> None:
        """A handshake message has come, sealed or not."""

    def content(self, side: int, data: bytes, time: float) -> None:
        """What a side said inside."""

    def missing(self, side: int, size: int, time: float) -> None:
        """`size` bytes a side said inside cannot be told."""


class Side:
    """The state of one side. `unread` counts bytes of sealed records that were there and did not open."""

    def __init__(self, side: int, talk: Talk) -> None:
        self._side = side
        self._talk = talk
        self._framer = Framer()
        self._messages = Messages()
        self._next: Record | None = None
        self._has_changed = False
        self._is_sealed = False
        self._stage = Stage.CLASSIC
        self._is_seeking = False
        """Whether records are passed over until one opens, since the keys of the first ones are not known."""
        self._seal: Seal | None = None
        self._sequence = 0
        self._guesses = GUESSES_LIMIT
        self._time = 0.0
        self._said: list[bytes] = []
        self._untold = 0
        self.unread = 0
        self.unread_since = 0.0
        self.has_opened = False
        self.is_dead = False
        """Whether nothing more of this side will be opened."""

    def __len__(self) -> int:
        """Bytes that are held."""
        return len(self._framer) + (len(self._next.body) if self._next else 0)

    def data(self, chunk: bytes, time: float) -> Wait | None:
        """Take the next bytes."""
        self._time = time
        if self.is_dead:
            self._untold += len(chunk)
            self._count_unread(len(chunk))
            return None
        self._framer.data(chunk)
        return self.advance()

    def hole(self, size: int, time: float) -> Wait | None:
        """Take note of bytes never seen; never told while the side waits."""
        self._time = time
        if self.is_dead:
            self._untold += size
            return None
        broken = self._framer.hole(size)
        self._messages.lose()
        if broken:
            self._has_changed = self._has_changed or broken.head[0] == Kind.CHANGE_CIPHER
            self._needs(Record(broken.head, b""))
            if self._is_sealed:
                self._skip(broken)
        if self._framer.is_lost:
            self._guesses = GUESSES_LIMIT
        return None

    def closed(self, time: float) -> None:
        """The side sends no more: what had not opened by now will not."""
        self._time = time
        if not self.is_dead:
            self._untold += self._framer.lost + self._framer.expected
            self.die()
        if self.has_opened and self._untold > 0:
            self._miss(self._untold)
        self._untold = 0

    def advance(self) -> Wait | None:
        """Take records while there are whole ones; what keeps it from going on, if anything does."""
        wait = self._take_records()
        self._tell()
        return wait

    def _take_records(self) -> Wait | None:
        while not self.is_dead:
            record = self._next or self._framer.next()
            if record is None and self._framer.is_nonsense and self.has_opened:
                self._framer.lose()
                self._guesses = GUESSES_LIMIT
                continue
            if record is None:
                if self._framer.is_nonsense:
                    self.die()
                return None
            self._next = record
            if wait := self._needs(record):
                return wait
            self._next = None
            self._take(record)
        return None

    def _needs(self, record: Record) -> Wait | None:
        """Find out how the record is sealed, and have the keys ready."""
        talk = self._talk
        is_sealed = record.head[0] == Kind.APPLICATION or record.is_guess
        if not self._is_sealed and (is_sealed or self._has_changed):
            first = talk.first_stage(self._side)
            if isinstance(first, Wait):
                return first
            self._has_changed = False
            self._is_sealed = is_sealed or first is Stage.CLASSIC
            self._stage = first
        while self._is_sealed and self._seal is None:
            found = talk.seal(self._side, self._stage)
            if isinstance(found, Wait):
                return found
            if found is None and self._stage not in _AFTER:
                self.die()
                return None
            if found is None:
                self._stage = _AFTER[self._stage]
            self._seal, self._sequence = found, 0
            self._is_seeking = self._is_seeking or found is None or self._stage is Stage.HANDSHAKE
        return None

    def _take(self, record: Record) -> None:
        if self.is_dead:
            self._count_unread(HEAD_BYTES + len(record.body))
        elif self._is_sealed:
            self._open(record)
        elif record.head[0] == Kind.CHANGE_CIPHER:
            self._has_changed = True
        elif record.head[0] == Kind.HANDSHAKE:
            self._take_messages(record.body)

    def _open(self, record: Record) -> None:
        is_modern = self._stage is not Stage.CLASSIC
        if is_modern and record.head[0] != Kind.APPLICATION:
            if record.is_guess:
                self._framer.reject()
            return
        assert self._seal is not None
        opened = None if record.is_guess else self._seal.open(self._sequence, record.head, record.body)
        if opened is None:
            opened = self._try(record)
        if opened is None:
            self._fail(record)
            return
        self.has_opened, self._is_seeking = True, False
        self._sequence += 1
        self._dispatch(*opened)

    def _try(self, record: Record) -> tuple[int, bytes] | None:
        """Try later keys, and behind a hole later records: the one that opens says how many were lost."""
        reach = min(REACH_LIMIT, FEW + self._framer.lost // _SMALLEST_BYTES) if record.is_guess else FEW
        for stage, seal, first in self._possible():
            for sequence in range(first, first + reach):
                self._guesses -= record.is_guess
                opened = seal.open(sequence, record.head, record.body)
                if opened is None:
                    continue
                if record.is_guess:
                    self._found(record, stage, sequence)
                self._stage, self._seal, self._sequence = stage, seal, sequence
                return opened
        return None

    def _possible(self) -> Iterator[tuple[Stage, Seal, int]]:
        """Keys a record may be sealed with when it is not known which came before it, likely ones first."""
        stage, seal = self._stage, self._seal
        assert seal is not None
        yield stage, seal, self._sequence
        while stage in _AFTER:
            stage = _AFTER[stage]
            later = self._talk.seal(self._side, stage)
            if isinstance(later, Seal):
                seal = later
                yield stage, seal, 0
        if stage is Stage.TRAFFIC and (updated := seal.next()):
            yield stage, updated, 0

    def _found(self, record: Record, stage: Stage, sequence: int) -> None:
        """Behind a hole a record opened: say how much content went by unseen."""
        assert self._seal is not None
        hidden = sequence - self._sequence if stage is self._stage else sequence
        lost = self._framer.lost - max(0, hidden) * (HEAD_BYTES + self._seal.overhead)
        if stage is Stage.CLASSIC and not self._sequence:
            lost -= _FINISHED_BYTES
            hidden -= 1
        self._count_unread(self._framer.seen)
        self._framer.accept(record)
        if hidden and lost > 0 and stage is not Stage.HANDSHAKE:
            self._miss(lost)

    def _fail(self, record: Record) -> None:
        """No key opens it."""
        if record.is_guess:
            self._framer.reject()
            if self._guesses <= 0:
                self.die()
            return
        size = HEAD_BYTES + len(record.body)
        self._skip(Broken(record.head, size, size))

    def _skip(self, broken: Broken) -> None:
        """One record is not read: the next ones go on behind it."""
        self._count_unread(broken.seen)
        if self._is_seeking:
            return
        self._sequence += 1
        size = broken.size - HEAD_BYTES - (self._seal.overhead if self._seal else _USUAL_OVERHEAD)
        if self._stage is not Stage.HANDSHAKE and broken.head[0] == Kind.APPLICATION and size > 0:
            self._miss(size)

    def _dispatch(self, kind: int, content: bytes) -> None:
        if kind == Kind.APPLICATION:
            self._said.append(content)
        elif kind == Kind.HANDSHAKE:
            self._take_messages(content)
        elif kind == Kind.CHANGE_CIPHER and self._stage is Stage.CLASSIC:
            self._seal = None

    def _take_messages(self, content: bytes) -> None:
        for kind, body, place in self._messages.data(content):
            if self._stage in _AFTER and kind == (END_OF_EARLY_DATA if self._stage is Stage.EARLY else FINISHED):
                self._stage, self._seal = _AFTER[self._stage], None
            elif self._stage is Stage.TRAFFIC and kind == KEY_UPDATE and self._seal:
                self._seal, self._sequence = self._seal.next(), 0
            else:
                self._talk.message(self._side, kind, body, place, self._time)

    def _tell(self) -> None:
        """Hand on at once what several records said."""
        if self._said:
            said, self._said = self._said, []
            self._talk.content(self._side, said[0] if len(said) == 1 else b"".join(said), self._time)

    def _miss(self, size: int) -> None:
        self._tell()
        self._talk.missing(self._side, size, self._time)

    def die(self) -> None:
        """Give the side up."""
        if self._is_sealed:
            self._count_unread(self._framer.seen + len(self._framer))
        self._next, self._framer = None, Framer()
        self.is_dead = True

    def _count_unread(self, size: int) -> None:
        if size:
            self.unread_since = self.unread_since or self._time
            self.unread += size
