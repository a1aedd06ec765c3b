"""Looks for the passages that rules of the kind `text` know, in every text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from forensics.fingerprints.text.index import TextIndex, TextMatch
from forensics.matchers.base import Matcher
from forensics.model import Artifact, Excerpt, Match
from forensics.rulebook.rule import Rule
from forensics.rulebook.text_prints import TEXT, indexes, said_by


class TextRuleMatcher(Matcher):
    """Runs the rules of the kind `text`; without any it wants nothing."""

    name = "text-rule"

    @cached_property
    def _rules(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rulebook.rules if rule.kind == TEXT and rule.is_active}

    @cached_property
    def _indexes(self) -> Sequence[TextIndex]:
        return tuple(indexes(self._rules.values()))

    def warm(self) -> None:
        """Read the prints."""
        if self._rules:
            self._indexes  # noqa: B018 - made once, here

    def wants(self, artifact: Artifact) -> bool:
        """Text views, while any rule is about them."""
        return artifact.is_view and artifact.media_type == "text/plain" and bool(self._rules)

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield the rules of whose passage enough is there, then up to `candidates` that come near."""
        text = artifact.content.bytes().decode("utf-8", "replace")
        found = [hit for index in self._indexes for hit in index.search(text, candidates=candidates)]
        for hit in sorted(found, key=lambda hit: (not hit.accepted, -hit.score)):
            yield _match(self._rules[hit.item], hit, artifact)


def _match(rule: Rule, hit: TextMatch, artifact: Artifact) -> Match:
    said = f"{hit.coverage:.0%} of its passage, {hit.bits:.0f} bits of rare words"
    return Match(
        rule=rule.id,
        matcher=TextRuleMatcher.name,
        artifact=artifact.number,
        score=hit.score,
        title=rule.title,
        severity=rule.severity,
        accepted=hit.accepted and hit.coverage >= said_by(rule).least_share,
        category=rule.category,
        technique=rule.technique,
        why=(
            Excerpt(
                kind="text",
                label=f"{artifact.role or 'text'}: {said}",
                offset=hit.offset,
                length=hit.length,
                text=hit.excerpt,
            ),
        ),
    )
