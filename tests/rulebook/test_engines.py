"""The seam that engines stand behind: one shape of hits, a process that may die, and rules that are seen otherwise."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from forensics.config import Config
from forensics.crosschecking import crosschecked
from forensics.errors import LimitReached, MissingToolError, RuleError, TimedOut
from forensics.rulebook.book import Rulebook
from forensics.rulebook.cases import find_cases
from forensics.rulebook.compiling import EXTERNALS
from forensics.rulebook.engines import ENGINES, REFERENCE, Engine, Hit, Variables, YaraPython, why_missing
from forensics.rulebook.engines_apart import EngineApart

RULES = {"a": 'rule one { strings: $a = "ab" condition: $a and filename == "x" }', "b": "rule two { condition: true }"}
ENDLESS = (
    "rule x { condition: for all i in (1..90000) : (for all j in (1..90000) : (uint8(i) != 7 and uint8(j) != 9)) }"
)
VARIABLES = {**EXTERNALS, "filename": "x"}


@pytest.fixture
def apart() -> Iterator[EngineApart]:
    engine = EngineApart(REFERENCE)
    yield engine
    engine.close()


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_gives_hits_of_one_shape(name: str) -> None:
    if why := why_missing(name):
        pytest.skip(why)
    engine = EngineApart(name)
    engine.compile(RULES)
    hits = engine.scan(b"ab--ab", VARIABLES, timeout_s=5)
    assert hits == [
        Hit(namespace="a", rule="one", places=(("$a", 0, 2), ("$a", 4, 2))),
        Hit(namespace="b", rule="two"),
    ]
    assert [hit.rule for hit in engine.scan(b"ab", EXTERNALS, timeout_s=5)] == ["two"]
    with pytest.raises(RuleError):
        engine.compile({"a": "rule nonsense"})
    engine.close()


def test_an_engine_apart_says_what_it_says_here(apart: EngineApart) -> None:
    here = YaraPython()
    for engine in (here, apart):
        engine.compile(RULES)
    data = os.urandom(3000) + b"ab" + os.urandom(70_000)
    assert here.scan(data, VARIABLES, timeout_s=5) == apart.scan(data, VARIABLES, timeout_s=5)


def test_an_engine_that_dies_is_said_and_started_again(apart: EngineApart) -> None:
    apart.compile(RULES)
    assert apart._process is not None
    os.kill(apart._process.pid, signal.SIGSEGV)
    with pytest.raises(LimitReached, match=r"engine yara-python died: (signal 11|exit status)"):
        apart.scan(b"ab", VARIABLES, timeout_s=5)
    assert [hit.rule for hit in apart.scan(b"ab", VARIABLES, timeout_s=5)] == ["one", "two"]
    assert apart.deaths == 1


def test_a_rule_without_end_is_late(apart: EngineApart) -> None:
    apart.compile({"x": ENDLESS})
    with pytest.raises(TimedOut, match="not finished after 1 s"):
        apart.scan(b"a" * 100_000, EXTERNALS, timeout_s=1)


@pytest.mark.parametrize("name", [name for name in ENGINES if why_missing(name)])
def test_an_engine_that_is_not_installed_is_named(name: str) -> None:
    with pytest.raises(MissingToolError, match=f"engine {name}: the module .* is not installed"):
        EngineApart(name)


class CaseBlind:
    """An engine that knows no `nocase`: it compiles such strings without."""

    name = "case-blind"

    def __init__(self) -> None:
        self._inner = YaraPython()

    def compile(self, sources: Mapping[str, str]) -> None:
        if any("wide" in text for text in sources.values()):
            raise RuleError("line 1: no wide strings here")
        self._inner.compile({name: text.replace(" nocase", "") for name, text in sources.items()})

    def scan(self, data: bytes, variables: Variables, *, timeout_s: int) -> list[Hit]:
        return self._inner.scan(data, variables, timeout_s=timeout_s)


def test_rules_that_engines_see_otherwise_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.yar").write_text(
        'rule one { meta: id = "T-ONE" strings: $a = "ab" nocase condition: $a }\n'
        'rule two { meta: id = "T-TWO" strings: $a = "cd" condition: $a }\n'
        'rule text { meta: id = "T-TEXT" scope = "text" strings: $a = "AB" nocase condition: $a }\n'
    )
    (tmp_path / "b.yar").write_text('rule broad { meta: id = "T-WIDE" strings: $a = "ab" wide condition: $a }\n')
    (tmp_path / "samples/T-ONE/hit").mkdir(parents=True)
    (tmp_path / "samples/T-ONE/hit/a.txt").write_bytes(b"AB cd")
    (tmp_path / "samples/T-ONE/hit/b.txt").write_bytes(b"ab AB")
    book = Rulebook.load([tmp_path]).activated()
    cases = find_cases(book, [tmp_path / "samples"])
    engines: dict[str, type[Engine]] = {"case-blind": CaseBlind, "same": YaraPython}
    found = crosschecked(Config(), book, cases, engines)
    assert found.rules("same") == []
    assert found.rules("case-blind") == ["T-ONE", "T-TEXT"]
    told = [(each.rule, each.path, each.what) for each in found.disagreements]
    assert ("T-ONE", "a.txt", "does not match where the reference does") in told
    assert ("T-ONE", "b.txt", "matches elsewhere: $a at 3, 2 bytes, is the reference's alone") in told
    assert found.refused["case-blind"] == [f"{tmp_path}/b.yar: line 1: no wide strings here"]
    assert found.scans == {"case-blind": 4, "same": 4}
