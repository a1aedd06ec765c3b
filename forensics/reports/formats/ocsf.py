"""Alerts as OCSF events: Data Security Finding (class 2006 of category 2), https://schema.ocsf.io/1.5.0/classes/."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forensics.model import AlertState, Severity
from forensics.reports.casefile import FOLDERS, CaseFile, Finding
from forensics.reports.places import Place, place_of
from forensics.reports.product import NAME, clean, json_text, product_version
from forensics.store.rows import AlertRow

VERSION = "1.5.0"
CLASS, CATEGORY = 2006, 2
_SEVERITIES = {
    Severity.INFO: (1, "Informational"),
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}
_STATES = {
    AlertState.NEW: ((1, "Create"), (1, "New")),
    AlertState.ACKNOWLEDGED: ((2, "Update"), (2, "In Progress")),
    AlertState.CLOSED: ((3, "Close"), (4, "Resolved")),
}
"""What was done (activity), and where the finding stands (status)."""
_RULE, _REGULAR_FILE, _SHA256, _UNKNOWN_DEVICE, _ENDPOINT = 1, 1, 3, 0, 1
_IN_TRANSIT, _AT_REST = 2, 1


def ocsf(case: CaseFile) -> Iterator[str]:
    """A line for each alert."""
    for finding, alert in case.alerts:
        yield f"{json_text(event(case.subject, finding, alert))}\n"


def event(subject: str, finding: Finding, alert: AlertRow) -> dict[str, Any]:
    """One event. Times are milliseconds since 1970; what OCSF has no place for stands under `unmapped`."""
    (activity, activity_name), (status, status_name) = _STATES[alert.state]
    severity, severity_name = _SEVERITIES[alert.severity]
    seen = finding.seen
    folder = seen.channel in FOLDERS
    values: dict[str, Any] = {
        "activity_id": activity,
        "activity_name": activity_name,
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Data Security Finding",
        "type_uid": CLASS * 100 + activity,
        "type_name": f"Data Security Finding: {activity_name}",
        "severity_id": severity,
        "severity": severity_name,
        "status_id": status,
        "status": status_name,
        "time": round(seen.time * 1000),
        "message": alert.title,
        "is_alert": alert.state is AlertState.NEW,
        "metadata": {
            "version": VERSION,
            "uid": finding.id,
            "product": {"name": NAME, "vendor_name": NAME, "version": product_version()},
        },
        "finding_info": _info(subject, finding, alert),
        "data_security": {
            "detection_system_id": _ENDPOINT,
            "detection_system": "Endpoint",
            "data_lifecycle_state_id": _AT_REST if folder else _IN_TRANSIT,
            "data_lifecycle_state": "Data at-Rest" if folder else "Data in-Transit",
            "detection_pattern": ", ".join(finding.rules),
            "pattern_match": ", ".join(finding.items),
        },
        "actor": {"user": {"name": seen.user}, "process": {"name": seen.process}},
        "device": {"type_id": _UNKNOWN_DEVICE, "type": "Unknown", "hostname": seen.host} if seen.host else {},
        "dst_endpoint": _endpoint(place_of(seen.destination)),
        "file": _file(finding),
        "unmapped": {
            "channel": seen.channel,
            "destination": seen.destination,
            "missing_bytes": finding.missing_bytes,
            "packages": finding.packages,
        },
    }
    cleaned: dict[str, Any] = clean(values)
    return cleaned


def _info(subject: str, finding: Finding, alert: AlertRow) -> dict[str, Any]:
    rules = finding.rules
    return {
        "uid": finding.id,
        "title": alert.title,
        "desc": alert.reason,
        "created_time": round(finding.seen.time * 1000),
        "analytic": {"name": rules[0], "type_id": _RULE, "type": "Rule"} if rules else {},
        "attacks": [{"technique": {"uid": technique}} for technique in finding.techniques],
        "related_events": [{"uid": subject}] if subject.startswith("I") else [],
    }


def _file(finding: Finding) -> dict[str, Any]:
    content = finding.content
    name = finding.seen.name or "unnamed"
    if content is None:
        return {"name": name, "type_id": _REGULAR_FILE}
    return {
        "name": name,
        "type_id": _REGULAR_FILE,
        "type": "Regular File",
        "path": place_of(finding.seen.source).path,
        "size": content.size,
        "mime_type": content.media_type,
        "hashes": [{"algorithm_id": _SHA256, "algorithm": "SHA-256", "value": content.sha256}],
    }


def _endpoint(place: Place) -> dict[str, Any]:
    return {"ip": place.ip, "hostname": place.domain, "port": place.port or None} if place.host else {}
