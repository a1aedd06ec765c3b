"""The parts of an alert or observation by themselves: `earwitness show A12 --section why`, as lines and as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forensics.cli.dossier import (
    MAX_LINES,
    artifact_line,
    aside_lines,
    inside_lines,
    missing_lines,
    opaque_line,
    rest_lines,
    why_lines,
)
from forensics.cli.lineage import lineage_lines
from forensics.model import OutcomeKind
from forensics.reports.records import evidence, record
from forensics.rulebook.quoting import Quote
from forensics.store.rows import AlertDetail, Lineage, ObservationDetail, OpaqueRow

READ = (OutcomeKind.CLEAN, OutcomeKind.MATCHED)
SECTIONS = ("why", "lineage", "inside", "gaps", "custody", "raw")
"""The parts of an alert or observation that can be asked for by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What sections tell beside the detail: lineage, quoted rules, connections around it that were not read."""

    lineage: Lineage | None = None
    rules: Mapping[str, Quote] = field(default_factory=dict)
    opaque: Sequence[OpaqueRow] = ()


def section_lines(section: str, detail: AlertDetail | ObservationDetail, beside: Beside) -> Iterator[str]:
    """One of SECTIONS; `raw` is the whole as JSON. A section that is empty says so."""
    if section == "raw":
        yield json.dumps(evidence(detail, beside.lineage), indent=2)
        return
    found = {
        "why": lambda: why_lines(detail, beside.rules),
        "lineage": lambda: lineage_lines(beside.lineage) if beside.lineage is not None else iter(()),
        "inside": lambda: inside_lines(detail),
        "gaps": lambda: _blind(detail, beside.opaque),
        "custody": lambda: aside_lines((), detail.custody),
    }[section]()
    first = next(found, None)
    yield first if first is not None else f"{section.capitalize()}: none"
    yield from found


def section_record(section: str, detail: AlertDetail | ObservationDetail, beside: Beside) -> dict[str, Any]:
    """One of SECTIONS as JSON: the fields of it that `--json` gives, and what is told beside it."""
    whole = evidence(detail, beside.lineage)
    if section == "raw":
        return whole
    if section == "gaps":
        whole["unread"] = [each for each in whole["artifacts"] if each["outcome"] not in READ]
        whole["opaque"] = [record(row) for row in beside.opaque]
    if section == "why":
        whole["rules"] = {id: dataclasses.asdict(quote) for id, quote in beside.rules.items()}
    fields = {
        "why": ("rules", "matches"),
        "lineage": ("lineage",),
        "inside": ("artifacts", "missing_ranges", "versions"),
        "gaps": ("missing_ranges", "unread", "gaps", "opaque"),
        "custody": ("custody",),
    }[section]
    return {"section": section, **{name: whole[name] for name in fields if name in whole}}


def _blind(detail: AlertDetail | ObservationDetail, opaque: Sequence[OpaqueRow]) -> Iterator[str]:
    """What could not be seen of it, then around it."""
    unread = [artifact for artifact in detail.artifacts if artifact.outcome not in READ]
    if detail.missing_ranges or unread:
        yield "Not seen or not read of it"
    yield from missing_lines(detail.missing_ranges)
    yield from (artifact_line(artifact) for artifact in unread[:MAX_LINES])
    yield from rest_lines(len(unread))
    yield from aside_lines(detail.gaps, ())
    if opaque:
        yield "Connections of the same person around it that were not read"
        yield from (f"  {opaque_line(row)}" for row in opaque)
