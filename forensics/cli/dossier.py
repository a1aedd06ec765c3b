"""What the store answers with, as lines for people. Every text from evidence passes through `visible`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from forensics.cli.lineage import lineage_lines
from forensics.cli.records import hit_id
from forensics.cli.render import heard_words
from forensics.model import UNKEPT, ByteRange
from forensics.reports.records import iso
from forensics.rulebook.quoting import Quote
from forensics.store.rows import (
    AlertDetail,
    AlertRow,
    ArtifactRow,
    CustodyRow,
    GapRow,
    IncidentDetail,
    IncidentRow,
    Lineage,
    MatchRow,
    ObservationDetail,
    OpaqueRow,
    SearchHit,
    SightingRow,
)
from forensics.text_safety import visible

MAX_LINES = 200
"""Artifacts or matches shown; `--json` gives all."""
_PLACE = ("medium.", "share.", "sync.", "opened", UNKEPT)
"""Facts that say what a file lay on, what was open to who wrote or sent it, and why none of it is kept."""


def hit_lines(hit: SearchHit) -> Iterator[str]:
    """A search hit: what and where, then the passage that was found."""
    yield (
        f"{hit_id(hit):<7} {iso(hit.time)} {hit.severity.value:<8} {visible(hit.channel):<10}"
        f" {visible(hit.title)} [{visible(hit.name)}]"
    )
    if hit.snippet:
        yield f"        {visible(hit.snippet)}"


def alert_lines(detail: AlertDetail, lineage: Lineage | None = None) -> Iterator[str]:
    """An alert with how its content came there, its why, tree, gaps and custody."""
    yield from _alert_head(detail)
    incident = detail.incident
    yield _fact("incident", f"I{incident.id} {visible(incident.title)} ({_count(incident.alert_count, 'alert')})")
    if detail.alert.owner:
        yield _fact("owner", visible(detail.alert.owner))
    if lineage is not None:
        yield from lineage_lines(lineage)
    yield from _findings(detail)
    yield from aside_lines(detail.gaps, detail.custody)


def observation_lines(detail: ObservationDetail) -> Iterator[str]:
    """A kept observation, alerted on or not."""
    yield from _observation_head(detail)
    yield from _findings(detail)
    yield from aside_lines(detail.gaps, detail.custody)


def _alert_head(detail: AlertDetail) -> Iterator[str]:
    alert = detail.alert
    yield f"A{alert.id}  {alert.severity.value}  {alert.state.value}  {visible(alert.title)}"
    yield from _facts(alert)


def _observation_head(detail: ObservationDetail) -> Iterator[str]:
    seen = detail.sighting
    yield f"O{seen.id}  {f'alert A{seen.alert_id}' if seen.alert_id else 'sighting'}  {visible(seen.name)}"
    yield from _facts(seen)


def incident_lines(detail: IncidentDetail, lineage: Lineage | None = None) -> Iterator[str]:
    """An incident: how its content came to where it left, its alerts, sightings of the same items, custody."""
    incident = detail.incident
    yield f"I{incident.id}  {incident.severity.value}  {incident.state.value}  {visible(incident.title)}"
    yield _fact("when", f"{iso(incident.first_time)} to {iso(incident.last_time)}")
    yield _fact("subject", visible(f"{incident.user or 'unknown user'} on {incident.host or 'unknown host'}"))
    yield _fact("channels", visible(", ".join(incident.channels)))
    yield _fact("items", visible(", ".join(incident.items[:10])) + _more(len(incident.items) - 10))
    if lineage is not None:
        yield from lineage_lines(lineage)
    yield f"Alerts ({incident.alert_count})"
    for alert in detail.alerts[:MAX_LINES]:
        yield f"  A{alert.id} {iso(alert.time)} {alert.state.value} {visible(alert.title)}"
    if detail.sightings:
        yield "Also seen"
        yield from (f"  {sighting_line(seen)}" for seen in detail.sightings[:MAX_LINES])
    yield from aside_lines((), detail.custody)


def incident_line(incident: IncidentRow) -> str:
    """An incident on one line."""
    who = f"{incident.user or 'unknown user'} on {incident.host or 'unknown host'}"
    return (
        f"I{incident.id}  {iso(incident.last_time)}  {incident.severity.value:<8} {incident.state.value:<12}"
        f" {incident.alert_count} alerts  {visible(incident.title)}  {visible(who)}"
    )


def sighting_line(seen: SightingRow) -> str:
    """A kept observation on one line."""
    name = f"A{seen.alert_id}" if seen.alert_id else f"O{seen.id}"
    where = "left" if seen.is_leaving else "was seen"
    return f"{name} {iso(seen.time)} {visible(seen.channel)} {visible(seen.name)} {where}: {visible(seen.reason)}"


def gap_line(gap: GapRow) -> str:
    """A gap on one line."""
    size = "unknown size" if gap.size < 0 else f"{gap.size} {visible(gap.unit)}"
    detail = f" ({visible(gap.detail)})" if gap.detail else ""
    return (
        f"G{gap.id} {iso(gap.start)} to {iso(gap.end)} {visible(gap.sensor)} {visible(gap.channel)}:"
        f" {visible(gap.cause)}, {size}{detail}"
    )


def opaque_line(flow: OpaqueRow) -> str:
    """A connection that was not read, on one line."""
    facts = "".join(f"  {visible(name)} {visible(value)}" for name, value in flow.facts.items())
    return (
        f"Q{flow.id} {iso(flow.start)} to {iso(flow.end)} {flow.protocol or 'unknown'}, not read:"
        f" up {flow.up}, down {flow.down} bytes, {flow.source} > {flow.destination} {visible(flow.name) or '-'}"
        f"  {visible(flow.user) or 'unknown user'} {visible(flow.process)}{facts}"
    )


def _facts(row: AlertRow | SightingRow) -> Iterator[str]:
    who = [row.user or "unknown user", f"on {row.host or 'unknown host'}", f"with {row.process}" if row.process else ""]
    facts = {
        "why": row.reason,
        "when": iso(row.time),
        "channel": row.channel,
        "name": row.name,
        "subject": " ".join(who).rstrip(),
        "from": row.source,
        "to": row.destination,
    }
    yield from (_fact(name, visible(value)) for name, value in facts.items() if value)


def _findings(detail: AlertDetail | ObservationDetail) -> Iterator[str]:
    yield from inside_lines(detail)
    yield from why_lines(detail)


def inside_lines(detail: AlertDetail | ObservationDetail) -> Iterator[str]:
    """What was inside, and with what it was read."""
    artifacts, missing, versions = detail.artifacts, detail.missing_ranges, detail.versions
    place = artifacts[0].facts if artifacts else {}
    yield from (_fact(name, visible(value)) for name, value in place.items() if name.startswith(_PLACE))
    yield from missing_lines(missing)
    generation = f" (generation {versions.generation})" if versions.generation else ""
    rules = f"rules {versions.rules or '?'}{generation}"
    made_with = f"engine {versions.engine or '?'}, {rules}, register {versions.index or '?'}"
    yield _fact("made with", visible(made_with))
    yield "Inside"
    yield from (artifact_line(artifact) for artifact in artifacts[:MAX_LINES])
    yield from rest_lines(len(artifacts))


def missing_lines(missing: Sequence[ByteRange]) -> Iterator[str]:
    """Which bytes were never seen."""
    if missing:
        ranges = ", ".join(f"{gap.start}-{gap.end}" for gap in missing[:10]) + _more(len(missing) - 10)
        yield _fact("missing", f"{_count(sum(gap.size for gap in missing), 'byte')} never seen: {ranges}")


def why_lines(detail: AlertDetail | ObservationDetail, rules: Mapping[str, Quote] | None = None) -> Iterator[str]:
    """The matches, and under each its rule where that is quoted."""
    yield "Matches"
    for match in detail.matches[:MAX_LINES]:
        yield from _match(match)
        quote = (rules or {}).get(match.rule)
        if quote is not None:
            yield f"    rule as it stands now, {visible(quote.problem or quote.file)}"
            yield from (f"    {number:>5}  {visible(text.expandtabs(4))}" for number, text in quote.lines)
    yield from rest_lines(len(detail.matches))


def artifact_line(artifact: ArtifactRow) -> str:
    """One artifact, indented by its depth."""
    indent = "  " * len(artifact.path)
    reason = f" ({visible(artifact.reason)})" if artifact.reason else ""
    kept = ", kept sealed" if artifact.is_kept else ""
    name = visible(artifact.path[-1])
    kind = visible(artifact.media_type) or "unknown type"
    return (
        f"{indent}#{artifact.number} {name}: {artifact.outcome.value.replace('_', ' ')}{reason}, {kind},"
        f" {_count(artifact.size, 'byte')}{kept}{_package(artifact)}, sha256 {artifact.sha256}"
    )


def _package(artifact: ArtifactRow) -> str:
    """What an archive is as a translation package, such as `, outbound package of trados`; else nothing."""
    kind, tool = (visible(artifact.facts.get(f"package.{name}", "")) for name in ("kind", "tool"))
    return f", {kind} package{f' of {tool}' if tool else ''}" if kind else ""


def _match(match: MatchRow) -> Iterator[str]:
    programme = f" ({match.programme})" if match.programme else ""
    issued = f"of {match.package}{programme}" if match.package else ""
    what = " ".join(part for part in (match.item, match.title, issued) if part)
    parts = [f"in #{match.artifact_number}", f"score {match.score:.2f}"]
    if match.duration_s:
        end = match.clip_start_s + match.duration_s
        parts.append(f"clip {match.clip_start_s:.2f}-{end:.2f} s found at {match.query_start_s:.2f} s")
    parts += heard_words(match.sound, match.speed)
    below = "" if match.accepted else "below threshold: "
    yield f"  {below}{visible(match.rule)} {visible(what)} {', '.join(parts)}"
    for excerpt in match.why:
        place = f" at {excerpt.offset}, {excerpt.length} long" if excerpt.length else ""
        label = f" {visible(excerpt.label)}" if excerpt.label else ""
        yield f"    {visible(excerpt.kind)}{label}{place}: {visible(excerpt.text)}"


_RECORDED = ("record", "gap", "opaque")
"""Actions of the log itself, which the evidence they speak of already names."""


def aside_lines(gaps: Sequence[GapRow], custody: Sequence[CustodyRow]) -> Iterator[str]:
    """Gaps around it and entries of the chain of custody."""
    if gaps:
        yield "Gaps around"
        yield from (f"  {gap_line(gap)}" for gap in gaps)
    if custody:
        yield "Custody"
        for entry in custody:
            what = f"{entry.action} {entry.subject} {entry.detail}".rstrip()
            id = "" if entry.action in _RECORDED else f"C{entry.id} "
            yield f"  {id}{iso(entry.time)} {visible(entry.actor)}: {visible(what)} [{entry.digest[:12]}]"


def _fact(name: str, value: str) -> str:
    return f"  {name:<10} {value}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _more(number: int) -> str:
    return f" and {number} more" if number > 0 else ""


def rest_lines(number: int) -> Iterator[str]:
    """How many more there are than are shown."""
    if number > MAX_LINES:
        yield f"  and {number - MAX_LINES} more (--json gives all)"
