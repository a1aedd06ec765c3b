"""What is known of a unit of an XLIFF file while it is read, and the unit that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from forensics.formats.audio_names import clip_stem
from forensics.model import Unit


@dataclass(slots=True)
class OpenUnit:
    """One unit. Targets come with the mark of the segment they stand in, which is `drafts` or `confirmed`, or none."""

    id: str = ""
    audio: str = ""
    is_unconfirmed: bool = False
    source: list[str] = field(default_factory=list)
    targets: list[tuple[str, str]] = field(default_factory=list)
    drafts: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    candidates: list[str] = field(default_factory=list)

    def says(self, text: str) -> bool:
        """Say whether this is the source of the unit, however it is spaced."""
        return "".join(text.split()) == "".join("".join(self.source).split())

    def close(self, *, package: str, languages: tuple[str, str], file_audio: str) -> Unit:
        """The unit: segments that somebody confirmed are the choice, those that nobody did are one candidate."""
        drafts = " ".join(text for mark, text in self.targets if self._is_draft(mark))
        audio = self.audio or file_audio
        return Unit(
            id=self.id or clip_stem(audio),
            source=" ".join(self.source),
            target=" ".join(text for mark, text in self.targets if not self._is_draft(mark)),
            candidates=(*self.candidates, *([drafts] if drafts else [])),
            audio=audio,
            package=package,
            source_language=languages[0],
            target_language=languages[1],
        )

    def _is_draft(self, mark: str) -> bool:
        """A target without marks is a draft where all segments that are told of are."""
        is_unmarked_draft = not mark and bool(self.drafts) and not self.confirmed
        return self.is_unconfirmed or mark in self.drafts or is_unmarked_draft
