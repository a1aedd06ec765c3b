"""registered-digest: the very bytes of a registered clip or package file."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.matchers.base import Matcher
from forensics.model import Artifact, Excerpt, Match, Severity
from forensics.register.book import Item

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
            yield Match(
                rule="registered-digest",
                matcher=self.name,
                artifact=artifact.number,
                score=1.0,
                title=f"{_WHAT[item.kind]} {item.id}",
                severity=Severity.HIGH,
                item=item.id,
                package=self._package(item, artifact),
                duration_s=item.seconds,
                category="registered",
                why=(Excerpt(kind="digest", label="sha256", length=artifact.content.size, text=sha256),),
            )

    def _package(self, item: Item, artifact: Artifact) -> str:
        """Of the packages that hold the item, the one the artifact itself names, else the first."""
        packages = self.register.packages_of(item.id)
        named = artifact.packages
        return next((package for package in packages if package in named), item.package)
