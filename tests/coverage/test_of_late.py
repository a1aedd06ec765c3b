"""The last day of a store, or as long as it has had sensors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from forensics.coverage.asking import of_late, share
from forensics.model import SensorHealth
from forensics.store import reader
from forensics.store.writer import Store

NOW = 1_700_000_000.0
DAY_S = 86_400.0
STICK = SensorHealth(sensor="files:removable:s", kind="files", state="running", time=NOW, channels=("removable",))


@pytest.mark.parametrize(("began", "length_s", "covered"), [(NOW - 10, 10, 1.0), (NOW - 2 * DAY_S, DAY_S, 0.0001)])
def test_a_store_is_judged_from_its_first_heartbeat_on(
    tmp_path: Path, began: float, length_s: float, covered: float
) -> None:
    with Store.open(tmp_path, actor="watch") as store:
        connection = reader.open_reader(tmp_path)
        assert share(of_late(connection, NOW, DAY_S)) is None
        store.heartbeat(replace(STICK, time=began, boot=1.0))
        store.heartbeat(replace(STICK, time=NOW - 10, boot=1.0 + NOW - 10 - began))
        store.heartbeat(replace(STICK, time=NOW, boot=1.0 + NOW - began))
    found = of_late(connection, NOW, DAY_S)
    connection.close()
    assert found.end - found.start == length_s
    judged = share(found)
    assert judged is not None
    assert judged.covered == pytest.approx(covered, abs=0.0001)
