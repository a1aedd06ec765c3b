"""registered-digest: the very bytes of a registered clip or package file; registered-member: the same behind a lock.

An encrypted archive that does not hide its list tells the CRC-32 and size of every member before encryption. Chance
gives a pair of other content of the same size the same CRC-32 once in 2^32; somebody who wants to can forge one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from forensics.matchers.base import Matcher
from forensics.model import Artifact, Excerpt, Match, Severity
from forensics.register.book import Item

LEAST_MEMBER_BYTES: Final = 64
"""Smaller members are not compared: too many files are that small and alike."""
WEAK_SCORE: Final = 0.1
MEMBERS: Final = "encrypted.members"
_WHAT = {"clip": "Registered clip", "file": "Registered package file", "text": "Registered text"}
_CRC_VALUES: Final = 2.0**32
_STEPS: Final = re.compile(r"[/\\]+")


class DigestMatcher(Matcher):
    """Compares the SHA-256 of an artifact, or CRC-32 and size of locked members, with everything registered."""

    name = "digest"

    def wants(self, artifact: Artifact) -> bool:
        """Every artifact with bytes, no view."""
        return not artifact.is_view and artifact.content.size > 0 and len(self.register) > 0

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield a match for every clip and file with exactly these bytes, or that a locked member must be.

        The only near misses are members whose CRC-32 is not told, with the size and name of a registered file.
        """
        sha256 = artifact.content.sha256
        why = Excerpt(kind="digest", label="sha256", length=artifact.content.size, text=sha256)
        for item in self.register.digest(sha256):
            yield self._match(item, artifact, why, rule="registered-digest")
        if MEMBERS in artifact.facts:
            yield from self._locked(artifact, candidates)

    def _locked(self, artifact: Artifact, candidates: int) -> Iterator[Match]:
        members = json.loads(artifact.facts[MEMBERS])
        score = 1 - min(0.5, len(self.register) * len(members) / _CRC_VALUES)
        seen: set[str] = set()
        weak: dict[str, Match] = {}
        for name, size, crc32 in _comparable(members):
            for item in self.register.of_size(size, crc32 or None):
                if item.id in seen:
                    continue
                if crc32:
                    seen.add(item.id)
                    why = _why("CRC-32 and size of an encrypted member", size, f"{crc32:08x} {name}")
                    yield self._match(item, artifact, why, rule="registered-member", score=score)
                elif _own_name(name) == _own_name(item.name):
                    why = _why("size and name of an encrypted member, its CRC-32 is not told", size, name)
                    weak[item.id] = self._match(item, artifact, why, rule="registered-member", score=WEAK_SCORE)
        yield from [match for identity, match in weak.items() if identity not in seen][:candidates]

    def _match(self, item: Item, artifact: Artifact, why: Excerpt, *, rule: str, score: float = 1.0) -> Match:
        package, programme = self.issue_of(item, artifact)
        return Match(
            rule=rule,
            matcher=self.name,
            artifact=artifact.number,
            score=score,
            title=f"{_WHAT[item.kind]} {item.id}",
            severity=Severity.HIGH,
            item=item.id,
            package=package,
            programme=programme,
            duration_s=item.seconds,
            category="registered",
            accepted=score > WEAK_SCORE,
            why=(why,),
        )


def _comparable(members: list[dict[str, str | int]]) -> Iterator[tuple[str, int, int]]:
    """Name, size and CRC-32 of the members that are large enough; the CRC-32 is 0 where it is not told (AE-2)."""
    for member in members:
        size = int(member["size"])
        if size >= LEAST_MEMBER_BYTES:
            yield str(member["name"]), size, int(str(member.get("crc32", "0")), 16)


def _why(label: str, size: int, text: str) -> Excerpt:
    return Excerpt(kind="digest", label=label, length=size, text=text)


def _own_name(path: str) -> str:
    return _STEPS.split(path)[-1].casefold()
