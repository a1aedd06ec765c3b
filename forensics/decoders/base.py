"""What every decoder is: it opens one format and yields what is inside."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from forensics.config import Limits
from forensics.content import Content, Spool
from forensics.errors import LimitReached, TimedOut
from forensics.formats.office_package import Reach
from forensics.formats.passwords import Passwords
from forensics.model import Artifact, Part, Unit

MOST_SIGNALS = 3
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,5}")
"""The form of a language tag (BCP 47), also with underscores."""
_MOST_LANGUAGES = 50
"""Time is earned by so many signals of a recording at most: the mix and two channels."""


class Budget:
    """What one analysis may still spend, and the passwords it may try; shared by every decoder of it."""

    def __init__(self, limits: Limits, *, root_bytes: int, deadline: float, passwords: Sequence[str] = ()) -> None:
        self.limits = limits
        self.passwords = Passwords(passwords, seconds=limits.password_seconds)
        self.deadline = deadline
        self.entries_left = limits.entries
        self._audio_s = 0.0
        floor = limits.ratio_floor_mib << 20
        self.bytes_left = min(limits.total_mib << 20, max(floor, limits.ratio * root_bytes))

    def check_time(self) -> None:
        """Raise TimedOut after the deadline."""
        if time.monotonic() > self.deadline:
            raise TimedOut(f"not finished after {self.limits.seconds:g} s")

    def earn_time(self, audio_s: float) -> None:
        """Move the deadline: so many more seconds of sound were decoded and are to be searched."""
        counted_s = min(audio_s, max(0.0, MOST_SIGNALS * self.limits.audio_seconds - self._audio_s))
        self._audio_s += counted_s
        self.deadline += counted_s * self.limits.audio_share

    def take_entry(self) -> None:
        """Count one entry; raises LimitReached at the limit, TimedOut after the deadline."""
        self.check_time()
        if self.entries_left <= 0:
            raise LimitReached(f"more than {self.limits.entries} entries")
        self.entries_left -= 1

    def take_bytes(self, count: int) -> None:
        """Count decoded bytes; raises LimitReached at the limit on total size or expansion ratio."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise LimitReached("expands beyond the limit on total bytes or ratio")

    def spool(self) -> BudgetSpool:
        """A spool for one entry, limited by the entry limit and counted against the total."""
        return BudgetSpool(self)

    def collect(self, chunks: Iterator[bytes]) -> Content:
        """Spool an entry's bytes under the limits."""
        spool = self.spool()
        for chunk in chunks:
            spool.write(chunk)
        return spool.close()


class BudgetSpool(Spool):
    """A spool whose bytes are counted against a budget."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(limit_bytes=budget.limits.entry_mib << 20)
        self._budget = budget

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Append bytes under the entry's and the analysis's limits."""
        self._budget.take_bytes(len(data))
        self._budget.check_time()
        return super().write(data)


def reach_of(budget: Budget) -> Reach:
    """What of a budget the opening of a document needs."""
    return Reach(
        new_spool=budget.spool,
        check_time=budget.check_time,
        text_bytes=budget.limits.text_mib << 20,
        passwords=budget.passwords,
    )


class Decoder(ABC):
    """Opens one format and yields what is inside. Stateless; one instance serves all artifacts."""

    @abstractmethod
    def accepts(self, artifact: Artifact) -> bool:
        """Say whether the type, name or leading bytes look like this format; cheap, never raises."""

    @abstractmethod
    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the parts inside.

        Raises Malformed when the bytes lie, Encrypted when a key is missing and LimitReached or TimedOut when the
        budget ends; what was yielded before stays evidence. Nothing is written to a disk, ever.
        """


class TranslationDecoder(Decoder):
    """Opens a bilingual or tabular format whose content is translation units.

    Subclasses give `units`; the views (one per role, a segment a line) and the facts follow from them.
    """

    @abstractmethod
    def units(self, artifact: Artifact, budget: Budget) -> Iterator[Unit]:
        """Yield the units in document order; raises as `decode` does."""

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield one text view per role that occurs: source, target, candidate."""
        yield from unit_views(self.units(artifact, budget), budget)


def unit_views(units: Iterator[Unit], budget: Budget) -> Iterator[Part]:
    """The facts of the units, then one text view per role that occurs: source, target, candidate.

    What reading the units raises is raised after the views of those that came before.
    """
    lines: dict[str, list[str]] = {"source": [], "target": [], "candidate": []}
    packages: dict[str, None] = {}
    languages: set[str] = set()
    count = clips = characters = 0
    try:
        for unit in units:
            budget.check_time()
            characters += sum(map(len, (unit.source, unit.target, *unit.candidates)))
            if characters > budget.limits.text_mib << 20:
                raise LimitReached(f"more than {budget.limits.text_mib} MiB of text")
            count += 1
            clips += bool(unit.audio)
            lines["source"] += [unit.source] if unit.source else []
            lines["target"] += [unit.target] if unit.target else []
            lines["candidate"] += unit.candidates
            if len(languages) < _MOST_LANGUAGES:
                languages.update(_languages(unit))
            if unit.package:
                packages[unit.package] = None
    finally:
        facts = {
            "units": str(count),
            "clips": str(clips),
            "candidates": str(len(lines["candidate"])),
            "chosen": str(len(lines["target"])),
        }
        if packages:
            facts["package.id"] = "\n".join(packages)
        if languages:
            facts["languages"] = " ".join(sorted(languages))
        yield Part(name="units", content=Content.of(b""), media_type="text/plain", is_view=True, facts=facts)
        for role, texts in lines.items():
            if texts:
                content = Content.of("\n".join(texts).encode("utf-8", "replace"))
                yield Part(name=role, content=content, media_type="text/plain", is_view=True, role=role)


def _languages(unit: Unit) -> Iterator[str]:
    """What a unit calls the languages of its source and target, where that is a language tag."""
    for language in (unit.source_language, unit.target_language):
        if _LANGUAGE.fullmatch(language):
            yield language
