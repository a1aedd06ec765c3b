"""Records as JSON lines and as lines for people; the same for every command that prints artifacts or matches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import click

from forensics.model import Analysis, Artifact, Gap, Match, Opaque, OutcomeKind, Sound
from forensics.reports.records import iso, sound_record
from forensics.sound_words import changes, odds
from forensics.text_safety import visible

SCAN_TRACE = 256
"""Codes up to which `scan` prints the trace of a match: 20 s of the clip; `identify` and `show` print every one."""
NAMED = 3
"""Clips of a family that are named to people."""
SAME_PLACE = 0.5
"""Of the shorter of two matches, in the recording: from here on they are in one place."""


def json_line(record: Mapping[str, Any]) -> None:
    """Print one JSON object on a line of its own, at once, in ASCII so that no hostile character gets out."""
    click.echo(json.dumps(record))


def match_record(match: Match, *, longest_trace: int | None = None) -> dict[str, Any]:
    """A match as the command line promises it, with its rule, its why and how it was heard.

    A trace of more than `longest_trace` codes is left out.
    """
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
        "programme": match.programme,
        "severity": match.severity.value,
        "title": match.title,
        "why": [
            {"kind": e.kind, "label": e.label, "offset": e.offset, "length": e.length, "text": e.text}
            for e in match.why
        ],
        **sound_record(match.sound, longest_trace=longest_trace),
    }


def artifact_records(analysis: Analysis, alert: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """One record per artifact; the alert stands on the lines that led to it, or on the first when none matched."""
    by_artifact: dict[int, list[Match]] = {}
    for match in analysis.matches:
        by_artifact.setdefault(match.artifact, []).append(match)
    outcomes = {outcome.artifact: outcome for outcome in analysis.outcomes}
    blamed = {number for number, found in by_artifact.items() if any(m.accepted for m in found)} or {0}
    return [
        {
            "path": container_path(artifact, analysis),
            "channel": analysis.observation.channel,
            "source": analysis.observation.source,
            "destination": analysis.observation.destination,
            "type": artifact.media_type,
            "size": artifact.content.size,
            "sha256": artifact.content.sha256,
            **({"password": artifact.facts["password"]} if "password" in artifact.facts else {}),
            **({"package": package_record(artifact)} if "package.kind" in artifact.facts else {}),
            "outcome": outcomes[artifact.number].kind.value,
            "reason": outcomes[artifact.number].reason,
            "matches": [
                match_record(match, longest_trace=SCAN_TRACE) for match in by_artifact.get(artifact.number, ())
            ],
            "alert": alert if artifact.number in blamed else None,
        }
        for artifact in analysis.artifacts
    ]


def package_record(artifact: Artifact) -> dict[str, Any]:
    """What an archive or project file says of itself as a translation package: kind, tool and counts."""
    told = {name.partition(".")[2]: value for name, value in artifact.facts.items() if name.startswith("package.")}
    return {name: int(value) if value.isdecimal() and name != "id" else value for name, value in told.items()}


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


def opaque_record(found: Opaque) -> dict[str, Any]:
    """A connection that was not read, as a JSON line; `up` and `down` count payload bytes."""
    return {
        "opaque": {
            "protocol": found.protocol or "unknown",
            "name": found.name,
            "up": found.up,
            "down": found.down,
            "source": found.source,
            "destination": found.destination,
            "start": iso(found.start),
            "end": iso(found.end),
            "user": found.subject.user,
            "process": found.subject.process,
            **found.facts,
        }
    }


def opaque_line(found: Opaque) -> str:
    """A connection that was not read, for people."""
    facts = "".join(f"  {visible(name)} {visible(value)}" for name, value in found.facts.items())
    who = f"  {visible(found.subject.process or found.subject.user)}" if found.subject.user else ""
    return (
        f"{iso(found.start)}  {found.protocol or 'unknown'}  up {found.up}, down {found.down} bytes  "
        f"{found.source} > {found.destination}  {visible(found.name) or '-'}{facts}{who}"
    )


def artifact_line(artifact: Artifact, analysis: Analysis, matches: Sequence[Match]) -> str:
    """One artifact for people: outcome, channel, where the file lies or the container path, and what it matched."""
    outcome = analysis.outcome_of(artifact.number)
    seen = analysis.observation
    places = [
        unquote(uri.removeprefix("file://"), errors="surrogateescape")
        for uri in (seen.destination, seen.source)
        if uri.startswith("file:")
    ]
    path = container_path(artifact, analysis)
    what = " » ".join(visible(part) for part in (*places[:1], *path[len(places[:1]) :]))
    line = f"{outcome.kind.value:<10} {analysis.observation.channel:<10} {what}"
    if number := artifact.facts.get("password"):
        line += f"  [password {visible(number)} of the list]"
    if outcome.reason and outcome.kind is not OutcomeKind.CLEAN:
        line += f"  ({visible(outcome.reason)})"
    return "\n".join([line, *(f"           {match_line(match)}" for match in as_heard(matches))])


def as_heard(matches: Iterable[Match]) -> list[Match]:
    """The matches for people: the clips that were heard in the order of the recording, then the others as they come.

    Of a take that is registered several times, the first stands for all in its place: its line names the others.
    """
    heard: list[Match] = []
    others: list[Match] = []
    for match in matches:
        if match.sound is None or not match.accepted:
            others.append(match)
        elif not any(_stands_for(one, match) for one in heard):
            heard.append(match)
    return sorted(heard, key=lambda match: (match.artifact, match.query_start_s)) + others


def _stands_for(one: Match, other: Match) -> bool:
    """Say whether a clip is of the family of one that was heard in the same place."""
    if one.sound is None or other.item not in one.sound.family or one.artifact != other.artifact:
        return False
    ends = [each.query_start_s + each.duration_s / max(each.speed, 0.01) for each in (one, other)]
    starts = [one.query_start_s, other.query_start_s]
    common_s = min(ends) - max(starts)
    return common_s > SAME_PLACE * min(end - start for start, end in zip(starts, ends, strict=True))


def match_line(match: Match) -> str:
    """One match for people: what, how sure, which seconds and where, what was changed, which others it may be."""
    name = visible(match.item or match.title)
    parts = [f"score {match.score:.2f}"]
    if match.duration_s:
        end = match.clip_start_s + match.duration_s
        parts.append(f"clip {match.clip_start_s:.2f}-{end:.2f} s found at {match.query_start_s:.2f} s")
    parts += heard_words(match.sound, match.speed)
    parts += [visible(why.text) for why in match.why if why.kind == "image"]
    return f"{'' if match.accepted else 'below threshold: '}{match.rule} {name} ({', '.join(parts)})"


def heard_words(sound: Sound | None, speed: float) -> list[str]:
    """What was changed, the odds of chance, and the clips that are the same take; nothing where nothing was heard."""
    if sound is None:
        return []
    words = [*changes(speed, sound.pitch), f"by chance: {odds(sound.false_alarm)} recordings"]
    if sound.family:
        more = f" and {len(sound.family) - NAMED} more" if len(sound.family) > NAMED else ""
        words.append(f"same take as {' and '.join(map(visible, sound.family[:NAMED]))}{more}")
    return words
