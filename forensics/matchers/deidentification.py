"""Looks for what tells of a device or a person in every carrier there is: texts, tags, names. Runs when it is named."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.config import Config
from forensics.deidentification.carriers import carried
from forensics.deidentification.traces import OWNER, Trace, author_traces, spaced, traces
from forensics.errors import LimitReached
from forensics.formats.text_encoding import decode_text
from forensics.matchers.base import Matcher
from forensics.model import Artifact, Excerpt, Match, Severity
from forensics.register.book import Register
from forensics.rulebook.book import Rulebook

NAME = "deidentification"
MAX_BYTES = 32 << 20
_TEXTUAL = re.compile(r"text/|application/(.*\+)?(xml|json|x-ndjson|jsonl|csv|x-subrip|yaml|toml|javascript)|message/")
_SAID = ("source", "target", "candidate", "body", "note", "")
_SOUND = ("audio/x-pcm",)


class DeidentificationMatcher(Matcher):
    """The de-identification audit's own: a match for each kind of trace and carrier; `accepted` where it identifies."""

    name = NAME
    is_on_demand = True

    def __init__(self, rulebook: Rulebook, register: Register, config: Config | None = None) -> None:
        super().__init__(rulebook, register, config)
        self._labels: dict[str, tuple[str, ...]] = {}
        for rule in rulebook.rules:
            if rule.kind == "identifier" and rule.is_active:
                self._labels[rule.name] = (*self._labels.get(rule.name, ()), *rule.labels)

    def wants(self, artifact: Artifact) -> bool:
        """Everything but samples."""
        return artifact.media_type not in _SOUND

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield a match for each trace. Raises LimitReached for text beyond 32 MiB."""
        if artifact.is_view:
            yield from self._in_text(artifact, artifact.role or "text", _view_text(artifact))
            return
        yield from self._in_name(artifact)
        if _TEXTUAL.match(artifact.media_type):
            yield from self._in_text(artifact, "text", _text(artifact))
        for carrier, text in carried(artifact.content, artifact.media_type):
            yield from self._of(artifact, carrier, traces(text, self._labels))
            yield from self._of(artifact, carrier, author_traces(text))
            if carrier == "ZIP owner":
                yield from self._of(artifact, carrier, _owners(text))
        if artifact.content.size > MAX_BYTES and _TEXTUAL.match(artifact.media_type):
            raise LimitReached(f"traces looked for in the first {MAX_BYTES >> 20} MiB only")

    def _in_text(self, artifact: Artifact, carrier: str, text: str) -> Iterator[Match]:
        is_said = carrier in _SAID or carrier == "text"
        yield from self._of(artifact, carrier, traces(text, self._labels, is_said=is_said))
        if artifact.role == "metadata":
            yield from self._of(artifact, carrier, author_traces(text))

    def _in_name(self, artifact: Artifact) -> Iterator[Match]:
        name = artifact.name
        found = {each.shown: each for each in traces(name, self._labels)}
        if (apart := spaced(name)) != name:
            for each in traces(apart, self._labels):
                found.setdefault(each.shown, each)
        yield from self._of(artifact, "file name", iter(found.values()))

    def _of(self, artifact: Artifact, carrier: str, found: Iterator[Trace]) -> Iterator[Match]:
        for each in found:
            yield _match(artifact, carrier, each)


def _match(artifact: Artifact, carrier: str, trace: Trace) -> Match:
    field = f" {trace.field}" if trace.field else ""
    said = ", spoken" if trace.is_spoken else ""
    line = f", line {trace.line}" if artifact.is_view or carrier == "text" else ""
    label = f"{carrier}{field}{line}{said}"
    return Match(
        rule=f"deid-{trace.kind}",
        matcher=NAME,
        artifact=artifact.number,
        score=1.0 if trace.is_identifying else 0.5,
        title=trace.kind,
        severity=Severity.MEDIUM if trace.is_identifying else Severity.INFO,
        accepted=trace.is_identifying,
        item=f"{trace.kind}:{trace.shown}:{label}",
        category="identifier",
        why=(Excerpt(kind="identifier", label=label, offset=trace.start, length=len(trace.shown), text=trace.shown),),
    )


def _owners(text: str) -> Iterator[Trace]:
    for line in text.splitlines():
        value = line.partition(": ")[2]
        yield Trace(kind=OWNER, shown=value, start=0, line=1, field="uid:gid", is_identifying=False)


def _view_text(artifact: Artifact) -> str:
    return artifact.content.pread(MAX_BYTES, 0).decode("utf-8", "replace")


def _text(artifact: Artifact) -> str:
    data = artifact.content.pread(MAX_BYTES, 0)
    return decode_text(data) or data.decode("utf-8", "replace")
