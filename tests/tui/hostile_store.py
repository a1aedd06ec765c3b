"""A store whose every text is a hostile name."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from forensics.errors import StoreError
from forensics.model import AlertState, CustodyEntry, Gap, Scope, SensorHealth
from forensics.store.casework import Task
from forensics.store.writer import Store
from tests.tui import night_shift
from tests.tui.night_shift import CLEAR, HOUR, NOW

AROUND = 40
"""So many gaps, sensors, entries of custody, cases, suppressions and saved searches are named too."""


def write(folder: Path, names: Iterable[str]) -> int:
    """Record an alert for each name, and things around them; how many alerts there are."""
    names = list(names)
    with Store.open(folder, actor=f"watch{names[0]}", clock=lambda: NOW, privacy=CLEAR) as store:
        for number, name in enumerate(names):
            night_shift.record(store, f"h{number}", night_shift.hostile_act(name, f"h{number}"))
        for number, name in enumerate(itertools.islice(itertools.cycle(names), AROUND), 1):
            _surround(store, number, name)
    return len(names)


def _surround(store: Store, number: int, name: str) -> None:
    start = NOW - number * HOUR
    with store.group() as group:
        gap = Gap(sensor=name, channel=name, start=start, end=start + 60, cause=name, unit=name, detail=name)
        group.gap(gap)
        group.custody(CustodyEntry(actor=name, action=name, subject=name, detail=name, time=NOW))
    health = SensorHealth(
        sensor=f"{name}{number}", kind=name, state="degraded", time=NOW, counters={name: 1}, detail=name, limit=name
    )
    store.heartbeat(health)
    with suppress(StoreError):  # some of these refuse what is empty, or too long
        case = store.cases.begin(name, [("A", number)], owner=name, tasks=[Task(text=name)]).case
        store.cases.note(case, name)
    with suppress(StoreError):
        store.suppress(Scope(rule=name, user=name), until=NOW + HOUR, reason=name)
        store.save_query(name, name)
    store.set_alert_state(number, AlertState.CLOSED, reason="test", note=name)
