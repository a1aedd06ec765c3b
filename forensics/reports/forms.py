"""The forms that an export may have, by name: which files of what text each gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from forensics.reports.casefile import CaseFile
from forensics.reports.formats.case_uco import case_uco
from forensics.reports.formats.cef import cef
from forensics.reports.formats.dfxml import dfxml
from forensics.reports.formats.ecs import ecs
from forensics.reports.formats.lines import jsonl
from forensics.reports.formats.ocsf import ocsf
from forensics.reports.formats.sheets import sheets
from forensics.reports.formats.stix import stix
from forensics.reports.formats.timesketch import timesketch

Texts = Iterable[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form. `files` gives names and texts; `is_events`: each line is one event, which can be sent on its own."""

    files: Callable[[CaseFile], Iterator[tuple[str, Texts]]]
    is_events: bool = False


def _one(name: str, lines: Callable[[CaseFile], Iterator[str]]) -> Callable[[CaseFile], Iterator[tuple[str, Texts]]]:
    def files(case: CaseFile) -> Iterator[tuple[str, Texts]]:
        yield name, lines(case)

    return files


def _tables(case: CaseFile) -> Iterator[tuple[str, Texts]]:
    for name, lines in sheets(case):
        yield f"{name}.csv", lines


FORMS: Mapping[str, Form] = {
    "ocsf": Form(files=_one("ocsf.jsonl", ocsf), is_events=True),
    "ecs": Form(files=_one("ecs.jsonl", ecs), is_events=True),
    "cef": Form(files=_one("alerts.cef", cef), is_events=True),
    "stix": Form(files=_one("stix.json", stix)),
    "timesketch": Form(files=_one("timeline.jsonl", timesketch)),
    "case": Form(files=_one("case.jsonld", case_uco)),
    "dfxml": Form(files=_one("dfxml.xml", dfxml)),
    "csv": Form(files=_tables),
    "jsonl": Form(files=_one("evidence.jsonl", jsonl)),
}
