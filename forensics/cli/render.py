"""Records as JSON lines and as lines for people; the same for every command that prints artifacts or matches."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from forensics.model import Analysis, Artifact, Gap, Match, OutcomeKind
from forensics.text_safety import visible

LAST_TIME = 253_402_300_799.0
"""The last second of the year 9999."""


def json_line(record: Mapping[str, Any]) -> None:
    """Print one JSON object on a line of its own, at once, in ASCII so that no hostile character gets out."""
    click.echo(json.dumps(record))


def iso(time: float) -> str:
    """A time as ISO 8601 in UTC with milliseconds; what a capture dates beyond the calendar stands at its end."""
    return (
        datetime.fromtimestamp(min(max(time, 0.0), LAST_TIME), UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def match_record(match: Match) -> dict[str, Any]:
    """A match as the command line promises it, with its rule and its why."""
    return {
        "clip": match.item,
        "score": round(match.score, 4),
        "accepted": match.accepted,
        "query_start_s": round(match.query_start_s, 3),
        "clip_start_s": round(match.clip_start_s, 3),
        "duration_s": round(match.duration_s, 3),
        "speed": round(match.speed, 4),
        "rule": match.rule,
        "matcher": match.matcher,
        "package": match.package,
        "severity": match.severity.value,
        "title": match.title,
        "why": [
            {"kind": e.kind, "label": e.label, "offset": e.offset, "length": e.length, "text": e.text}
            for e in match.why
        ],
    }


def artifact_records(analysis: Analysis, alert: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """One record per artifact; the alert stands on the lines that led to it, or on the first when none matched."""
    by_artifact: dict[int, list[Match]] = {}
    for match in analysis.matches:
        by_artifact.setdefault(match.artifact, []).append(match)
    blamed = {number for number, found in by_artifact.items() if any(m.accepted for m in found)} or {0}
    return [
        {
            "path": container_path(artifact, analysis),
            "channel": analysis.observation.channel,
            "type": artifact.media_type,
            "size": artifact.content.size,
            "sha256": artifact.content.sha256,
            "outcome": analysis.outcome_of(artifact.number).kind.value,
            "reason": analysis.outcome_of(artifact.number).reason,
            "matches": [match_record(match) for match in by_artifact.get(artifact.number, ())],
            "alert": alert if artifact.number in blamed else None,
        }
        for artifact in analysis.artifacts
    ]


def container_path(artifact: Artifact, analysis: Analysis) -> list[str]:
    """The container path, the capture first for what was read out of one."""
    capture = analysis.observation.capture
    return [*([capture] if capture else []), *artifact.path]


def gap_record(gap: Gap) -> dict[str, Any]:
    """A gap as a JSON line."""
    return {
        "gap": {
            "sensor": gap.sensor,
            "channel": gap.channel,
            "start": iso(gap.start),
            "end": iso(gap.end),
            "cause": gap.cause,
            "size": gap.size,
            "unit": gap.unit,
            "detail": gap.detail,
        }
    }


def artifact_line(artifact: Artifact, analysis: Analysis, matches: Sequence[Match]) -> str:
    """One artifact for people: outcome, channel, container path, and what it matched."""
    outcome = analysis.outcome_of(artifact.number)
    what = " » ".join(visible(part) for part in container_path(artifact, analysis))
    line = f"{outcome.kind.value:<10} {analysis.observation.channel:<10} {what}"
    if outcome.reason and outcome.kind is not OutcomeKind.CLEAN:
        line += f"  ({visible(outcome.reason)})"
    return "\n".join([line, *(f"           {match_line(match)}" for match in matches)])


def match_line(match: Match) -> str:
    """One match for people."""
    name = visible(match.item or match.title)
    times = ""
    if match.duration_s:
        end = match.clip_start_s + match.duration_s
        times = f", clip {match.clip_start_s:.2f}-{end:.2f} s found at {match.query_start_s:.2f} s"
    return f"{'' if match.accepted else 'below threshold: '}{match.rule} {name} (score {match.score:.2f}{times})"
