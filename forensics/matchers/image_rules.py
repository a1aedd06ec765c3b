"""Looks for the pictures that rules of the kind `image` know, in everything that is a picture."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from forensics.fingerprints.image.search import ImageIndex, ImageMatch
from forensics.likenesses import excerpt, is_picture, pixels_of, score
from forensics.matchers.base import Matcher
from forensics.model import Artifact, Match
from forensics.rulebook.image_prints import IMAGE, print_of, seen_by
from forensics.rulebook.rule import Rule


class ImageRuleMatcher(Matcher):
    """Runs the rules of the kind `image`; without any it wants nothing."""

    name = "image-rule"

    @cached_property
    def _rules(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rulebook.rules if rule.kind == IMAGE and rule.is_active}

    @cached_property
    def _index(self) -> ImageIndex:
        return ImageIndex((id, print_of(rule)) for id, rule in self._rules.items())

    def warm(self) -> None:
        """Read the prints."""
        if self._rules:
            self._index  # noqa: B018 - made once, here

    def wants(self, artifact: Artifact) -> bool:
        """Pictures, while any rule is about them."""
        return is_picture(artifact) and bool(self._rules)

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield the rules whose picture this is near enough to, the nearest first, then up to `candidates` others.

        Raises Malformed and LimitReached for what is not decoded.
        """
        found = [self._match(hit, artifact) for hit in self._index.search(pixels_of(artifact))]
        yield from (match for match in found if match.accepted)
        yield from [match for match in found if not match.accepted][:candidates]

    def _match(self, hit: ImageMatch, artifact: Artifact) -> Match:
        rule = self._rules[hit.item]
        most = seen_by(rule).distance
        return Match(
            rule=rule.id,
            matcher=self.name,
            artifact=artifact.number,
            score=score(hit),
            title=rule.title,
            severity=rule.severity,
            accepted=hit.distance <= most,
            category=rule.category,
            technique=rule.technique,
            why=(excerpt(hit, most, len(self._index)),),
        )
