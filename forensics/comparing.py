"""Opens files beside an alert: what left, what was issued. Each is read apart, in a worker, and known by its digest.

Waveforms leave a worker only sealed; here for a key that lives as long as this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from forensics.config import Config
from forensics.content import Content
from forensics.errors import EarwitnessError, Malformed
from forensics.fingerprints.audio.picture import Picture, picture
from forensics.model import Observation, OutcomeKind
from forensics.register import waveform
from forensics.register.book import Register
from forensics.register.sealing import PrivateKey
from forensics.store.rows import MatchRow
from forensics.worker.tasks import Result
from forensics.workers import WorkerPool

COLUMNS = 240
"""Columns of a picture; who draws it takes what there is room for."""
Samples = NDArray[np.int16]


@dataclass(slots=True)
class Opened:
    """What was in the files: waveforms (mono, 8,000 Hz) by digest, and what translation units say.

    `problems` says in words what could not be read or heard.
    """

    waves: dict[str, Samples] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def opened(config: Config, store: Path, contents: Mapping[str, Content]) -> Opened:
    """Open contents, by their names, to the bottom. What is wrong with one is said, and costs the others nothing."""
    found, key = Opened(), PrivateKey.passing()
    if not contents:
        return found
    with WorkerPool(config, store, count=1) as pool:
        for name, content in contents.items():
            seen = Observation(key=name, channel="compare", time=0.0, name=name, content=content, is_leaving=False)
            _take(found, name, pool.read(seen, seal_for=key.public).result(), key)
    return found


def _take(found: Opened, name: str, result: Result, key: PrivateKey) -> None:
    """Add what was read of one file."""
    artifacts = result.analysis.artifacts
    for number, sound in result.reading.sounds.items():
        sha256 = artifacts[number].content.sha256
        if sound.sealed is None or result.sealed is None:
            found.problems.append(f"{'/'.join(artifacts[number].path)}: too short or too long to be drawn")
            continue
        begin, end = sound.sealed
        try:
            found.waves[sha256] = waveform.unpack(key.unseal(result.sealed.pread(end - begin, begin), sha256))
        except Malformed as error:
            found.problems.append(f"{name}: {error}")
    for units in result.reading.units.values():
        for unit in units:
            found.texts += [text for text in (unit.source, unit.target, *unit.candidates) if text]
    outcomes = [each for each in result.analysis.outcomes if each.kind is not OutcomeKind.CLEAN]
    found.problems += [f"{name}: {each.kind.value.replace('_', ' ')} {each.reason}".rstrip() for each in outcomes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Two pictures of the same seconds, column by column: what left, and the clip as issued; None where neither is at
    hand. `said` tells of each where it comes from, or why it is not there."""

    leaked: Picture | None
    issued: Picture | None
    said: tuple[str, str]


def draw(
    match: MatchRow, sha256: str, found: Opened, register: Register, kept: Callable[[str], Samples | None]
) -> Drawn:
    """Draw one match; `sha256` is the digest of what left, `kept` opens the waveform that is kept of a clip."""
    left = found.waves.get(sha256)
    item = register.item(match.item)
    digest = item.sha256 if item is not None else ""
    issued, source = found.waves.get(digest), "the registered file itself, by its digest"
    if issued is None:
        source = "not at hand: the register keeps codes, no sound; name the file that was issued"
    if issued is None and digest:
        try:
            issued = kept(digest)
        except EarwitnessError as error:
            source = str(error)
        source = source if issued is None else "the waveform that is kept sealed beside the register"
    speed = match.speed if match.speed > 0 else 1.0
    return Drawn(
        leaked=_picture(left, match.query_start_s, match.duration_s / speed),
        issued=_picture(issued, match.clip_start_s, match.duration_s),
        said=(
            "what left, by its digest" if left is not None else "not at hand: unseal it, or name a file with its bytes",
            source,
        ),
    )


def _picture(samples: Samples | None, start_s: float, seconds: float) -> Picture | None:
    return None if samples is None else picture(samples, start_s=start_s, seconds=seconds, columns=COLUMNS)


def registered_text(register: Register, item: str, texts: Iterable[str]) -> str:
    """The text that the register knows as that item, by its keyed print, where it is among them; else empty."""
    best, score = "", 0.0
    for text in dict.fromkeys(texts):
        for hit in register.text.search(text):
            if hit.item == item and (hit.score, -len(text)) > (score, -len(best)):
                best, score = text, hit.score
    return best
