"""What a codec is to RTP: the frames of a payload, silence, and the file they make; those of one size (RFC 3551)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence

from forensics.channels import sound_files
from forensics.channels.sound_files import Frame, Piece, WaveFormat

_CHUNKS_PER_SECOND = 50
_G723_SIZES = (24, 20, 4, 1)
_G723_QUIET = {24: bytes(24), 20: b"\1" + bytes(19)}


class Codec(ABC):
    """One format. `clock` counts ticks of its time stamps in a second."""

    def __init__(self, name: str, clock: int, *, suffix: str, media_type: str) -> None:
        self.name = name
        self.clock = clock
        self.suffix = suffix
        self.media_type = media_type

    @abstractmethod
    def frames(self, payload: bytes) -> list[Frame]:
        """The frames of a payload; empty when it cannot be of this format."""

    @abstractmethod
    def silence(self, ticks: int) -> list[Frame]:
        """Frames that sound of nothing, of at most `ticks` altogether."""

    @abstractmethod
    def file(self, frames: Sequence[Frame], serial: int) -> Iterator[Piece]:
        """A sound file of frames, at least one."""


Write = Callable[[Sequence[Frame]], Iterator[Piece]]


class Samples(Codec):
    """Samples of a fixed size: `unit` bytes last `unit_ticks`."""

    def __init__(
        self,
        name: str,
        clock: int,
        *,
        quiet: bytes,
        write: Write,
        unit_ticks: int = 1,
        convert: Callable[[bytes], bytes] = bytes,
        suffix: str = "wav",
        media_type: str = "audio/wav",
    ) -> None:
        super().__init__(name, clock, suffix=suffix, media_type=media_type)
        self.unit, self.unit_ticks = len(quiet), unit_ticks
        self._quiet, self._write, self._convert = quiet, write, convert

    def frames(self, payload: bytes) -> list[Frame]:
        """All of it."""
        count = len(payload) // self.unit
        return [Frame(self._convert(payload[: count * self.unit]), count * self.unit_ticks)] if count else []

    def silence(self, ticks: int) -> list[Frame]:
        """Exact to the sample."""
        count = max(0, ticks) // self.unit_ticks
        chunk = max(1, self.clock // _CHUNKS_PER_SECOND // self.unit_ticks)
        whole = Frame(self._quiet * chunk, chunk * self.unit_ticks)
        rest = count % chunk
        return [whole] * (count // chunk) + ([Frame(self._quiet * rest, rest * self.unit_ticks)] if rest else [])

    def file(self, frames: Sequence[Frame], serial: int) -> Iterator[Piece]:
        """A WAV or AU file."""
        return self._write(frames)


class Frames(Codec):
    """Frames of one size and duration; `short`, a shorter frame that may come last, is comfort noise."""

    def __init__(
        self,
        name: str,
        clock: int,
        *,
        quiet: bytes,
        ticks: int,
        write: Write,
        short: int = 0,
        suffix: str = "wav",
        media_type: str = "audio/wav",
    ) -> None:
        super().__init__(name, clock, suffix=suffix, media_type=media_type)
        self._quiet, self._ticks, self._write, self._short = quiet, ticks, write, short

    def frames(self, payload: bytes) -> list[Frame]:
        """Whole frames only."""
        size = len(self._quiet)
        rest = len(payload) % size
        if rest not in (0, self._short):
            return []
        whole = [Frame(payload[at : at + size], self._ticks) for at in range(0, len(payload) - rest, size)]
        return [*whole, Frame(self._quiet, self._ticks)] if rest else whole

    def silence(self, ticks: int) -> list[Frame]:
        """Whole frames."""
        return [Frame(self._quiet, self._ticks)] * (max(0, ticks) // self._ticks)

    def file(self, frames: Sequence[Frame], serial: int) -> Iterator[Piece]:
        """A WAV or CAF file."""
        return self._write(frames)


class G723(Codec):
    """G.723.1: the first two bits of a frame tell its size. A file is of one rate; frames of the other are lost."""

    def __init__(self) -> None:
        super().__init__("g723", 8000, suffix="wav", media_type="audio/wav")

    def frames(self, payload: bytes) -> list[Frame]:
        """Frames of either rate; comfort noise and what was not sent is silence."""
        found: list[Frame] = []
        at = 0
        while at < len(payload):
            size = _G723_SIZES[payload[at] & 3]
            if at + size > len(payload):
                return []
            found.append(Frame(payload[at : at + size], 240) if size in _G723_QUIET else self.silence(240)[0])
            at += size
        return found

    def silence(self, ticks: int) -> list[Frame]:
        """Whole frames."""
        return [Frame(_G723_QUIET[24], 240)] * (max(0, ticks) // 240)

    def file(self, frames: Sequence[Frame], serial: int) -> Iterator[Piece]:
        """A WAV file."""
        sizes = [len(frame.data) for frame in frames if _is_speech(frame)]
        size = 20 if sizes.count(20) * 2 > len(sizes) else 24
        fitting = [
            frame if len(frame.data) == size else Frame(_G723_QUIET[size], 240, frame.is_lost or _is_speech(frame))
            for frame in frames
        ]
        return sound_files.wav(fitting, WaveFormat(0x0042, 8000, 1, size, size * 100 // 3, 0))


def _is_speech(frame: Frame) -> bool:
    return frame.data != _G723_QUIET[24]
