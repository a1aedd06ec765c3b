"""Alerts as Elastic Common Schema events, one JSON object a line: https://www.elastic.co/guide/en/ecs/8.11/."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forensics.reports.casefile import FOLDERS, CaseFile, Finding
from forensics.reports.places import place_of
from forensics.reports.product import NAME, SEVERITIES, clean, json_text, product_version
from forensics.reports.records import iso
from forensics.store.rows import AlertRow

VERSION = "8.11.0"


def ecs(case: CaseFile) -> Iterator[str]:
    """A line for each alert."""
    for finding, alert in case.alerts:
        yield f"{json_text(event(case.subject, finding, alert))}\n"


def event(subject: str, finding: Finding, alert: AlertRow) -> dict[str, Any]:
    """One event; what ECS has no field for stands under `earwitness`."""
    seen, content = finding.seen, finding.content
    to = place_of(seen.destination)
    values: dict[str, Any] = {
        "@timestamp": iso(seen.time),
        "ecs": {"version": VERSION},
        "message": alert.title,
        "event": {
            "kind": "alert",
            "category": ["file" if seen.channel in FOLDERS else "network"],
            "type": ["info"],
            "action": seen.channel,
            "id": finding.id,
            "severity": SEVERITIES[alert.severity],
            "reason": alert.reason,
            "module": NAME.lower(),
            "dataset": f"{NAME.lower()}.alert",
        },
        "observer": {"vendor": NAME, "product": NAME, "version": product_version(), "type": "dlp"},
        "rule": {"name": next(iter(finding.rules), "")},
        "threat": _threat(finding),
        "host": {"name": seen.host},
        "user": {"name": seen.user},
        "process": {"name": seen.process},
        "destination": {"address": to.host, "ip": to.ip, "domain": to.domain, "port": to.port or None},
        "network": {"protocol": "" if seen.channel in FOLDERS else seen.channel},
        "file": {"name": seen.name, "path": place_of(seen.source).path},
        "earwitness": {
            "incident": subject if subject.startswith("I") else f"I{alert.incident_id}",
            "state": alert.state.value,
            "items": finding.items,
            "packages": finding.packages,
            "missing_bytes": finding.missing_bytes,
            "destination": seen.destination,
        },
    }
    if content is not None:
        values["file"] |= {"size": content.size, "mime_type": content.media_type, "hash": {"sha256": content.sha256}}
    cleaned: dict[str, Any] = clean(values)
    return cleaned


def _threat(finding: Finding) -> dict[str, Any]:
    return {"framework": "MITRE ATT&CK", "technique": {"id": finding.techniques}} if finding.techniques else {}
