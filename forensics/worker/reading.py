"""What a file holds, for registration: the sound of every clip as codes, every translation unit. No bytes leave.

Where waveforms are to be kept, they are sealed here: what leaves cannot be opened without the private key.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from forensics.content import CHUNK_BYTES, Content, Spool
from forensics.decoders.base import Budget, TranslationDecoder
from forensics.errors import Encrypted, LimitReached, Malformed
from forensics.fingerprints.audio.codes import LEAST_CODES, fingerprint, usable_count
from forensics.fingerprints.image.prints import image_print
from forensics.likenesses import is_picture, pixels_of
from forensics.model import Analysis, Artifact, Observation, Unit
from forensics.pipeline import Opening, Pipeline
from forensics.register import waveform
from forensics.register.sealing import seal
from forensics.worker.stated import Stated, stated

SAMPLE_RATE_HZ = 8000
SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """The acoustic codes of one artifact, how long it is, and whether there is enough sound to know it again by.

    `sealed` is where its sealed waveform begins and ends in the content that comes with the reading.
    """

    codes: bytes
    seconds: float
    is_weak: bool
    sealed: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What registration wants of one file, by artifact number. `checksums` are CRC-32.

    `pictures` are prints of pictures, empty of one that is too flat or small. `stated` is what a manifest says of its
    own issue.
    """

    sounds: Mapping[int, Sound] = field(default_factory=dict)
    units: Mapping[int, Sequence[Unit]] = field(default_factory=dict)
    checksums: Mapping[int, int] = field(default_factory=dict)
    stated: Mapping[int, Stated] = field(default_factory=dict)
    pictures: Mapping[int, bytes] = field(default_factory=dict)


def read(pipeline: Pipeline, observation: Observation, seal_for: bytes = b"") -> tuple[Analysis, Reading, Content]:
    """Open a file to the bottom and take what registration wants; what could not be read is in the outcomes.

    `seal_for` is the public key that waveforms are sealed for, into the content; without it the content is empty.
    """
    spools: dict[int, Spool] = {}
    units: dict[int, list[Unit]] = {}
    checksums: dict[int, int] = {}
    said: dict[int, Stated] = {}
    pictures: dict[int, bytes] = {}

    def see(piece: Artifact) -> None:
        if piece.is_view and piece.media_type == "audio/x-pcm" and not piece.role:
            _join(spools.setdefault(piece.number, Spool()), piece)
        elif not piece.is_view:
            units[piece.number] = []
            checksums[piece.number] = _crc32(piece.content)
            _collect_units(piece, units[piece.number], pipeline, deadline)
            if units[piece.number] and (found := stated(piece)):
                said[piece.number] = found
            if is_picture(piece):
                pictures[piece.number] = _print(piece)

    deadline = time.monotonic() + pipeline.limits.seconds
    opening = pipeline.unpack(observation.content, observation.name, see)
    safe = Spool()
    sounds = {}
    for number, spool in spools.items():
        samples = _samples(spool.close())
        sound = _sound(samples)
        if seal_for and not sound.is_weak and len(samples) <= waveform.MOST_SAMPLES:
            begin = safe.size
            safe.write(seal(waveform.pack(samples), seal_for, opening.artifacts[number].content.sha256))
            sound = replace(sound, sealed=(begin, safe.size))
        sounds[number] = sound
    told = {number: found for number, found in units.items() if found}
    reading = Reading(sounds=sounds, units=told, checksums=checksums, stated=said, pictures=pictures)
    return _analysis(opening, observation, pipeline), reading, safe.close()


def _crc32(content: Content) -> int:
    crc = 0
    for chunk in content.chunks():
        crc = zlib.crc32(chunk, crc)
    return crc


def _print(picture: Artifact) -> bytes:
    """The print of a picture. Raises Malformed or LimitReached for one that is not decoded."""
    found = image_print(pixels_of(picture))
    return found.pack() if found else b""


def _join(spool: Spool, window: Artifact) -> None:
    """Add what a window of samples holds beyond the windows before it."""
    start = round(window.start_s * SAMPLE_RATE_HZ) * SAMPLE_BYTES
    for at in range(spool.size - start, window.content.size, CHUNK_BYTES):
        spool.write(window.content.pread(CHUNK_BYTES, at))


def _samples(content: Content) -> NDArray[np.int16]:
    return np.frombuffer(content.bytes(), "<i2", content.size // SAMPLE_BYTES)


def _sound(samples: NDArray[np.int16]) -> Sound:
    seconds = round(len(samples) / SAMPLE_RATE_HZ, 3)
    codes = fingerprint(samples)
    return Sound(codes=codes, seconds=seconds, is_weak=usable_count(codes) < LEAST_CODES)


def _collect_units(piece: Artifact, found: list[Unit], pipeline: Pipeline, deadline: float) -> None:
    """Add what every translation decoder reads in a piece; decoding it has already reported what is wrong with it."""
    for decoder in pipeline.decoders:
        if not isinstance(decoder, TranslationDecoder) or not decoder.accepts(piece):
            continue
        budget = Budget(pipeline.limits, root_bytes=piece.content.size, deadline=deadline)
        try:
            found.extend(decoder.units(piece, budget))
        except (Malformed, Encrypted, LimitReached):
            continue


def _analysis(opening: Opening, observation: Observation, pipeline: Pipeline) -> Analysis:
    return Analysis(
        observation=observation,
        artifacts=tuple(opening.artifacts),
        matches=(),
        outcomes=opening.outcomes(),
        versions=pipeline.versions,
    )
