"""registered-text: words of a registered transcript or translation, wherever they stand in a text."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.fingerprints.text.index import TextMatch
from forensics.matchers.base import Matcher
from forensics.model import Artifact, Excerpt, Match, Severity
from forensics.register.book import Item

_WHAT = {"source": "transcript", "candidate": "candidate translation", "target": "chosen translation"}


class TextMatcher(Matcher):
    """Compares extracted text with every registered passage."""

    name = "text"

    def wants(self, artifact: Artifact) -> bool:
        """Text views, while anything is registered."""
        return artifact.is_view and artifact.media_type == "text/plain" and len(self.register) > 0

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield the passages found, strongest first, then up to `candidates` below the threshold.

        Where the artifact names its package, a passage of that package explains a place better than the same words
        in another.
        """
        text = artifact.content.bytes().decode("utf-8", "replace")
        named = frozenset(artifact.packages)
        found = self.register.text.search(text, candidates=candidates)
        own = [hit for hit in found if hit.accepted and named.intersection(self.register.packages_of(hit.item))]
        is_own = {hit.item for hit in own}
        for hit in found:
            item = self.register.item(hit.item)
            is_foreign = hit.accepted and hit.item not in is_own
            if item is None or (is_foreign and any(_explains(mine, hit) for mine in own)):
                continue
            yield self._match(hit, item, artifact)

    def _match(self, hit: TextMatch, item: Item, artifact: Artifact) -> Match:
        package, programme = self.issue_of(item, artifact)
        return Match(
            rule="registered-text",
            matcher=self.name,
            artifact=artifact.number,
            score=hit.score,
            title=f"Registered {_WHAT.get(item.role, 'text')} {item.id}",
            severity=Severity.HIGH,
            accepted=hit.accepted,
            item=item.id,
            package=package,
            programme=programme,
            category="registered",
            why=(
                Excerpt(
                    kind="text", label=artifact.role or "text", offset=hit.offset, length=hit.length, text=hit.excerpt
                ),
            ),
        )


def _explains(mine: TextMatch, other: TextMatch) -> bool:
    is_same_place = mine.offset < other.offset + other.length and other.offset < mine.offset + mine.length
    return is_same_place and mine.score >= other.score
