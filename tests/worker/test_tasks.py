"""The line in front of the workers: small tasks go out together, large ones alone, all in order."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from forensics.content import Content
from forensics.model import Observation
from forensics.worker.tasks import BATCH, SMALL_BYTES, Task, Tasks


def task(name: str, size: int = 10) -> Task:
    content = Content.of(bytes(size))
    return Task(
        observation=Observation(key=name, channel="file", time=0.0, name=name, content=content), future=Future()
    )


def names(tasks: list[Task]) -> list[str]:
    return [each.observation.name for each in tasks]


def test_small_tasks_come_together_and_large_ones_alone() -> None:
    line = Tasks(workers=1)
    for each in (task("a"), task("b"), task("big", SMALL_BYTES + 1), task("c")):
        line.put(each)
    line.close()
    assert [names(line.take()) for _ in range(4)] == [["a", "b"], ["big"], ["c"], []]


def test_what_waits_is_shared_between_the_workers() -> None:
    line = Tasks(workers=2)
    for number in range(10):
        line.put(task(str(number)))
    assert len(line.take()) == 5
    assert len(line.take()) == 3


def test_no_batch_is_longer_than_a_message() -> None:
    line = Tasks(workers=1)
    for number in range(2 * BATCH):
        line.put(task(str(number)))
    assert names(line.take()) == [str(number) for number in range(BATCH)]


def test_what_is_gone_goes_alone() -> None:
    line = Tasks(workers=1)
    gone = task("gone")
    gone.observation = Observation(
        key="gone", channel="file", time=0.0, name="gone", content=Content.recorded(size=1, sha256="0" * 64)
    )
    for each in (task("a"), gone, task("b")):
        line.put(each)
    assert [names(line.take()) for _ in range(3)] == [["a"], ["gone"], ["b"]]


def test_a_full_line_holds_back_who_adds_to_it() -> None:
    line = Tasks(workers=1)
    for name in ("first", "second"):
        line.put(task(name, SMALL_BYTES + 1))
    adding = threading.Thread(target=line.put, args=(task("third"),), daemon=True)
    adding.start()
    adding.join(timeout=0.2)
    assert adding.is_alive()
    assert names(line.take()) == ["first"]
    adding.join(timeout=10)
    assert not adding.is_alive()
