"""The voice formats RTP carries (RFC 3551, 4867, 7587, 3952, 5574): frames of a payload, silence, and their file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from forensics.channels import rtp_amr, sound_files
from forensics.channels.sound_files import Frame, Piece, WaveFormat

_CHUNKS_PER_SECOND = 50
OPUS_CLOCK = 48_000
_OPUS_TICKS = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4
_OPUS_SILENCE = {960: b"\xf8\xff\xfe", 480: b"\xf0\xff\xfe", 240: b"\xe8\xff\xfe", 120: b"\xe0\xff\xfe"}
_OPUS_LIMIT_TICKS = 5760
_GSM_SILENCE = bytes.fromhex("d820a2e15a50004924924924500049249249245000492492492450004924924924")
_AMR_SILENCE = bytes.fromhex("04ff18c7f06d0433ffe0000000")
_G723_SIZES = (24, 20, 4, 1)


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


class G723(Frames):
    """G.723.1: the first two bits of a frame tell its size."""

    def frames(self, payload: bytes) -> list[Frame]:
        """Frames of either rate, comfort noise among them."""
        found: list[Frame] = []
        at = 0
        while at < len(payload):
            size = _G723_SIZES[payload[at] & 3]
            if at + size > len(payload):
                return []
            found.append(Frame(payload[at : at + size], self._ticks))
            at += size
        return found


class Amr(Codec):
    """AMR or AMR-WB; which packing is told by what fits, the announced one first."""

    def __init__(self, *, is_wide: bool = False, is_aligned: bool = False) -> None:
        clock = 16_000 if is_wide else 8000
        suffix = "awb" if is_wide else "amr"
        super().__init__("amr-wb" if is_wide else "amr", clock, suffix=suffix, media_type=f"audio/{suffix}")
        self._bits = rtp_amr.WIDE_BITS if is_wide else rtp_amr.NARROW_BITS
        self._quiet = b"\x7c" if is_wide else _AMR_SILENCE
        self._magic = b"#!AMR-WB\n" if is_wide else b"#!AMR\n"
        self._ticks = clock // 50
        self._packings = (is_aligned, not is_aligned)

    def frames(self, payload: bytes) -> list[Frame]:
        """Frames of 20 ms."""
        for is_aligned in self._packings:
            found = rtp_amr.frames(payload, self._bits, is_aligned=is_aligned)
            if found:
                return [Frame(self._quiet if frame is None else frame, self._ticks) for frame in found]
        return []

    def silence(self, ticks: int) -> list[Frame]:
        """Whole frames."""
        return [Frame(self._quiet, self._ticks)] * (max(0, ticks) // self._ticks)

    def file(self, frames: Sequence[Frame], serial: int) -> Iterator[Piece]:
        """The storage format of RFC 4867, 5."""
        return sound_files.plain(frames, self._magic)


class Opus(Codec):
    """Opus (RFC 6716, 7587): a payload is a packet."""

    def __init__(self) -> None:
        super().__init__("opus", OPUS_CLOCK, suffix="opus", media_type="audio/ogg")

    def frames(self, payload: bytes) -> list[Frame]:
        """One packet; a packet without data is silence."""
        ticks = opus_ticks(payload)
        if not ticks:
            return []
        if len(payload) < 3:
            return self.silence(ticks) or [Frame(payload, ticks)]
        return [Frame(payload, ticks)]

    def silence(self, ticks: int) -> list[Frame]:
        """Packets of 20 ms, and shorter ones for the rest."""
        found: list[Frame] = []
        rest = max(0, ticks)
        for size, packet in _OPUS_SILENCE.items():
            found += [Frame(packet, size)] * (rest // size)
            rest %= size
        return found

    def file(self, frames: Sequence[Frame], serial: int) -> Iterator[Piece]:
        """Ogg; stereo when any packet is."""
        channels = 2 if any(frame.data[0] & 4 for frame in frames) else 1
        return sound_files.ogg(frames, (sound_files.opus_head(channels), sound_files.OPUS_TAGS), serial)


class Speex(Codec):
    """Speex (RFC 5574), a frame a packet."""

    def __init__(self, clock: int) -> None:
        super().__init__("speex", clock, suffix="spx", media_type="audio/ogg")
        self._ticks = clock // 50

    def frames(self, payload: bytes) -> list[Frame]:
        """One packet."""
        return [Frame(payload, self._ticks)] if payload else []

    def silence(self, ticks: int) -> list[Frame]:
        """Frames without data."""
        return [Frame(b"\x03", self._ticks)] * (max(0, ticks) // self._ticks)

    def file(self, frames: Sequence[Frame], serial: int) -> Iterator[Piece]:
        """Ogg."""
        return sound_files.ogg(frames, (sound_files.speex_head(self.clock), sound_files.SPEEX_TAGS), serial)


def opus_ticks(packet: bytes) -> int:
    """What an Opus packet lasts at 48 kHz, from its first bytes; 0 when they break RFC 6716, 3.4."""
    if not packet:
        return 0
    count = (1, 2, 2)[packet[0] & 3] if packet[0] & 3 < 3 else (packet[1] & 0x3F if len(packet) > 1 else 0)
    if packet[0] & 3 == 1 and len(packet) % 2 == 0:
        return 0
    ticks = _OPUS_TICKS[packet[0] >> 3] * count
    return ticks if ticks <= _OPUS_LIMIT_TICKS else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What a session description says of a payload type, name in lower case."""

    name: str
    clock: int = 8000
    channels: int = 1
    options: str = ""


SILENT_NAMES = frozenset({"cn", "telephone-event", "tone"})
STATIC = {
    0: Format(name="pcmu"),
    2: Format(name="g726-32"),
    3: Format(name="gsm"),
    4: Format(name="g723"),
    8: Format(name="pcma"),
    9: Format(name="g722"),
    10: Format(name="l16", clock=44_100, channels=2),
    11: Format(name="l16", clock=44_100),
    13: Format(name="cn"),
    18: Format(name="g729"),
    19: Format(name="cn"),
}
"""The payload types RFC 3551 fixes, as far as they are read."""


def codec_of(form: Format) -> Codec | None:
    """The codec of a format; None when it is not one that is read."""
    make = _MAKERS.get(form.name)
    return make(form) if make and 1 <= form.clock <= 192_000 and 1 <= form.channels <= 8 else None


def _wave(form: Format, tag: int, quiet: bytes, convert: Callable[[bytes], bytes] = bytes) -> Codec:
    """Samples of every channel in turn, `quiet` being one."""
    align = len(quiet) * form.channels
    head = WaveFormat(tag, form.clock, form.channels, align, align * form.clock, 8 * len(quiet))
    write = partial(sound_files.wav, form=head)
    return Samples(form.name, form.clock, quiet=quiet * form.channels, write=write, convert=convert)


def _swapped(data: bytes) -> bytes:
    """Two-byte samples in the other byte order."""
    out = bytearray(data)
    out[0::2], out[1::2] = data[1::2], data[0::2]
    return bytes(out)


def _amr(form: Format) -> Codec | None:
    if form.channels > 1 or any(word in form.options for word in ("interleaving=", "crc=1", "robust-sorting=1")):
        return None
    return Amr(is_wide=form.name == "amr-wb", is_aligned="octet-align=1" in form.options)


def _ilbc(form: Format) -> Codec:
    size, ticks = (38, 160) if "mode=20" in form.options else (50, 240)
    write = partial(sound_files.caf, kind=b"ilbc", rate=8000)
    return Frames("ilbc", 8000, quiet=bytes(size), ticks=ticks, write=write, suffix="caf", media_type="audio/x-caf")


def _gsm(form: Format) -> Codec:
    write = partial(sound_files.caf, kind=b"agsm", rate=8000)
    return Frames("gsm", 8000, quiet=_GSM_SILENCE, ticks=160, write=write, suffix="caf", media_type="audio/x-caf")


def _g726(form: Format) -> Codec:
    """Little-endian code words, as AU has them."""
    quiet, ticks, encoding = _G726[form.name]
    write = partial(sound_files.au, encoding=encoding, rate=8000)
    return Samples(form.name, 8000, quiet=quiet, unit_ticks=ticks, write=write, suffix="au", media_type="audio/basic")


_G726 = {"g726-24": (b"\xff" * 3, 8, 25), "g726-32": (b"\xff", 2, 23), "g726-40": (b"\xff" * 5, 8, 26)}
_G722 = partial(sound_files.wav, form=WaveFormat(0x028F, 16_000, 1, 1, 8000, 4))
_G729 = partial(sound_files.wav, form=WaveFormat(0x0083, 8000, 1, 10, 1000, 0))
_G723 = partial(sound_files.wav, form=WaveFormat(0x0042, 8000, 1, 24, 800, 0))
_MAKERS: dict[str, Callable[[Format], Codec | None]] = {
    "pcmu": lambda form: _wave(form, 7, b"\xff"),
    "pcma": lambda form: _wave(form, 6, b"\xd5"),
    "l16": lambda form: _wave(form, 1, b"\0\0", _swapped),
    "g722": lambda form: Samples("g722", 8000, quiet=b"\xfa", write=_G722),
    "g723": lambda form: G723("g723", 8000, quiet=b"\x03", ticks=240, write=_G723),
    "g729": lambda form: Frames("g729", 8000, quiet=bytes(10), ticks=80, short=2, write=_G729),
    "gsm": _gsm,
    "ilbc": _ilbc,
    "opus": lambda form: Opus(),
    "amr": _amr,
    "amr-wb": _amr,
    "speex": lambda form: Speex(form.clock) if form.clock in (8000, 16_000, 32_000) else None,
    **dict.fromkeys(_G726, _g726),
}
