"""Opens gettext PO files: a translated message is a choice, a fuzzy one a candidate."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, TranslationDecoder
from forensics.errors import LimitReached
from forensics.formats.audio_names import clip_stem, is_audio_name
from forensics.formats.po_entries import Entry, read_entries
from forensics.formats.text_encoding import decode_text
from forensics.formats.text_parts import limited_view
from forensics.formats.unit_shapes import is_package_key
from forensics.model import Artifact, Part, Unit


class Po(TranslationDecoder):
    """PO and POT files."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type in ("text/x-gettext-translation", "text/x-po")

    def units(self, artifact: Artifact, budget: Budget) -> Iterator[Unit]:
        """Yield one unit a message."""
        header: dict[str, str] = {}
        for entry in _entries(artifact, budget):
            budget.check_time()
            if not entry.source:
                header = entry.header()
            else:
                yield _unit(entry, header)
        if artifact.content.size > budget.limits.text_mib << 20:
            raise LimitReached(f"more than {budget.limits.text_mib} MiB of text")

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the segments by role, then comments and the header."""
        yield from limited_view("metadata", _asides(artifact, budget), "metadata", budget.limits.text_mib << 20)
        yield from super().decode(artifact, budget)


def _entries(artifact: Artifact, budget: Budget) -> Iterator[Entry]:
    return read_entries(decode_text(artifact.content.pread(budget.limits.text_mib << 20, 0)) or "")


def _asides(artifact: Artifact, budget: Budget) -> Iterator[str]:
    for entry in _entries(artifact, budget):
        yield "".join(f"{line}\n" for line in (*entry.comments, *(() if entry.source else entry.targets)))


def _unit(entry: Entry, header: dict[str, str]) -> Unit:
    audio = next(
        (word for line in (*entry.comments, entry.context) for word in line.split() if is_audio_name(word)), ""
    )
    targets = tuple(target for target in entry.targets if target)
    package = next((value for key, value in header.items() if is_package_key(key.removeprefix("X-"))), "")
    return Unit(
        id=entry.context or clip_stem(audio),
        source=entry.source,
        target="" if entry.is_fuzzy else " ".join(targets),
        candidates=targets if entry.is_fuzzy else (),
        audio=audio,
        package=package,
        target_language=header.get("Language", ""),
    )
