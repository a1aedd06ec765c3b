"""What payload types stand for (RFC 3551), and the codec of each format that is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from forensics.channels import sound_files
from forensics.channels.rtp_amr import Amr
from forensics.channels.rtp_codecs import G723, Codec, Frames, Samples
from forensics.channels.rtp_opus import Opus, Speex
from forensics.channels.sound_files import WaveFormat

_GSM_SILENCE = bytes.fromhex("d820a2e15a50004924924924500049249249245000492492492450004924924924")


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
_MAKERS: dict[str, Callable[[Format], Codec | None]] = {
    "pcmu": lambda form: _wave(form, 7, b"\xff"),
    "pcma": lambda form: _wave(form, 6, b"\xd5"),
    "l16": lambda form: _wave(form, 1, b"\0\0", _swapped),
    "g722": lambda form: Samples("g722", 8000, quiet=b"\xfa", write=_G722),
    "g723": lambda form: G723(),
    "g729": lambda form: Frames("g729", 8000, quiet=bytes(10), ticks=80, short=2, write=_G729),
    "gsm": _gsm,
    "ilbc": _ilbc,
    "opus": lambda form: Opus(),
    "amr": _amr,
    "amr-wb": _amr,
    "speex": lambda form: Speex(form.clock) if form.clock in (8000, 16_000, 32_000) else None,
    **dict.fromkeys(_G726, _g726),
}
