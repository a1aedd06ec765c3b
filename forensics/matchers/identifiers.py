"""Finds device and subscriber numbers in packages that promise none, by the identifier rules of the packs."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence

from forensics.errors import LimitReached
from forensics.matchers.base import Matcher
from forensics.model import Artifact, Excerpt, Match, Severity
from forensics.rulebook.identifiers import Finding, Searched, find
from forensics.rulebook.rule import Rule

MAX_BYTES = 32 << 20
MAX_EXCERPTS = 8
_VAGUE = "phone"
"""The kind that has neither a checksum nor a shape of its own."""
_TEXTUAL = re.compile(r"text/|application/(.*\+)?(xml|json|x-ndjson|jsonl|csv|x-subrip|yaml|toml)")
_CLIP_NAME = re.compile(rb"\.(wav|mp3|flac|ogg|opus|m4a|aac|amr|3gp|wma|aiff?)\b", re.IGNORECASE)
_COMPRESSED = re.compile(r"\.(xlsx|xlsm|ods|docx|odt|pptx|pdf)$", re.IGNORECASE)
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class IdentifierMatcher(Matcher):
    """Runs the identifier rules over what looks like a package or like the tags of a recording; nothing else.

    A rule's own severity holds where the artifact is a package: it lists clips, or it names a package and proposes
    candidates. Other tables and bilingual texts, and the tags of any recording, may be anybody's: there a finding is
    `low`.
    """

    name = "identifiers"

    def wants(self, artifact: Artifact) -> bool:
        """Take package manifests and bilingual files as raw text, and text views of workbooks and audio tags.

        A manifest's views repeat what its raw text says; a workbook's raw bytes are compressed.
        """
        has_units = bool(_count(artifact, "units") or artifact.facts.get("package.id"))
        if not artifact.is_view:
            return has_units and _is_textual(artifact)
        if artifact.role not in ("metadata", "note"):
            return False
        return "audio.codec" in artifact.facts or (has_units and bool(_COMPRESSED.search(artifact.name)))

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield one match per rule that found something. Raises LimitReached for text beyond 32 MiB."""
        data = artifact.content.pread(MAX_BYTES, 0)
        text, encoding, skipped = _decode(data)
        is_package = "audio.codec" not in artifact.facts and _is_package(artifact, data)
        for rule, found in self._found(Searched(text)):
            if found:
                offsets = [] if artifact.is_view else _byte_offsets(text, encoding, skipped, found)
                yield _match(rule, artifact, found, offsets, is_package=is_package)
        if artifact.content.size > MAX_BYTES:
            raise LimitReached(f"identifiers looked for in the first {MAX_BYTES >> 20} MiB only")

    def _found(self, searched: Searched) -> list[tuple[Rule, list[Finding]]]:
        """What each rule finds; digits that another kind vouches for are no telephone number."""
        rules = [rule for rule in self.rulebook.rules if rule.kind == "identifier" and rule.is_active]
        found = [(rule, find(rule.name, searched, rule.labels)) for rule in rules]
        taken = [(each.start, each.end) for rule, every in found for each in every if rule.name != _VAGUE]
        return [
            (rule, [each for each in every if rule.name != _VAGUE or not _overlaps(each, taken)])
            for rule, every in found
        ]


def _overlaps(finding: Finding, taken: Sequence[tuple[int, int]]) -> bool:
    return any(start < finding.end and finding.start < end for start, end in taken)


def _count(artifact: Artifact, fact: str) -> int:
    value = artifact.facts.get(fact, "0")
    return int(value) if value.isdecimal() else 0


def _is_textual(artifact: Artifact) -> bool:
    return bool(_TEXTUAL.match(artifact.media_type)) or b"\0\0\0" not in artifact.content.head()


def _is_package(artifact: Artifact, data: bytes) -> bool:
    is_named = bool(artifact.facts.get("package.id"))
    names_clips = _count(artifact, "clips") > 0 or bool(_CLIP_NAME.search(data))
    return names_clips or (is_named and _count(artifact, "candidates") > 0)


def _decode(data: bytes) -> tuple[str, str, int]:
    """The text, its encoding and how many bytes of byte order mark stand before it; no byte is refused."""
    encoding = _UTF16.get(data[:2])
    if encoding:
        return data[2:].decode(encoding, "replace"), encoding, 2
    return data.decode("utf-8", "surrogateescape"), "utf-8", 0


def _byte_offsets(text: str, encoding: str, skipped: int, found: Sequence[Finding]) -> list[int]:
    errors = "surrogateescape" if encoding == "utf-8" else "replace"
    offsets, at, before = [], skipped, 0
    for finding in found[:MAX_EXCERPTS]:
        at += len(text[before : finding.start].encode(encoding, errors))
        before = finding.start
        offsets.append(at)
    return offsets


def _match(
    rule: Rule, artifact: Artifact, found: Sequence[Finding], offsets: Sequence[int], *, is_package: bool
) -> Match:
    shown = found[:MAX_EXCERPTS]
    places = offsets or [finding.start for finding in shown]
    low = min(rule.severity, Severity.LOW, key=lambda severity: severity.rank)
    return Match(
        rule=rule.id,
        matcher="identifiers",
        artifact=artifact.number,
        score=1.0,
        title=rule.title,
        severity=rule.severity if is_package else low,
        category=rule.category,
        technique=rule.technique,
        why=tuple(
            Excerpt(
                kind="identifier",
                label=finding.label or finding.kind,
                offset=place,
                length=finding.end - finding.start,
                text=finding.masked,
            )
            for finding, place in zip(shown, places, strict=True)
        ),
    )
