r"""Alerts in the Common Event Format (ArcSight, version 0 of the header), one a line.

In the header `\` and `|` are escaped, in values `\` and `=`; line ends cannot occur, for `visible` spells them out.
"""

from __future__ import annotations

from collections.abc import Iterator

from forensics.reports.casefile import CaseFile, Finding
from forensics.reports.places import place_of
from forensics.reports.product import NAME, SEVERITIES, product_version
from forensics.store.rows import AlertRow
from forensics.text_safety import visible

MOST_CHARACTERS = 1023
"""Of one value, as the dictionary of CEF allows; what is longer is cut and ends in an ellipsis."""


def cef(case: CaseFile) -> Iterator[str]:
    """A line for each alert."""
    for finding, alert in case.alerts:
        yield f"{line(case.subject, finding, alert)}\n"


def line(subject: str, finding: Finding, alert: AlertRow) -> str:
    """One alert, without a line end."""
    rule = next(iter(finding.rules), "unread")
    head = (NAME, NAME, product_version(), rule, alert.title, str(SEVERITIES[alert.severity]))
    fields = " ".join(f"{name}={_value(text)}" for name, text in _fields(subject, finding, alert) if text)
    return f"CEF:0|{'|'.join(map(_header, head))}|{fields}"


def _fields(subject: str, finding: Finding, alert: AlertRow) -> Iterator[tuple[str, str]]:
    seen, content = finding.seen, finding.content
    to = place_of(seen.destination)
    yield "rt", str(round(seen.time * 1000))
    yield "externalId", finding.id
    yield "cat", seen.channel
    yield "shost", seen.host
    yield "suser", seen.user
    yield "sproc", seen.process
    yield ("dst" if to.ip else "dhost"), to.host
    yield "dpt", str(to.port or "")
    yield "request", seen.destination
    yield "fname", seen.name
    yield "filePath", place_of(seen.source).path
    if content is not None:
        yield "fsize", str(content.size)
        yield "fileHash", content.sha256
        yield "fileType", content.media_type
    yield "msg", alert.reason
    incident = subject if subject.startswith("I") else f"I{alert.incident_id}"
    for number, (label, text) in enumerate((("incident", incident), ("items", ", ".join(finding.items))), 1):
        if text:
            yield f"cs{number}Label", label
            yield f"cs{number}", text
    yield "cn1Label", "missing bytes"
    yield "cn1", str(finding.missing_bytes)


def _header(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace("|", "\\|")


def _value(text: str) -> str:
    shown = visible(text)
    shown = shown if len(shown) <= MOST_CHARACTERS else f"{shown[: MOST_CHARACTERS - 1]}…"
    return shown.replace("\\", "\\\\").replace("=", "\\=")
