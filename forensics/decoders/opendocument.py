"""Opens OpenDocument texts, sheets and presentations with their notes, properties and embedded media."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder, reach_of
from forensics.errors import Encrypted, Malformed
from forensics.formats.office_package import Layout, office_parts, pattern
from forensics.formats.opendocument_lock import LockedMember, locked_facts, locked_members, unlocked_opendocument
from forensics.formats.text_parts import text_view
from forensics.model import Artifact, Part

_LAYOUT = Layout(
    roles=(
        (pattern(r"(?:^|/)(?:content|styles)\.xml$"), "body"),
        (pattern(r"^meta\.xml$"), "metadata"),
    ),
    texts=frozenset(),
    breaks=frozenset(("p", "h", "line-break", "table-row", "creator", "initial-creator", "title", "user-defined")),
    tabs=frozenset(("tab", "table-cell")),
    ignored=pattern(r"^mimetype$|^META-INF/|(?:^|/)settings\.xml$|^Thumbnails/|^Configurations2/|\.rdf$"),
)


class OpenDocument(Decoder):
    """OpenDocument (ISO/IEC 26300)."""

    def accepts(self, artifact: Artifact) -> bool:
        """The package's own folders say so."""
        return not artifact.is_view and artifact.media_type.startswith("application/vnd.oasis.opendocument.")

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield text views and embedded files."""
        content = artifact.content
        if members := locked_members(content):
            yield from _unlocked(content, members, budget)
            return
        yield from office_parts(content, _LAYOUT, reach_of(budget))


def _unlocked(content: Content, members: list[LockedMember], budget: Budget) -> Iterator[Part]:
    """The parts in the clear; names and sizes, then Encrypted, when no password opens them."""
    words = [f"{len(members)} encrypted members"]
    unlocked = None
    try:
        unlocked = unlocked_opendocument(content, members, budget.passwords, budget.spool)
    except Malformed as error:
        words.append(str(error))
    if unlocked is None:
        yield text_view("locked", "", "", locked_facts(members))
        raise Encrypted("; ".join(filter(None, [*words, budget.passwords.refusal()])))
    yield text_view("password", "", "", unlocked.password.facts)
    yield from office_parts(unlocked.content, _LAYOUT, reach_of(budget))
