"""A small round of the bench of trials: the pack it builds is sound, and the table says what it should."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.bench_trials import lines, tried
from tests.benchmarks.trials_pack import build


def test_a_small_round(tmp_path: Path) -> None:
    build(tmp_path / "pack", rules=8, cases=128, seed=2)
    done = tried(tmp_path / "pack")
    assert done.last == "rules 8, cases 128: 128 passed, 0 failed; without a hit: 0; without a near miss: 0"
    assert (done.exit_code, done.cpu_s > 0) == (0, True)
    table = lines(tmp_path / "pack")
    assert [line[:10] for line in table[:2]] == ["rules test"] * 2
    assert any("opening the cases" in line for line in table)
