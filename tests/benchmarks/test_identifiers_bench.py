"""A small run of the identifier bench: every carrier is read, and no clean package is flagged."""

from __future__ import annotations

from tests.benchmarks.bench_identifiers import lines, play
from tests.benchmarks.identifier_carriers import CARRIERS


def test_every_carrier_is_read_and_nothing_clean_flagged() -> None:
    result = play(each=1, packages=60, seed=3)
    assert result.missed == []
    assert result.flagged == []
    assert set(CARRIERS) < set(result.planted)
    assert any("all carriers" in line for line in lines(result))
