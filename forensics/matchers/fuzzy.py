"""Looks for the files that rules of the kind `fuzzy` know, edited or not, among all that is opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from forensics.errors import Malformed
from forensics.fingerprints.fuzzy import LEAST_BYTES, MOST_BYTES, Fuzzy, fuzzy, length_of
from forensics.matchers.base import Matcher
from forensics.model import Artifact, Excerpt, Match
from forensics.rulebook.fuzzy_rules import FUZZY, digest_of, like_of
from forensics.rulebook.rule import Rule

NEAR_STEPS = 4
"""Steps of a fifth that a file may be longer or shorter than the known one: about half or twice as long."""


class FuzzyMatcher(Matcher):
    """Runs the rules of the kind `fuzzy`; without any it wants nothing, and nothing much longer or shorter."""

    name = FUZZY

    @cached_property
    def _rules(self) -> Sequence[tuple[Rule, Fuzzy, int]]:
        rules = [rule for rule in self.rulebook.rules if rule.kind == FUZZY and rule.is_active]
        return tuple((rule, digest_of(like_of(rule)), like_of(rule).distance) for rule in rules)

    @cached_property
    def _lengths(self) -> frozenset[int]:
        return frozenset(
            known.length + step for _, known, _ in self._rules for step in range(-NEAR_STEPS, NEAR_STEPS + 1)
        )

    def wants(self, artifact: Artifact) -> bool:
        """Content as it is, about as long as what some rule knows."""
        size = artifact.content.size
        return not artifact.is_view and LEAST_BYTES <= size <= MOST_BYTES and length_of(size) in self._lengths

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield the rules whose file this is like, the nearest first, then up to `candidates` others."""
        try:
            found = fuzzy(artifact.content.bytes())
        except Malformed:
            return  # too uniform to be like anything
        near = sorted(
            ((known.distance(found), most, rule) for rule, known, most in self._rules), key=lambda one: one[0]
        )
        missed = 0
        for distance, most, rule in near:
            if distance > most:
                missed += 1
                if missed > candidates:
                    return
            yield _match(rule, artifact, distance, most)


def _match(rule: Rule, artifact: Artifact, distance: int, most: int) -> Match:
    said = f"distance {distance} of {most} to a file it knows"
    return Match(
        rule=rule.id,
        matcher=FUZZY,
        artifact=artifact.number,
        score=max(0.0, 1 - distance / 200),
        title=rule.title,
        severity=rule.severity,
        accepted=distance <= most,
        category=rule.category,
        technique=rule.technique,
        why=(Excerpt(kind="fuzzy", label=said, offset=0, length=artifact.content.size),),
    )
