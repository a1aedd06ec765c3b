"""A small run of the reload bench: no task is lost, and every generation answers."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.bench_reload import lines, play


def test_no_task_is_lost(tmp_path: Path) -> None:
    result = play(tmp_path, rules=30, changes=2, workers=2)
    assert result.tasks == result.answers.total() > 0
    assert {2, 3} <= set(result.answers)
    assert any("in force" in line for line in lines(result, 30, 0.1))
