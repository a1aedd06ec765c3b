"""Rules over a whole observation: what they ask, and what is wrong with a file of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forensics.config import Limits
from forensics.content import Content
from forensics.errors import RuleError
from forensics.model import Analysis, Observation, Subject, Versions
from forensics.pipeline import Pipeline, load_decoders
from forensics.rulebook.book import Rulebook
from forensics.rulebook.package_conditions import Asked, Span, conditions
from tests.benchmarks.identifier_carriers import png, wav, zipped

NIGHT = 1_795_474_800.0  # Monday 2026-11-23, 23:00 UTC


def seen(**circumstances: Any) -> Observation:
    content = Content.of(
        zipped({"a.wav": wav(seconds=0.1), "b.wav": wav(seconds=0.2), "in.zip": zipped({"c.png": png()})})
    )
    observation = Observation(
        key="k",
        channel="http2",
        time=NIGHT,
        name="a.zip",
        content=content,
        destination="https://paste.example/up",
        subject=Subject(host="h", user="u", process="rclone"),
    )
    return replace(observation, **circumstances)


def analysed(book: Rulebook = Rulebook.empty(), **circumstances: Any) -> Analysis:  # noqa: B008
    pipeline = Pipeline(decoders=load_decoders(), matchers=[], limits=Limits(), versions=Versions(), rulebook=book)
    return pipeline.analyse(seen(**circumstances))


@pytest.mark.parametrize(
    ("asked", "value", "is_true"),
    [
        (Asked(audio=Span(min=2)), "2", True),
        (Asked(audio=Span(min=3)), "2", False),
        (Asked(pictures=Span(max=0)), "1", False),
        (Asked(depth=Span(min=3)), "3", True),
        (Asked(archives=Span(min=2, max=2)), "2", True),
        (Asked(channels=("http",)), "http2", True),
        (Asked(channels=("smtp", "ftp")), "http2", False),
        (Asked(destinations=("*PASTE.example/*",)), "https://paste.example/up", True),
        (Asked(processes=("firefox*",)), "rclone", False),
        (Asked(hours=(22, 6)), "23", True),
        (Asked(hours=(6, 22)), "23", False),
        (Asked(days=("sat", "sun")), "mon", False),
        (Asked(rules=("X",)), "no", False),
        (Asked(not_rules=("X",)), "no", True),
    ],
)
def test_each_condition_is_told_with_its_value(asked: Asked, value: str, is_true: bool) -> None:
    (one,) = conditions(asked, analysed(), ())
    assert (one.value, one.is_true) == (value, is_true)


def pack(folder: Path, text: str) -> Path:
    (folder / "fingerprints").mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text('id = "ours"\nversion = "1"\n')
    (folder / "fingerprints/whole.toml").write_text(text)
    return folder


TWO = """[[rule]]
id = "OUR-NIGHT"
kind = "package"
severity = "high"
match = { hours = [22, 6], rules = ["OUR-TWO"] }

[[rule]]
id = "OUR-TWO"
kind = "package"
match = { audio = { min = 2 } }
"""


def test_a_rule_that_speaks_of_another_is_asked_after_it(tmp_path: Path) -> None:
    book = Rulebook.load([pack(tmp_path, TWO)])
    found = {match.rule: match for match in analysed(book).matches}
    assert set(found) == {"OUR-NIGHT", "OUR-TWO"}
    assert [(why.label, why.text) for why in found["OUR-TWO"].why] == [("audio 2 or more", "2")]
    by_day = analysed(book, time=NIGHT - 8 * 3600)
    assert [match.rule for match in by_day.matches] == ["OUR-TWO"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[rule]]\nid = "A"\nkind = "package"\nmatch = {}\n', "whole.toml:1: A asks nothing"),
        (
            '\n[[rule]]\nid = "A"\nkind = "package"\nmatch = { sound = { min = 1 } }\n',
            "whole.toml:2: .*unknown field `sound`",
        ),
        ('[[rule]]\nid = "A"\nkind = "other"\nmatch = {}\n', "whole.toml:1: "),
        (
            '[[rule]]\nid = "A"\nkind = "package"\nmatch = { hours = [1, 99] }\n',
            "A has hours that are not from 0 to 24",
        ),
        ('[[rule]]\nid = "A"\nkind = "package"\nmatch = { audio = { min = 3, max = 1 } }\n', "can never be 3 to 1"),
        ('[[rule]]\nid = "A"\nkind = "package\n', "whole.toml:3: "),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(RuleError, match=words):
        Rulebook.load([pack(tmp_path, text)])
