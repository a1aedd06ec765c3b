"""Looks for the recordings that rules of the kind `audio` know, in everything that can be heard."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.search import AudioMatch, search
from forensics.hearsay import describe, samples_of
from forensics.matchers.base import Matcher
from forensics.model import Artifact, Excerpt, Match
from forensics.rulebook.audio_prints import AUDIO, codes_of, heard_by
from forensics.rulebook.rule import Rule


class AudioRuleMatcher(Matcher):
    """Runs the rules of the kind `audio`; without any it wants nothing."""

    name = "audio-rule"

    @cached_property
    def _rules(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rulebook.rules if rule.kind == AUDIO and rule.is_active}

    @cached_property
    def _index(self) -> AudioIndex:
        return AudioIndex.build((id, codes_of(rule)) for id, rule in self._rules.items())

    def warm(self) -> None:
        """Read the prints."""
        if self._rules:
            self._index  # noqa: B018 - made once, here

    def wants(self, artifact: Artifact) -> bool:
        """Decoded samples, while any rule is about them."""
        return artifact.media_type == "audio/x-pcm" and bool(self._rules)

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield the rules whose recording was heard long enough, then up to `candidates` that come near."""
        found = search(
            self._index,
            samples_of(artifact.content),
            candidates=candidates,
            before_s=artifact.start_s,
            is_far=self.config.audio.far,
        )
        for hit in found:
            yield _match(self._rules[hit.item], hit, artifact)


def _match(rule: Rule, hit: AudioMatch, artifact: Artifact) -> Match:
    is_long = hit.duration_s >= heard_by(rule).least_s
    return Match(
        rule=rule.id,
        matcher=AudioRuleMatcher.name,
        artifact=artifact.number,
        score=hit.score,
        title=rule.title,
        severity=rule.severity,
        accepted=hit.accepted and is_long,
        query_start_s=round(hit.query_start_s + artifact.start_s, 3),
        clip_start_s=hit.clip_start_s,
        duration_s=hit.duration_s,
        speed=hit.speed,
        category=rule.category,
        technique=rule.technique,
        why=(Excerpt(kind="audio", label=rule.id, text=describe(hit, artifact.role)),),
    )
