"""registered-digest: the very bytes of a registered clip or package file."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.matchers.base import Matcher
from forensics.model import Artifact, Excerpt, Match, Severity

_WHAT = {"clip": "Registered clip", "file": "Registered package file", "text": "Registered text"}


class DigestMatcher(Matcher):
    """Compares the SHA-256 of an artifact with those of everything registered."""

    name = "digest"

    def wants(self, artifact: Artifact) -> bool:
        """Every artifact with bytes, no view."""
        return not artifact.is_view and artifact.content.size > 0 and len(self.register) > 0

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield a match for every clip and file with exactly these bytes; there are no near misses."""
        sha256 = artifact.content.sha256
        for item in self.register.digest(sha256):
            package, programme = self.issue_of(item, artifact)
            yield Match(
                rule="registered-digest",
                matcher=self.name,
                artifact=artifact.number,
                score=1.0,
                title=f"{_WHAT[item.kind]} {item.id}",
                severity=Severity.HIGH,
                item=item.id,
                package=package,
                programme=programme,
                duration_s=item.seconds,
                category="registered",
                why=(Excerpt(kind="digest", label="sha256", length=artifact.content.size, text=sha256),),
            )
