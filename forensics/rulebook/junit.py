"""Results of trials as JUnit XML, as CI servers read it: a suite a rule, a test case a case.

No schema of it is published by JUnit; Jenkins, GitLab and GitHub Actions read the elements used here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from xml.etree import ElementTree

from forensics.rulebook.trial import Result, Verdict
from forensics.text_safety import visible

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COUNTED = {"failures": Verdict.FAIL, "errors": Verdict.BAD, "skipped": Verdict.TODO}


def junit(results: Iterable[Result]) -> str:
    """The XML document; what no XML may hold is spelled out."""
    ordered = sorted(results, key=lambda result: result.case.rule)
    root = ElementTree.Element("testsuites", {"name": "earwitness rules test", **_counts(ordered)})
    for rule, group in groupby(ordered, key=lambda result: result.case.rule):
        suite = list(group)
        parent = ElementTree.SubElement(root, "testsuite", {"name": _text(rule), **_counts(suite)})
        for result in suite:
            _add(parent, result)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _counts(results: Sequence[Result]) -> dict[str, str]:
    counted = {name: str(sum(r.verdict is verdict for r in results)) for name, verdict in _COUNTED.items()}
    return {"tests": str(len(results)), **counted}


def _add(parent: ElementTree.Element, result: Result) -> None:
    case = result.case
    attributes = {"classname": case.rule, "name": case.name, "file": str(case.path)}
    attributes |= {"line": str(case.line)} if case.line else {}
    element = ElementTree.SubElement(parent, "testcase", {name: _text(value) for name, value in attributes.items()})
    detail = _text(result.detail)
    match result.verdict:
        case Verdict.FAIL:
            ElementTree.SubElement(element, "failure", message=detail, type="FAIL").text = detail
        case Verdict.BAD:
            ElementTree.SubElement(element, "error", message=detail, type="bad case").text = detail
        case Verdict.TODO:
            ElementTree.SubElement(element, "skipped", message=f"todo: {detail}")
        case Verdict.XPASS:
            ElementTree.SubElement(element, "system-out").text = f"passes, though it is marked todo: {detail}"
        case _:
            ElementTree.SubElement(element, "system-out").text = detail


def _text(text: str) -> str:
    return _NOT_XML.sub(lambda found: f"<{ord(found[0]):04X}>", visible(text))
