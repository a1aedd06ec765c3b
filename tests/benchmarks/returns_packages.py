"""Contractors, the packages they are issued and the returns they make of them: real files, by seed."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from tests.benchmarks.text_corpus import dialogues

CLIPS = 2
SPOKEN, WRITTEN = "es", "en"


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip: what was said and what a machine proposed."""

    id: str
    source: str
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Issued:
    """A package and who got it; `audio` is the file of a recording that goes with it, or None."""

    id: str
    contractor: str
    programme: str
    clips: tuple[Clip, ...]
    audio: Path | None = None


class Office:
    """Makes packages and answers; nothing of what a contractor writes alone was ever registered."""

    def __init__(self, seed: int, packages: int) -> None:
        self.rng = random.Random(f"returns-{seed}")
        clips = packages * CLIPS
        own = clips // 3 + 50
        said = dialogues(SPOKEN, seed, registered=clips * 2, negatives=0).registered
        proposed = dialogues(WRITTEN, seed, registered=clips * 4, negatives=own)
        self._said = iter(said)
        self._proposed = iter(proposed.registered)
        self._own = proposed.negatives

    def package(self, number: int, contractor: str, programme: str, audio: Path | None = None) -> Issued:
        """One package of CLIPS clips."""
        name = f"TR-{number:05d}"
        clips = tuple(Clip(f"{name}-c{n}", next(self._said), self._candidates()) for n in range(1, CLIPS + 1))
        return Issued(name, contractor, programme, clips, audio)

    def _candidates(self) -> tuple[str, ...]:
        """What machines propose for one clip: the second is like the first, with a third of its words other ones."""
        first, third = next(self._proposed), next(self._proposed)
        return first, self.edited(first, 0.35), third

    def chosen(self, clip: Clip) -> str:
        """What a contractor sends back: a candidate as it is, one with a fifth of its words changed, or own words."""
        kind = self.rng.random()
        if kind < 0.4:
            return self.rng.choice(clip.candidates)
        return self.edited(self.rng.choice(clip.candidates), 0.2) if kind < 0.8 else self.rng.choice(self._own)

    def edited(self, text: str, share: float) -> str:
        """The text with that share of its words replaced."""
        words = text.split()
        others = self.rng.choice(self._own).split()
        for at in self.rng.sample(range(len(words)), max(1, round(len(words) * share))):
            words[at] = self.rng.choice(others)
        return " ".join(words)


def manifest(issued: Issued) -> str:
    """The package as it is issued."""
    clips = [
        {
            "id": clip.id,
            "audio": f"audio/{clip.id}.wav",
            "source_language": SPOKEN,
            "target_language": WRITTEN,
            "transcript": clip.source,
            "candidates": list(clip.candidates),
        }
        for clip in issued.clips
    ]
    return json.dumps({"package": issued.id, "programme": issued.programme, "clips": clips}, ensure_ascii=False)


def write(issued: Issued, folder: Path) -> None:
    """Put a package where it is registered from."""
    place = folder / issued.id
    place.mkdir(parents=True)
    (place / "manifest.json").write_text(manifest(issued), "utf-8")
    if issued.audio is not None:
        (place / "audio").mkdir()
        (place / "audio" / f"{issued.clips[0].id}.wav").write_bytes(issued.audio.read_bytes())


def xliff(issued: Issued, texts: Sequence[str]) -> bytes:
    """A return as XLIFF 1.2, with the sources beside the translations as such tools write it."""
    units = "".join(
        f'<trans-unit id="{clip.id}" resname="audio/{clip.id}.wav"><source>{escape(clip.source)}</source>'
        f'<target state="final">{escape(text)}</target></trans-unit>'
        for clip, text in zip(issued.clips, texts, strict=True)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">'
        f'<file original="{issued.id}" datatype="x-audio-transcript" source-language="{SPOKEN}"'
        f' target-language="{WRITTEN}"><body>{units}</body></file></xliff>'
    ).encode()


def table(issued: Issued, texts: Sequence[str]) -> bytes:
    """A return as CSV: no source, no recording."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("package", "unit_id", "translation"))
    rows.writerows((issued.id, clip.id, text) for clip, text in zip(issued.clips, texts, strict=True))
    return out.getvalue().encode()


def records(issued: Issued, texts: Sequence[str]) -> bytes:
    """A return as JSON."""
    units = [{"unit_id": clip.id, "translation": text} for clip, text in zip(issued.clips, texts, strict=True)]
    return json.dumps({"package": issued.id, "units": units}, ensure_ascii=False).encode()


def zipped(members: dict[str, bytes]) -> bytes:
    """Files in a ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 23, 9, 0, 0)), data)
    return out.getvalue()


def returned(issued: Issued, office: Office) -> tuple[str, bytes]:
    """A return as somebody makes one: name and content."""
    texts = [office.chosen(clip) for clip in issued.clips]
    kind = office.rng.choice(("xlf", "csv", "json", "zip", "noted"))
    if kind == "csv":
        return f"{issued.id}.csv", table(issued, texts)
    if kind == "json":
        return f"{issued.id}.json", records(issued, texts)
    if kind == "xlf":
        return f"{issued.id}.xlf", xliff(issued, texts)
    members = {f"{issued.id}.xlf": xliff(issued, texts)}
    if kind == "noted":
        members["note.txt"] = b"Here is the package, with kind regards."
    return f"{issued.id}.zip", zipped(members)
