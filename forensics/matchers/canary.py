"""Looks for the canary words of the packs in everything that is read: bytes, texts, names."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.config import Config
from forensics.errors import LimitReached
from forensics.matchers.base import Matcher
from forensics.model import Artifact, Excerpt, Match
from forensics.register.book import Register
from forensics.rulebook.book import Rulebook
from forensics.rulebook.canaries import found
from forensics.rulebook.fingerprint_rules import CANARY, planted_by
from forensics.rulebook.rule import Rule

MAX_BYTES = 64 << 20
_SAMPLES = "audio/x-pcm"


class CanaryMatcher(Matcher):
    """Runs the rules of the kind `canary`; without any it wants nothing."""

    name = CANARY

    def __init__(self, rulebook: Rulebook, register: Register, config: Config | None = None) -> None:
        super().__init__(rulebook, register, config)
        self._rules: dict[tuple[str, str], Rule] = {}
        for rule in rulebook.rules:
            if rule.kind == CANARY and rule.is_active:
                planted = planted_by(rule)
                self._rules |= {(planted.salt, token): rule for token in planted.tokens}
        self._salts = sorted({salt for salt, _ in self._rules})

    def wants(self, artifact: Artifact) -> bool:
        """Everything but samples."""
        return bool(self._rules) and artifact.media_type != _SAMPLES

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield a match for each rule whose word is there. Raises LimitReached for content beyond 64 MiB."""
        told: set[str] = set()
        for kind, data in (("name", artifact.name.encode("utf-8", "replace")), ("bytes", self._data(artifact))):
            for offset, length, salt, digest in found(data, self._salts):
                rule = self._rules.get((salt, digest))
                if rule is not None and rule.id not in told:
                    told.add(rule.id)
                    yield _match(rule, artifact, kind, offset, length)
        if artifact.content.size > MAX_BYTES:
            raise LimitReached(f"canary words looked for in the first {MAX_BYTES >> 20} MiB only")

    def _data(self, artifact: Artifact) -> bytes:
        return artifact.content.pread(MAX_BYTES, 0)


def _match(rule: Rule, artifact: Artifact, kind: str, offset: int, length: int) -> Match:
    why = Excerpt(kind="canary", label=f"word of {length} characters ({kind})", offset=offset, length=length)
    return Match(
        rule=rule.id,
        matcher=CANARY,
        artifact=artifact.number,
        score=1.0,
        title=rule.title,
        severity=rule.severity,
        category=rule.category,
        technique=rule.technique,
        why=(why,),
    )
