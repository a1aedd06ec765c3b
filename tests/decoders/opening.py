"""Opens content with the real decoders and makes real files with real tools."""

from __future__ import annotations

import io
import subprocess
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import forensics.decoders
from forensics.config import Limits
from forensics.content import Content
from forensics.decoders.base import Budget, Decoder, TranslationDecoder
from forensics.errors import Encrypted, LimitReached, Malformed
from forensics.media_types import media_type
from forensics.model import Artifact, Part, Unit
from forensics.plugins import discover

RATE = 16_000


@dataclass
class Opened:
    """What all accepting decoders together made of one content."""

    type: str
    children: list[Part] = field(default_factory=list)
    views: list[Part] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [child.name for child in self.children]

    def child(self, name: str) -> bytes:
        return next(child for child in self.children if child.name == name).content.bytes()

    def text(self, role: str = "body") -> str:
        return "\n".join(view.content.bytes().decode() for view in self.views if view.role == role)

    def samples(self) -> NDArray[np.int16]:
        return np.frombuffer(next(v for v in self.views if v.media_type == "audio/x-pcm").content.bytes(), "<i2")

    def raised(self, kind: type[Exception]) -> str:
        return next(str(error) for error in self.errors if isinstance(error, kind))


@cache
def decoders() -> tuple[Decoder, ...]:
    return tuple(kind() for kind in discover(forensics.decoders, Decoder))  # type: ignore[type-abstract]


def budget(content: Content, limits: Limits | None = None, passwords: Sequence[str] = ()) -> Budget:
    limits = limits or Limits()
    deadline = time.monotonic() + limits.seconds
    return Budget(limits, root_bytes=content.size, deadline=deadline, passwords=passwords)


def artifact(data: bytes, name: str = "file", kind: str = "") -> Artifact:
    content = Content.of(data)
    return Artifact(number=0, parent=None, path=(name,), media_type=kind or media_type(content, name), content=content)


def opened(
    data: bytes, name: str = "file", *, kind: str = "", limits: Limits | None = None, passwords: Sequence[str] = ()
) -> Opened:
    """Run every accepting decoder; anything but the four reports of a decoder is a failed test."""
    subject = artifact(data, name, kind)
    result = Opened(type=subject.media_type)
    for decoder in decoders():
        if not decoder.accepts(subject):
            continue
        try:
            for part in decoder.decode(subject, budget(subject.content, limits, passwords)):
                (result.views if part.is_view else result.children).append(part)
                result.facts.update(part.facts)
        except (Malformed, Encrypted, LimitReached) as error:
            result.errors.append(error)
    return result


def units(data: bytes, name: str = "file") -> list[Unit]:
    subject = artifact(data, name)
    return [
        unit
        for decoder in decoders()
        if isinstance(decoder, TranslationDecoder) and decoder.accepts(subject)
        for unit in decoder.units(subject, budget(subject.content))
    ]


@cache
def tones(seconds: float = 2.0) -> NDArray[np.float64]:
    """Something like speech: a wandering tone in bursts, between -1 and 1."""
    time_s = np.arange(int(seconds * RATE)) / RATE
    pitch = 300 + 200 * np.sin(2 * np.pi * 0.7 * time_s)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    return 0.5 * np.sin(phase) * (np.sin(2 * np.pi * 3 * time_s) > -0.5)


@cache
def wav(seconds: float = 2.0) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((tones(seconds) * 32767).astype("<i2").tobytes())
    return out.getvalue()


@cache
def encoded(extension: str, *options: str) -> bytes:
    """The tones through the ffmpeg program; `options` go before the output."""
    return run_ffmpeg(extension, ["-f", "wav", "-i", "pipe:0", *options], wav())


def run_ffmpeg(extension: str, arguments: list[str], data: bytes) -> bytes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / f"out.{extension}"
        always_alike = ["-fflags", "+bitexact"]  # an Ogg stream gets a number at random otherwise
        command = ["ffmpeg", "-v", "error", "-y", *arguments, *always_alike, str(out)]
        subprocess.run(command, input=data, check=True, capture_output=True)
        return out.read_bytes()


def run_7z(folder: Path, archive: str, *options: str, files: dict[str, bytes]) -> bytes:
    """An archive the 7z program makes of these files."""
    for name, data in files.items():
        path = folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    target = folder / archive
    command = ["7z", "a", "-bd", "-y", *options, str(target), *sorted({name.split("/")[0] for name in files})]
    subprocess.run(command, cwd=folder / "in", check=True, capture_output=True)
    return target.read_bytes()
