"""An analysis and its verdict as the body of an entry: bounded, storable, in the order of its shape."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forensics.model import Analysis, Artifact, Excerpt, Match, Outcome, OutcomeKind, Verdict
from forensics.pseudonyms import Names
from forensics.store.people import without
from forensics.store.shapes import ALERT, ARTIFACT, MATCH, OBSERVATION, Values, named, trimmed
from forensics.store.sounds import packed_sound
from forensics.store.texts import stored, stored_count, stored_real, stored_time

MAX_ARTIFACTS = 5000
MAX_MATCHES = 2000
MAX_ITEMS = 1000
MAX_EXCERPTS = 50
MAX_FACTS = 100
MAX_RANGES = 1000
_TITLE = 500
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_EXCERPT = 1000
_BADNESS = list(OutcomeKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """One observation ready to be written: fields by name, in the order of their shapes.

    What the writer knows (versions, alert, kept) is still to come.
    """

    observation: Values
    artifacts: tuple[Values, ...]
    matches: tuple[Values, ...]
    alert: Values | None
    items: tuple[str, ...]
    suppressed: str = ""

    def rename(self, names: Names) -> None:
        """Put pseudonyms for names into paths, reasons and the title."""
        if not names:
            return
        for artifact in self.artifacts:
            artifact["path"] = [without(part, names) for part in artifact["path"]]
            if artifact["reason"]:
                artifact["reason"] = without(artifact["reason"], names)
        if self.alert is not None:
            self.alert["title"] = without(self.alert["title"], names)

    def body(self, *, versions: int, incident: int | str, kept: Sequence[str]) -> list[Any]:
        """The body; `versions` is the number of an entry of the same log, `incident` too unless it names another."""
        alert = None if self.alert is None else [self.alert["severity"], self.alert["title"], incident]
        artifacts = [trimmed(ARTIFACT, list(artifact.values())) for artifact in self.artifacts]
        matches = [trimmed(MATCH, list(match.values())) for match in self.matches]
        rest = (versions, artifacts, matches, alert, list(kept), self.suppressed)
        return trimmed(OBSERVATION, ["O1", *self.observation.values(), *rest])


def pack(analysis: Analysis, verdict: Verdict, *, recorded: float) -> Packed:
    """Turn the analysis into fields.

    At most MAX_ARTIFACTS artifacts and MAX_MATCHES matches are kept, those that matter first; the observation's
    counts say how many there were.
    """
    matches = sorted(analysis.matches, key=lambda match: not match.accepted)[:MAX_MATCHES]
    items = items_of(verdict)
    return Packed(
        observation=_observation(analysis, verdict, items, recorded),
        artifacts=tuple(_artifacts(analysis, matches)),
        matches=tuple(_match(number, match) for number, match in enumerate(matches)),
        alert=_alert(verdict) if verdict.is_alert else None,
        items=items,
        suppressed=verdict.suppressed,
    )


def packed_matches(analysis: Analysis) -> tuple[Values, ...]:
    """The matches of an analysis as they are stored."""
    matches = sorted(analysis.matches, key=lambda match: not match.accepted)[:MAX_MATCHES]
    return tuple(_match(number, match) for number, match in enumerate(matches))


def packed_artifacts(analysis: Analysis) -> tuple[Values, ...]:
    """The artifacts of an analysis as they are stored."""
    matches = sorted(analysis.matches, key=lambda match: not match.accepted)[:MAX_MATCHES]
    return tuple(_artifacts(analysis, matches))


def unpacked(body: Sequence[Any]) -> Packed:
    """The observation of a body, as it was packed. Raises LookupError, TypeError for what is none."""
    seen = named(OBSERVATION, body)
    return Packed(
        observation=seen,
        artifacts=tuple(named(ARTIFACT, each) for each in seen["artifacts"]),
        matches=tuple(named(MATCH, each) for each in seen["matches"]),
        alert=named(ALERT, seen["alert"]) if seen["alert"] else None,
        items=tuple(seen["items"]),
        suppressed=seen["suppressed"],
    )


def items_of(verdict: Verdict) -> tuple[str, ...]:
    """What ties a verdict to others, as it is stored."""
    return tuple(dict.fromkeys(stored(item, _TITLE) for item in verdict.items[:MAX_ITEMS]))


def worst_outcome(outcomes: Sequence[Outcome]) -> OutcomeKind:
    """The worst-read kind among the outcomes; clean when there are none."""
    if len(outcomes) == 1:
        return outcomes[0].kind
    return max((outcome.kind for outcome in outcomes), key=_BADNESS.index, default=OutcomeKind.CLEAN)


def packed_json(value: object) -> str:
    """Compact JSON that keeps every script readable in a table browser."""
    return _JSON.encode(value)


def _observation(analysis: Analysis, verdict: Verdict, items: Sequence[str], recorded: float) -> Values:
    seen = analysis.observation
    return {
        "recorded": stored_time(recorded),
        "time": stored_time(seen.time),
        "channel": stored(seen.channel, 100),
        "direction": seen.direction.value,
        "is_leaving": int(seen.is_leaving),
        "name": stored(seen.name),
        "source": stored(seen.source),
        "destination": stored(seen.destination),
        "host": stored(seen.subject.host, _TITLE),
        "user": stored(seen.subject.user, _TITLE),
        "process": stored(seen.subject.process, _TITLE),
        "pid": stored_count(seen.subject.pid),
        "method": stored(seen.subject.method, 100),
        "sensor": stored(seen.sensor, _TITLE),
        "capture": stored(seen.capture),
        "missing": [[gap.start, gap.end] for gap in seen.missing[:MAX_RANGES]],
        "artifact_count": len(analysis.artifacts),
        "match_count": len(analysis.matches),
        "reason": stored(verdict.reason),
        "items": list(items),
    }


def _artifacts(analysis: Analysis, matches: Sequence[Match]) -> list[Values]:
    outcomes = {outcome.artifact: outcome for outcome in analysis.outcomes}
    chosen = _chosen(analysis.artifacts, outcomes, {match.artifact for match in matches})
    return [_artifact(artifact, outcomes.get(artifact.number)) for artifact in chosen]


def _chosen(artifacts: Sequence[Artifact], outcomes: Mapping[int, Outcome], matched: set[int]) -> Sequence[Artifact]:
    """All of a modest tree; of a vast one the root, what matched and its containers, then what was not read."""
    if len(artifacts) <= MAX_ARTIFACTS:
        return artifacts
    parents = {artifact.number: artifact.parent for artifact in artifacts}
    wanted = {artifacts[0].number}
    for number in matched:
        step: int | None = number
        while step is not None and step not in wanted:
            wanted.add(step)
            step = parents.get(step)

    def rank(artifact: Artifact) -> int:
        outcome = outcomes.get(artifact.number)
        is_clean = outcome is not None and outcome.kind is OutcomeKind.CLEAN
        return 0 if artifact.number in wanted else 1 + is_clean

    return sorted(sorted(artifacts, key=rank)[:MAX_ARTIFACTS], key=lambda artifact: artifact.number)


def _artifact(artifact: Artifact, outcome: Outcome | None) -> Values:
    facts = {stored(key, 200): stored(value, 2000) for key, value in list(artifact.facts.items())[:MAX_FACTS]}
    return {
        "number": artifact.number,
        "parent": artifact.parent,
        "path": [stored(part) for part in artifact.path],
        "media_type": stored(artifact.media_type, 200),
        "size": stored_count(artifact.content.size),
        "sha256": artifact.content.sha256,
        "outcome": outcome.kind.value if outcome else OutcomeKind.UNREADABLE.value,
        "reason": stored(outcome.reason if outcome else "no outcome was given", 1000),
        "facts": facts,
    }


def _match(number: int, match: Match) -> Values:
    return {
        "number": number,
        "artifact": match.artifact,
        "rule": stored(match.rule, _TITLE),
        "matcher": stored(match.matcher, 100),
        "item": stored(match.item, _TITLE),
        "package": stored(match.package, _TITLE),
        "score": stored_real(match.score),
        "accepted": int(match.accepted),
        "severity": match.severity.value,
        "title": stored(match.title, _TITLE),
        "programme": stored(match.programme, _TITLE),
        "why": [_excerpt(excerpt) for excerpt in match.why[:MAX_EXCERPTS]],
        "category": stored(match.category, _TITLE),
        "technique": stored(match.technique, _TITLE),
        "query_start_s": stored_real(match.query_start_s),
        "clip_start_s": stored_real(match.clip_start_s),
        "duration_s": stored_real(match.duration_s),
        "speed": stored_real(match.speed),
        "sound": packed_sound(match.sound) if match.sound else "",
    }


def _excerpt(excerpt: Excerpt) -> list[str | int]:
    return [
        stored(excerpt.kind, 100),
        stored(excerpt.label, 200),
        excerpt.offset,
        excerpt.length,
        stored(excerpt.text, _EXCERPT),
    ]


def _alert(verdict: Verdict) -> Values:
    return {"severity": verdict.severity.value, "title": stored(verdict.title, _TITLE)}
