"""The case file as tables for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.reports.casefile import CaseFile
from forensics.reports.records import iso
from forensics.reports.tables import Cell, csv_lines

Row = tuple[Cell, ...]


def sheets(case: CaseFile) -> Iterator[tuple[str, Iterator[str]]]:
    """The name of each table and its lines: findings, artifacts, matches, gaps, unread, custody."""
    for name, columns, rows in (
        ("findings", _FINDINGS, _findings(case)),
        ("artifacts", _ARTIFACTS, _artifacts(case)),
        ("matches", _MATCHES, _matches(case)),
        ("gaps", _GAPS, _gaps(case)),
        ("unread", _UNREAD, _unread(case)),
        ("custody", _CUSTODY, _custody(case)),
    ):
        yield name, csv_lines(columns, rows)


_FINDINGS: Sequence[str] = (
    *("id", "time", "severity", "state", "title", "channel", "leaving", "name", "host", "user", "process"),
    *("source", "destination", "size", "missing_bytes", "sha256", "reason"),
)
_ARTIFACTS = ("finding", "number", "parent", "path", "type", "size", "sha256", "outcome", "reason")
_MATCHES: Sequence[str] = (
    *("finding", "artifact", "rule", "matcher", "item", "package", "programme", "score", "accepted"),
    *("in_content_s", "in_clip_s", "duration_s", "speed", "false_alarm", "technique"),
)
_GAPS = ("id", "start", "end", "channel", "sensor", "cause", "size", "unit", "detail", "on_these_ways")
_UNREAD = ("id", "start", "end", "protocol", "name", "source", "destination", "sent", "received", "user", "process")
_CUSTODY = ("time", "actor", "action", "subject", "detail", "digest")


def _findings(case: CaseFile) -> Iterator[Row]:
    for finding in case.findings:
        seen, alert, content = finding.seen, finding.alert, finding.content
        yield (
            *(finding.id, iso(seen.time)),
            *((alert.severity.value, alert.state.value, alert.title) if alert is not None else ("", "", "")),
            *(seen.channel, seen.is_leaving, seen.name, seen.host, seen.user, seen.process),
            *(seen.source, seen.destination, content.size if content is not None else None, finding.missing_bytes),
            *(content.sha256 if content is not None else "", seen.reason),
        )


def _artifacts(case: CaseFile) -> Iterator[Row]:
    for finding in case.findings:
        for each in finding.detail.artifacts:
            path = " » ".join(each.path)
            kind, outcome = each.media_type, each.outcome.value
            yield (finding.id, each.number, each.parent, path, kind, each.size, each.sha256, outcome, each.reason)


def _matches(case: CaseFile) -> Iterator[Row]:
    for finding in case.findings:
        for each in finding.detail.matches:
            yield (
                *(finding.id, each.artifact_number, each.rule, each.matcher, each.item, each.package, each.programme),
                *(each.score, each.accepted, each.query_start_s, each.clip_start_s, each.duration_s, each.speed),
                *(each.sound.false_alarm if each.sound is not None else None, each.technique),
            )


def _gaps(case: CaseFile) -> Iterator[Row]:
    for each in case.gaps:
        yield (
            *(f"G{each.id}", iso(each.start), iso(each.end), each.channel, each.sensor, each.cause, each.size),
            *(each.unit, each.detail, case.concerns(each)),
        )


def _unread(case: CaseFile) -> Iterator[Row]:
    for each in case.unread:
        yield (
            *(f"Q{each.id}", iso(each.start), iso(each.end), each.protocol, each.name, each.source, each.destination),
            *(each.up, each.down, each.user, each.process),
        )


def _custody(case: CaseFile) -> Iterator[Row]:
    for each in case.acts:
        yield iso(each.time), each.actor, each.action, each.subject, each.detail, each.digest
