"""A small day of the bench: no return is an alert, each kind of leak is one, and every return closes its issue."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.bench_returns import lines
from tests.benchmarks.returns_day import play
from tests.benchmarks.returns_leaks import KINDS


def test_a_small_day(tmp_path: Path) -> None:
    day = play(tmp_path, returns=60, leaks=len(KINDS), contractors=5, seed=7)
    assert (day.false, dict(day.missed), day.unclosed) == ([], {}, [])
    assert (day.returns, day.found.total()) == (60, len(KINDS))
    assert set(day.found) == set(KINDS)
    assert any("leaks found" in line and f"{len(KINDS)} of {len(KINDS)}" in line for line in lines(day))
