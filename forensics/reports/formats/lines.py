"""The case file as JSON lines of our own, with every text exactly as it was seen."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.reports.casefile import CaseFile
from forensics.reports.product import json_text
from forensics.reports.records import record


def jsonl(case: CaseFile) -> Iterator[str]:
    """A line for each finding, gap, unread connection and act, each with its `kind`."""
    for finding in case.findings:
        detail = record(finding.detail)
        del detail["gaps"], detail["custody"]
        alert = record(finding.alert) if finding.alert is not None else None
        yield f"{json_text({'kind': 'finding', 'id': finding.id, 'alert': alert, **detail})}\n"
    for kind, rows in (("gap", case.gaps), ("unread", case.unread), ("act", case.acts)):
        for row in rows:
            yield f"{json_text({'kind': kind, **record(row)})}\n"
