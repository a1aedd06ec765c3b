"""What the rules cost, as the screen tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.rulebook.measured import Bench, RuleFigures, write
from tests.tui.night_shift import NOW
from tui import costing

BENCH = Bench(
    files=200,
    unread=0,
    any_hits=1,
    sample_mib=1.0,
    compiling_ms=1.0,
    reference_ms_per_mib=1.0,
    together_ms_per_mib=1.0,
    each_us=1.0,
    rules={"A": RuleFigures(version=2, ms_per_mib=4.283, ratio=3.7, hits=1, at_most=0.0278, files=("secret.txt",))},
)


def test_a_bench_is_read_back_without_names_and_another_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / costing.NAME
    assert costing.read(path) == costing.Costing()
    write(path, BENCH)
    assert "secret" not in path.read_text()
    found = costing.read(path)
    assert (found.files, found.rules["A"].ms_per_mib) == (200, 4.283)
    path.write_text("{")
    assert costing.read(path) == costing.Costing()


@pytest.mark.parametrize(
    ("figures", "short", "said"),
    [
        (None, "", "this version of the rule was not measured"),
        (RuleFigures(version=1), "-", "no cost of its own; matched 0 of 200 ordinary files"),
        (RuleFigures(version=1, problem="not finished\x1b after 10 s"), "!", "not finished"),
        (RuleFigures(version=1, ms_per_mib=0.031, ratio=0.03), "0.03", "0.03 ms/MiB alone, 0.0 times"),
        (RuleFigures(version=1, ms_per_mib=41234.5, ratio=9e3), "41,234", "measured 1h ago"),
    ],
)
def test_figures_in_words(figures: RuleFigures | None, short: str, said: str) -> None:
    bench = costing.Costing(rules={}, files=200, time=NOW - 3600)
    assert costing.short(figures) == short
    told = costing.told(figures, bench, NOW)
    assert said in told
    assert "\x1b" not in told
