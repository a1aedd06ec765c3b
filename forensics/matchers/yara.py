"""Runs the YARA rules of the packs over raw bytes and over extracted text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from mmap import ACCESS_READ, mmap
from typing import Any, NoReturn

import yara

from forensics import ways
from forensics.config import Config
from forensics.content import IN_MEMORY_BYTES
from forensics.errors import InputError, LimitReached, TimedOut
from forensics.matchers.base import Matcher
from forensics.model import Artifact, Excerpt, Match
from forensics.register.book import Register
from forensics.rulebook.book import Rulebook
from forensics.rulebook.compiled import compiled
from forensics.rulebook.compiling import compile_sources
from forensics.rulebook.rule import Rule, RuleFile

MAX_EXCERPT_BYTES = 64
HEAD_BYTES = 16
MAX_HITS_PER_STRING = 3
MAX_EXCERPTS = 12
BYTES_PER_SECOND = 20 << 20  # slower than any measured scan with a sound rule set
CULPRIT_TIMEOUT_S = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scanned:
    """What one run of compiled rules over one content gave. `flooded` names strings that hit beyond the cap."""

    hits: Sequence[Any]
    flooded: Sequence[str]


class _Set:
    """The rule files that hold a rule of one scope, compiled together."""

    def __init__(self, files: Sequence[RuleFile]) -> None:
        self.files = files

    @cached_property
    def together(self) -> Any:
        """All of them in one: the bytes are read once."""
        sources = {file.namespace: file.text for file in self.files}
        return compiled(sources, lambda: compile_sources(sources))

    @cached_property
    def one_by_one(self) -> list[tuple[RuleFile, Any]]:
        """Each alone, to find out which of them does not end."""
        return [(file, compile_sources({file.namespace: file.text})) for file in self.files]


class YaraMatcher(Matcher):
    """Runs every active YARA rule: `raw` rules over an artifact's bytes, `text` rules over its text views."""

    name = "yara"

    def __init__(self, rulebook: Rulebook, register: Register, config: Config | None = None) -> None:
        super().__init__(rulebook, register, config)
        self._rules = {(r.namespace, r.name): r for r in rulebook.rules if r.kind == "yara" and r.is_active}
        self._sets = {scope: self._set(scope) for scope in ("raw", "text")}
        self._least_timeout_s = rulebook.timeout_s
        yara.set_config(max_match_data=MAX_EXCERPT_BYTES)

    def warm(self) -> None:
        """Compile now, so that no artifact waits for it."""
        for rules in self._sets.values():
            if rules.files:
                _ = rules.together

    def wants(self, artifact: Artifact) -> bool:
        """Take artifacts themselves and views of text, as far as there are rules for them."""
        if artifact.is_view and not artifact.media_type.startswith("text/"):
            return False
        return bool(self._set_for(artifact).files)

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield one match per rule, in the order of severity.

        Raises TimedOut naming the rule files that do not end (the others' matches come first) and LimitReached for
        strings that hit more often than the engine counts, and for content that can be neither mapped nor read.
        """
        rules = self._set_for(artifact)
        try:
            scanned = self._scan(rules.together, artifact, self._timeout_s(artifact))
        except yara.TimeoutError:
            yield from self._match_one_by_one(rules, artifact)
            return
        yield from self._matches(scanned.hits, artifact)
        if scanned.flooded:
            raise LimitReached(f"hits beyond the cap: {', '.join(scanned.flooded[:5])}")

    def _match_one_by_one(self, rules: _Set, artifact: Artifact) -> Iterator[Match]:
        """Give what the sound rules say, then raise TimedOut naming the others."""
        culprits: list[str] = []
        limit_s = max(CULPRIT_TIMEOUT_S, self._timeout_s(artifact) // max(1, len(rules.files)))
        for file, alone in rules.one_by_one:
            try:
                yield from self._matches(self._scan(alone, artifact, limit_s).hits, artifact)
            except yara.TimeoutError:
                culprits += [rule.id for rule in file.rules if self._is_due(rule, artifact)]
        seconds = self._timeout_s(artifact)
        if not culprits:
            raise TimedOut(f"rules not finished after {seconds} s together, each alone did")
        raise TimedOut(f"rules not finished after {seconds} s: {', '.join(culprits[:5])}")

    def _scan(self, compiled: Any, artifact: Artifact, timeout_s: int) -> _Scanned:
        """Run compiled rules; large content is mapped through its descriptor, never copied."""
        flooded: list[str] = []

        def warn(kind: int, message: Any) -> int:
            if kind == yara.CALLBACK_TOO_MANY_MATCHES:
                flooded.append(f"{self._id(message.namespace, message.rule)} {message.string}")
            return int(yara.CALLBACK_CONTINUE)

        content = artifact.content
        arguments = {"externals": externals_of(artifact), "timeout": timeout_s, "warnings_callback": warn}
        try:
            if content.size <= IN_MEMORY_BYTES:
                hits = compiled.match(data=content.bytes(), **arguments)
            else:
                with mmap(content.descriptor(), 0, access=ACCESS_READ) as mapped:
                    hits = compiled.match(data=mapped, **arguments)
        except yara.TimeoutError:
            raise
        except (yara.Error, MemoryError, OSError, ValueError) as error:
            _refuse(error)
        return _Scanned(hits=hits, flooded=flooded)

    def _matches(self, hits: Sequence[Any], artifact: Artifact) -> Iterator[Match]:
        found = []
        for hit in hits:
            rule = self._rules.get((hit.namespace, hit.rule))
            if rule is not None and self._is_due(rule, artifact):
                found.append(_match(rule, hit, artifact))
        yield from sorted(found, key=lambda match: -match.severity.rank)

    def _is_due(self, rule: Rule, artifact: Artifact) -> bool:
        is_known = (rule.namespace, rule.name) in self._rules
        return is_known and rule.scope == ("text" if artifact.is_view else "raw")

    def _id(self, namespace: str, name: str) -> str:
        rule = self._rules.get((namespace, name))
        return rule.id if rule else name

    def _set(self, scope: str) -> _Set:
        wanted = {namespace for (namespace, _), rule in self._rules.items() if rule.scope == scope}
        return _Set([file for file in self.rulebook.files if file.namespace in wanted])

    def _set_for(self, artifact: Artifact) -> _Set:
        return self._sets["text" if artifact.is_view else "raw"]

    def _timeout_s(self, artifact: Artifact) -> int:
        return self._least_timeout_s + artifact.content.size // BYTES_PER_SECOND


def _refuse(error: Exception) -> NoReturn:
    if "could not open file" in str(error):
        raise InputError(str(error)) from error
    raise LimitReached(f"could not be scanned: {error}") from error


def externals_of(artifact: Artifact) -> Mapping[str, str | int]:
    """What rules may ask of an artifact beside its bytes, by the names of their variables."""
    return {
        "filename": _plain(artifact.name),
        "path": _plain("/".join(artifact.path)),
        "filetype": _plain(artifact.media_type),
        "channel": _plain(ways.family(artifact.facts.get("channel", ""))),
        "role": _plain(artifact.role),
        "size": artifact.content.size,
        "candidates": _count(artifact, "candidates"),
        "units": _count(artifact, "units"),
        "clips": _count(artifact, "clips"),
    }


def _plain(text: str) -> str:
    """What the engine takes as a string: no NUL, no lone surrogate."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _count(artifact: Artifact, fact: str) -> int:
    value = artifact.facts.get(fact)
    return int(value) if value and re.fullmatch(r"\d{1,15}", value, re.ASCII) else 0


def _match(rule: Rule, hit: Any, artifact: Artifact) -> Match:
    return Match(
        rule=rule.id,
        matcher=YaraMatcher.name,
        artifact=artifact.number,
        score=1.0,
        title=rule.title,
        severity=rule.severity,
        category=rule.category,
        technique=rule.technique,
        why=tuple(_excerpts(hit, is_text=artifact.is_view))[:MAX_EXCERPTS] or _circumstances(artifact),
    )


def _excerpts(hit: Any, *, is_text: bool) -> Iterator[Excerpt]:
    for string in hit.strings:
        for instance in string.instances[:MAX_HITS_PER_STRING]:
            yield Excerpt(
                kind="bytes",
                label=string.identifier,
                offset=instance.offset,
                length=instance.matched_length,
                text=instance.matched_data.decode("utf-8", "replace") if is_text else _escape(instance.matched_data),
            )


def _circumstances(artifact: Artifact) -> tuple[Excerpt, ...]:
    """What a rule without matched strings went by: the first bytes and the name."""
    head = artifact.content.head(HEAD_BYTES)
    return (
        Excerpt(kind="bytes", label="first bytes", length=len(head), text=_escape(head)),
        Excerpt(kind="text", label="name", text=artifact.name[:256]),
    )


def _escape(data: bytes) -> str:
    """Matched bytes as a person reads them: printable ASCII as it is, the rest as \\xNN, cut to 64 bytes."""
    return data[:MAX_EXCERPT_BYTES].decode("latin-1").encode("unicode_escape").decode()
