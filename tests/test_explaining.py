"""Why a rule matched or not: every near miss of the shipped pack is explained by nodes that are really false."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.config import Limits
from forensics.content import Content
from forensics.explaining import Explained, explain
from forensics.model import Observation, Versions
from forensics.pipeline import Pipeline, load_decoders
from forensics.resources import rules_folder, samples_folder
from forensics.rulebook.book import Rulebook
from forensics.rulebook.trial import find_cases, sample_folders

BOOK = Rulebook.load([rules_folder() / "starter"])
CASES = find_cases(BOOK, sample_folders(BOOK, samples_folder()))
PIPELINE = Pipeline(decoders=load_decoders(), matchers=[], limits=Limits(), versions=Versions())


def explained(path: Path, book: Rulebook, *rules: str, name: str = "") -> Explained:
    content = Content.at(path)
    observation = Observation(key="x", channel="sample", time=0.0, name=name or path.name, content=content)
    return explain(PIPELINE, book, [book.by_id[rule] for rule in rules], observation)


def pack(folder: Path, text: str) -> Rulebook:
    (folder / "pack").mkdir()
    (folder / "pack" / "rules.yar").write_text(text)
    return Rulebook.load([folder / "pack"])


@pytest.mark.parametrize("rule", sorted({case.rule for case in CASES}))
def test_samples_are_explained_as_they_are_expected(rule):
    for case in CASES:
        if case.rule != rule:
            continue
        found = explained(case.path, BOOK, rule).explanations
        assert any(each.is_match for each in found) == (case.expect == "hit"), case.name
        for each in found:
            if each.is_match:
                continue
            assert each.skipped or each.failing, case.name
            assert not any(node.is_true for node in each.failing)
        if case.expect == "miss":
            assert any(each.failing for each in found) or all(each.skipped for each in found)


def test_what_would_have_to_be_otherwise_is_the_least(tmp_path):
    book = pack(
        tmp_path,
        'rule r { strings: $a = "alpha" $b = "beta" $c = "gamma" fullword condition:'
        ' ($a and $b and $c) or (filesize < 4 and filename == "y" and #a > 2) }',
    )
    (tmp_path / "x.bin").write_bytes(b"alpha beta gammas")
    (one,) = explained(tmp_path / "x.bin", book, "r").explanations
    assert [node.text for node in one.failing] == ["$c"]
    (seen,) = one.failing[0].strings
    assert seen.near is not None
    assert (seen.near.how, seen.near.place.offset) == ("inside a longer word", 11)
    sides = {node.text: node.sides for node in one.tree.walk() if node.sides != ("", "")}
    assert sides == {"filesize < 4": ("17", ""), 'filename == "y"': ("x.bin", ""), "#a > 2": ("1", "")}


@pytest.mark.parametrize(
    ("text", "data", "how"),
    [
        ('"Alpha"', b"--alpha--", "in other upper and lower case"),
        ('"alpha"', "--alpha--".encode("utf-16-le"), "as UTF-16 (wide)"),
        ('"alpha" wide', b"--alpha--", "as plain bytes (ascii)"),
        ('"alphabet soup"', b"--alphabet", "its first 6 of 13 characters"),
    ],
)
def test_strings_that_nearly_occur(tmp_path, text, data, how):
    book = pack(tmp_path, f"rule r {{ strings: $a = {text} condition: $a }}")
    (tmp_path / "x.bin").write_bytes(data)
    (one,) = explained(tmp_path / "x.bin", book, "r").explanations
    assert one.failing[0].strings[0].near.how == how


def test_global_and_named_rules_are_opened(tmp_path):
    book = pack(
        tmp_path,
        "global rule small { condition: filesize < 5 }\nprivate rule head { condition: uint8(0) == 0x41 }\n"
        "rule r { condition: head and filesize > 1 }",
    )
    (tmp_path / "x.bin").write_bytes(b"B" * 10)
    (one,) = explained(tmp_path / "x.bin", book, "r").explanations
    assert {node.text for node in one.failing} == {"filesize < 5", "uint8(0) == 0x41"}


def test_a_rule_over_text_needs_text(tmp_path):
    book = pack(tmp_path, 'rule r { meta: scope = "text" strings: $a = "alpha" condition: $a }')
    (tmp_path / "x.bin").write_bytes(bytes(range(256)))
    (one,) = explained(tmp_path / "x.bin", book, "r").explanations
    assert "no text was found in it" in one.skipped


def test_what_could_not_be_opened_is_said_beside_a_miss():
    locked = samples_folder() / "locked/hit.zip"
    found = explained(locked, BOOK, "EW-PKG-TRANSLATOR-JSON").explanations
    assert any("not all seen (encrypted" in note for each in found for note in each.notes)


def test_a_rule_without_end_is_named_and_the_others_stay(tmp_path):
    book = pack(
        tmp_path,
        "rule slow { condition: for all i in (0..filesize) : ( for all j in (0..filesize) : ( uint8(i) >= 0 ) ) }\n"
        "rule quick { condition: filesize > 1 }",
    )
    (tmp_path / "pack/pack.toml").write_text('id = "p"\ntimeout_s = 1\n')
    book = Rulebook.load([tmp_path / "pack"])
    (tmp_path / "x.bin").write_bytes(b"A" * 200_000)
    slow, quick = sorted(explained(tmp_path / "x.bin", book, "slow", "quick").explanations, key=lambda e: e.is_match)
    assert "slow is not finished after 1 s" in slow.skipped
    assert quick.is_match
