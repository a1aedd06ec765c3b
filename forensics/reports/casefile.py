"""Everything the store holds on one incident, or on what a query finds, gathered once for every form of report.

No content is in it: digests, facts, codes of sounds and passages that matched are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from forensics import ways
from forensics.coverage.asking import ledger
from forensics.coverage.model import Ledger
from forensics.database import Connection
from forensics.errors import InputError
from forensics.store import extract, issued, reader
from forensics.store import lineage as descent
from forensics.store.rows import (
    AlertRow,
    ArtifactRow,
    CustodyRow,
    GapRow,
    IncidentRow,
    Lineage,
    MatchRow,
    ObservationDetail,
    OpaqueRow,
    SightingRow,
)

MOST_FINDINGS = 1000
MOST_AROUND = 10_000
"""Gaps, and unread connections, that are looked through."""
FOLDERS = frozenset({"removable", "cloud_sync", "share", "outbox", "file"})
"""Channels that are places for files; all others are on the wire."""
_AT_ONCE = 50
_EVERYWHERE = ("", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One observation with what was found in it, and its alert if it raised one."""

    alert: AlertRow | None
    detail: ObservationDetail

    @property
    def id(self) -> str:
        """The alert's id (A12), or the observation's (O5)."""
        return f"A{self.alert.id}" if self.alert is not None else f"O{self.seen.id}"

    @property
    def seen(self) -> SightingRow:
        """What was observed."""
        return self.detail.sighting

    @property
    def content(self) -> ArtifactRow | None:
        """The observed content itself."""
        return self.detail.artifacts[0] if self.detail.artifacts else None

    @property
    def accepted(self) -> tuple[MatchRow, ...]:
        """The matches above their thresholds."""
        return tuple(match for match in self.detail.matches if match.accepted)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that matched, each once."""
        return tuple(dict.fromkeys(match.rule for match in self.accepted))

    @property
    def items(self) -> tuple[str, ...]:
        """The registered items that were recognised, each once."""
        return tuple(dict.fromkeys(match.item for match in self.accepted if match.item))

    @property
    def packages(self) -> tuple[str, ...]:
        """Their packages, each once."""
        return tuple(dict.fromkeys(match.package for match in self.accepted if match.package))

    @property
    def techniques(self) -> tuple[str, ...]:
        """The ATT&CK techniques that the rules name, each once."""
        return tuple(dict.fromkeys(match.technique for match in self.accepted if match.technique))

    @property
    def is_return(self) -> bool:
        """Say whether this is a sanctioned return and nothing else: no alert was raised on it."""
        return self.alert is None and any(item.startswith("returned:") for item in self.seen.items)

    @property
    def missing_bytes(self) -> int:
        """How many bytes of the content were never seen."""
        return sum(gap.size for gap in self.detail.missing_ranges)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """An incident (I3) or a query, oldest first; `start` to `end` is the window that gaps are told for (Unix seconds).

    `gaps` are all of the window, `unread` the connections of the incident's host that were open in it, `acts` what was
    recorded of and done with the alerts, `coverage` what could be seen in the window at all. `is_cut`: there was more
    than is looked through.
    """

    subject: str
    incident: IncidentRow | None
    findings: tuple[Finding, ...]
    lineage: Lineage
    gaps: tuple[GapRow, ...]
    unread: tuple[OpaqueRow, ...]
    acts: tuple[CustodyRow, ...]
    start: float
    end: float
    coverage: Ledger
    is_cut: bool = False

    @property
    def alerts(self) -> Iterator[tuple[Finding, AlertRow]]:
        """The findings that raised an alert, each with it."""
        return ((finding, finding.alert) for finding in self.findings if finding.alert is not None)

    @property
    def leaving(self) -> tuple[Finding, ...]:
        """What left, but for what came back the sanctioned way."""
        return tuple(each for each in self.findings if each.seen.is_leaving and not each.is_return)

    @property
    def returned(self) -> tuple[Finding, ...]:
        """What left the sanctioned way, back to who issued it."""
        return tuple(each for each in self.findings if each.seen.is_leaving and each.is_return)

    @property
    def channels(self) -> tuple[str, ...]:
        """The ways that what left took."""
        return tuple(dict.fromkeys(finding.seen.channel for finding in self.leaving))

    def concerns(self, gap: GapRow) -> bool:
        """Say whether a gap lies on the ways that what left took."""
        if gap.channel in _EVERYWHERE:
            return True
        if gap.channel == "network":
            return any(channel not in FOLDERS for channel in self.channels)
        return any(ways.family(gap.channel) == ways.family(channel) for channel in self.channels)


def incident_file(connection: Connection, id: int) -> CaseFile:
    """All on one incident. Raises InputError when there is none."""
    detail = reader.incident_detail(connection, id)
    if detail is None:
        raise InputError(f"I{id}: the store holds no such incident")
    findings = _findings(connection, detail.alerts, [seen.id for seen in detail.sightings])
    is_cut = detail.incident.alert_count > len(detail.alerts)
    return _gathered(connection, f"I{id}", detail.incident, findings, is_cut=is_cut)


def alert_file(connection: Connection, id: int) -> CaseFile:
    """All on one alert, and on the sightings of its incident. Raises InputError when there is none."""
    detail = reader.alert_detail(connection, id)
    if detail is None:
        raise InputError(f"A{id}: the store holds no such alert")
    return gathered_alerts(connection, f"A{id}", [detail.alert])


def query_file(connection: Connection, query: str) -> CaseFile:
    """All on what a query finds, of very much the newest. Raises QueryError, InputError when it finds nothing."""
    hits = reader.search(connection, query, limit=MOST_FINDINGS)
    if not hits:
        raise InputError("nothing that is stored fits the query")
    details = [reader.alert_detail(connection, hit.id) for hit in hits if hit.kind == "alert"]
    alerts = [detail.alert for detail in details if detail is not None]
    findings = _findings(connection, alerts, [hit.id for hit in hits if hit.kind != "alert"])
    return _gathered(connection, f"query {query}", None, findings, is_cut=len(hits) == MOST_FINDINGS)


def gathered_alerts(connection: Connection, subject: str, alerts: Sequence[AlertRow], *acts_of: str) -> CaseFile:
    """All on these alerts and the sightings of the same content; `acts_of` are others whose acts belong to it.

    Raises InputError where there is no alert.
    """
    if not alerts:
        raise InputError(f"{subject}: no alert is in it")
    incidents = [reader.incident_detail(connection, id) for id in dict.fromkeys(each.incident_id for each in alerts)]
    sightings = {seen.id for each in incidents if each is not None for seen in each.sightings}
    findings = _findings(connection, alerts[:MOST_FINDINGS], sorted(sightings)[:MOST_FINDINGS])
    is_cut = max(len(alerts), len(sightings)) > MOST_FINDINGS
    return _gathered(connection, subject, None, findings, is_cut=is_cut, acts_of=acts_of)


def incident_number(text: str) -> int:
    """The number in `I3`, `i3` or `3`. Raises InputError."""
    return _number(text, "I", "an incident, such as I3")


def alert_number(text: str) -> int:
    """The number in `A12`, `a12` or `12`. Raises InputError."""
    return _number(text, "A", "an alert, such as A12")


def _number(text: str, letter: str, what: str) -> int:
    number = text.strip().upper().removeprefix(letter)
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        raise InputError(f"{text}: not the id of {what}")
    return int(number)


def _findings(connection: Connection, alerts: Sequence[AlertRow], sightings: Sequence[int]) -> tuple[Finding, ...]:
    observations = extract.observations_of(connection, [alert.id for alert in alerts])
    wanted = {observations[alert.id]: alert for alert in alerts if alert.id in observations}
    asked: dict[int, AlertRow | None] = {**dict.fromkeys(sightings), **wanted}
    found = [(reader.observation_detail(connection, id), alert) for id, alert in asked.items()]
    findings = [Finding(alert=alert, detail=detail) for detail, alert in found if detail is not None]
    return tuple(sorted(findings, key=lambda finding: (finding.seen.time, finding.seen.id)))


def _gathered(
    connection: Connection,
    subject: str,
    incident: IncidentRow | None,
    findings: tuple[Finding, ...],
    *,
    is_cut: bool,
    acts_of: Sequence[str] = (),
) -> CaseFile:
    times = [finding.seen.time for finding in findings]
    start, end = min(times) - reader.GAPS_AROUND_S, max(times) + reader.GAPS_AROUND_S
    gaps = reader.gaps(connection, since=start, until=end, limit=MOST_AROUND)
    unread = reader.opaque(connection, since=start, limit=MOST_AROUND)
    hosts = {finding.seen.host for finding in findings} | {""}
    about = [f"{letter}{id}" for finding in findings for letter, id in _ids(finding)]
    return CaseFile(
        subject=subject,
        incident=incident,
        findings=findings,
        lineage=_lineage(connection, findings),
        gaps=tuple(reversed(gaps)),
        unread=tuple(flow for flow in reversed(unread) if flow.start <= end and flow.host in hosts),
        acts=_acts(connection, [*acts_of, *([f"I{incident.id}"] if incident else []), *about]),
        start=start,
        end=end,
        coverage=ledger(connection, start, end),
        is_cut=is_cut or MOST_AROUND in (len(gaps), len(unread)) or len(findings) > descent.MOST_SIGHTINGS,
    )


def _lineage(connection: Connection, findings: Sequence[Finding]) -> Lineage:
    """How the latest of the findings hang together, and of all of them to whom their packages were issued."""
    matches = (match for finding in findings for match in finding.accepted)
    packages = {match.package: match.programme for match in matches if match.package}
    known = descent.lineage(connection, [finding.seen.id for finding in findings])
    return replace(known, issues=issued.issues(connection, packages))


def _acts(connection: Connection, names: Sequence[str]) -> tuple[CustodyRow, ...]:
    """What was done with each of these, in the order of the log; a few at a time, for an answer has an end."""
    found: dict[int, CustodyRow] = {}
    for at in range(0, len(names), _AT_ONCE):
        found.update((act.id, act) for act in reader.custody(connection, *names[at : at + _AT_ONCE]))
    return tuple(found[id] for id in sorted(found))


def _ids(finding: Finding) -> list[tuple[str, int]]:
    alerts = [("A", finding.alert.id)] if finding.alert is not None else []
    return [("O", finding.seen.id), *alerts]
