"""The page: well-formed, without scripts or anything from elsewhere, every text from evidence escaped."""

from __future__ import annotations

import re

from lxml import etree

from forensics.reports.casefile import CaseFile
from forensics.reports.first_hour import first_hour
from forensics.reports.page import POLICY, page
from tests.reports.made import LEAK
from tests.store.made import NOW

HTML = "{http://www.w3.org/1999/xhtml}"


def test_a_strict_parser_reads_the_page(case: CaseFile) -> None:
    text = page(case, first_hour(case), now=NOW)
    root = etree.fromstring(text.encode())
    headings = [each.text for each in root.iter(f"{HTML}h2")]
    assert {"What left", "Timeline", "Lineage", "How the clips were heard", "Chain of custody"} <= set(headings)
    assert len(list(root.iter("{http://www.w3.org/2000/svg}svg"))) >= 4


def test_nothing_in_the_page_runs_or_is_fetched(case: CaseFile) -> None:
    text = page(case, first_hour(case), now=NOW)
    root = etree.fromstring(text.encode())
    names = {etree.QName(each).localname for each in root.iter() if isinstance(each.tag, str)}
    assert not names & {"script", "iframe", "object", "embed", "img", "link", "a", "image", "use", "form", "base"}
    attributes = {str(name).lower() for each in root.iter() for name in each.attrib}
    assert not any(name.startswith("on") or name in ("href", "src", "style") for name in attributes)
    policy = root.find(f".//{HTML}meta[@http-equiv]")
    assert policy is not None
    assert policy.get("content") == POLICY
    assert "default-src 'none'" in POLICY
    assert "unsafe" not in POLICY


def test_what_evidence_says_is_text(case: CaseFile) -> None:
    text = page(case, first_hour(case), now=NOW)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "packets dropped &lt;b&gt;" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", text)
    assert LEAK.decode() not in text
