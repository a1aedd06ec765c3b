"""A store of many alerts, three to an incident, and one alert more at a time."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from forensics.config import Privacy
from forensics.model import IncidentKey, Verdict
from forensics.model import Observation as Seen
from forensics.store.writer import Store
from tests.benchmarks.store_rows import Rows

GROUP = 1000
A_STORY = 3


def build(folder: Path, count: int) -> None:
    """Record so many alerts, unless that was done before."""
    if (folder / "done").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    rows = Rows()
    with Store.open(folder, actor="bench", privacy=Privacy(pseudonyms=False)) as store:
        for first in range(0, count, GROUP):
            with store.group() as group:
                for number, (analysis, verdict) in enumerate(rows.stream(first, min(GROUP, count - first)), first):
                    group.record(analysis, _alert(verdict, number), grouper=_grouped)
    (folder / "done").touch()


def arrive(folder: Path, count: int, rate: float, first: int) -> None:
    """Record alerts one by one, `rate` a second, printing the number and the moment of each commit."""
    rows = Rows(seed=first)
    with Store.open(folder, actor="bench", privacy=Privacy(pseudonyms=False)) as store:
        began = time.monotonic()
        for number, (analysis, verdict) in enumerate(rows.stream(first, count)):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            seen = replace(analysis.observation, name=f"arrival{first + number}.wav", time=time.time())
            named = replace(verdict, title=f"arrival{first + number} has left")
            with store.group() as group:
                group.record(replace(analysis, observation=seen), _alert(named, first + number), grouper=_grouped)
            print(first + number, time.monotonic(), flush=True)


def _alert(verdict: Verdict, number: int) -> Verdict:
    return replace(verdict, is_alert=True, items=(f"item:story-{number // A_STORY}",))


def _grouped(verdict: Verdict, seen: Seen, offered: Sequence[IncidentKey]) -> int | None:
    wanted = set(verdict.items)
    return next((key.id for key in offered if wanted.intersection(key.items)), None)


if __name__ == "__main__":
    if sys.argv[2] == "build":
        build(Path(sys.argv[1]), int(sys.argv[3]))
    else:
        arrive(Path(sys.argv[1]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
