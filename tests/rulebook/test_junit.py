"""JUnit XML as CI servers read it: counts that add up, failures with their reason, and no byte an XML may not hold."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from forensics.rulebook.cases import BadCase, Case
from forensics.rulebook.junit import junit
from forensics.rulebook.trial import Result, Verdict


def test_every_verdict_has_its_element() -> None:
    cases = [Case(rule=f"T-{n % 2}", expect="hit", path=Path(f"samples/{n}.txt")) for n in range(4)]
    cases[0] = Case(rule="T-0", expect="miss", path=Path("a.toml"), title="a/x", line=7)
    kinds = (Verdict.PASS, Verdict.FAIL, Verdict.TODO, Verdict.XPASS)
    results = [Result(case=case, verdict=v, detail=f"<{v}> & more") for case, v in zip(cases, kinds, strict=True)]
    bad = BadCase(rule="T-0", path=Path("a.toml"), line=3, message="a.toml:3: no")
    results.append(Result(case=bad, verdict=Verdict.BAD, detail=bad.message))
    root = etree.fromstring(junit(results).encode())
    assert (root.tag, dict(root.attrib)) == (
        "testsuites",
        {"name": "earwitness rules test", "tests": "5", "failures": "1", "errors": "1", "skipped": "1"},
    )
    assert [suite.get("name") for suite in root] == ["T-0", "T-1"]
    assert sum(int(suite.get("tests", "")) for suite in root) == len(root.findall(".//testcase")) == 5
    assert root.find(".//testcase[@name='T-0/miss/a/x']").get("line") == "7"
    assert root.find(".//failure").get("message") == "<FAIL> & more"
    assert root.find(".//error").text == "a.toml:3: no"
    assert root.find(".//skipped").get("message") == "todo: <todo> & more"


def test_names_no_xml_may_hold_are_spelled_out() -> None:
    case = Case(rule="T", expect="hit", path=Path("a\x00\x1b\udcff\ufffe.txt"))
    root = etree.fromstring(junit([Result(case=case, verdict=Verdict.FAIL, detail="\x08")]).encode())
    assert root.find(".//testcase").get("name") == "T/hit/a<0000><001B><DCFF><FFFE>.txt"
