"""Cases of the fixed night: one that is under way, one that was closed."""

from __future__ import annotations

from pathlib import Path

from forensics.store.tasks import Task
from forensics.store.writer import Store
from tests.tui import night_shift
from tests.tui.night_shift import HOUR, MINUTE, NOW

HOSTILE_NOTE = f"the vendor calls it {night_shift.HOSTILE}\nand asks [b]why[/b]"


def write(folder: Path) -> None:
    """Two cases, written as the night went on."""
    now = NOW - 5 * HOUR

    def clock() -> float:
        return now

    with Store.open(folder, actor="desk", clock=clock) as store:
        store.cases.begin("Exercise of Monday", [("A", 2)], owner="boris", tasks=())
        store.cases.close(1, "opened by mistake", "it was an exercise")
        now = NOW - 3 * HOUR
        store.cases.begin("Clips of TR-2026-014 leave by several ways", [("I", 1), ("A", 4)], owner="anna")
        now = NOW - 40 * MINUTE
        store.cases.turn_task(1, "done")
        store.cases.set_task(2, Task(text="ask the vendor who had the stick", owner="boris", due=NOW + HOUR))
        now = NOW - 20 * MINUTE
        store.cases.note(2, HOSTILE_NOTE)
