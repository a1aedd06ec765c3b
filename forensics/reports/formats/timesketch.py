"""The case file as a timeline for Timesketch: JSON lines with `message`, `datetime` and `timestamp_desc`.

https://timesketch.org/guides/user/import-from-json-csv/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from forensics.reports.casefile import CaseFile, Finding
from forensics.reports.product import clean, json_text
from forensics.reports.records import iso
from forensics.store.rows import GapRow


def timesketch(case: CaseFile) -> Iterator[str]:
    """Findings, both ends of gaps and unread connections, and acts, in the order of time."""
    events = [_finding(finding) for finding in case.findings]
    events += [event for gap in case.gaps for event in _gap(gap)]
    for flow in case.unread:
        to = flow.name or flow.destination
        flow_facts = {"evidence": f"Q{flow.id}", "user": flow.user, "process": flow.process, "bytes_sent": flow.up}
        events.append(_event(flow.start, "Connection opened", f"{flow.protocol} to {to}, not read", flow_facts))
        events.append(_event(flow.end, "Connection closed", f"{flow.protocol} to {to}, not read", flow_facts))
    for act in case.acts:
        message = f"{act.actor}: {act.action} {act.subject} {act.detail}".rstrip()
        events.append(_event(act.time, "Chain of custody", message, {"digest": act.digest, "actor": act.actor}))
    for event in sorted(events, key=lambda each: str(each["datetime"])):
        yield f"{json_text(clean(event))}\n"


def gap_lines(gaps: Iterable[GapRow]) -> Iterator[str]:
    """Both ends of each gap, a line each."""
    for gap in gaps:
        for event in _gap(gap):
            yield json_text(clean(event))


def _gap(gap: GapRow) -> Iterator[dict[str, Any]]:
    facts = {"channel": gap.channel, "evidence": f"G{gap.id}" if gap.id else "", "sensor": gap.sensor}
    yield _event(gap.start, "Gap begins", f"{gap.channel}: {gap.cause}", facts)
    yield _event(gap.end, "Gap ends", f"{gap.channel}: {gap.cause}", facts)


def _finding(finding: Finding) -> dict[str, Any]:
    seen = finding.seen
    content = finding.content
    title = finding.alert.title if finding.alert is not None else f"{seen.name}: {seen.reason}"
    return _event(
        seen.time,
        "Content left" if seen.is_leaving else "Content seen",
        title,
        {
            "evidence": finding.id,
            "channel": seen.channel,
            "filename": seen.name,
            "hostname": seen.host,
            "username": seen.user,
            "process": seen.process,
            "source": seen.source,
            "destination": seen.destination,
            "sha256_hash": content.sha256 if content is not None else "",
            "items": ", ".join(finding.items),
            "severity": finding.alert.severity.value if finding.alert is not None else "",
        },
    )


def _event(time: float, what: str, message: str, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "message": message,
        "datetime": iso(time).replace("Z", "+00:00"),
        "timestamp_desc": what,
        "data_type": "earwitness",
        **facts,
    }
