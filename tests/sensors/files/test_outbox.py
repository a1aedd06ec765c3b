"""The queue between the sensor and who takes its files."""

from __future__ import annotations

import threading
import time

from forensics.sensors.files.outbox import WAITING, Outbox
from forensics.sensors.files.settled import Method, SettledFile

ENOUGH_S = 10.0


def file(name: str) -> SettledFile:
    return SettledFile(
        sensor="files",
        role="share",
        root="/r",
        path=name,
        uri=f"file:///r/{name}",
        stamp=None,
        content=None,
        time=0.0,
        method=Method.FOUND,
    )


def test_files_are_taken_in_order_and_room_comes_back_once_half_of_them_were() -> None:
    taken: list[str] = []
    may_take = threading.Semaphore(0)

    def take(each: SettledFile) -> None:
        may_take.acquire()
        taken.append(each.path)

    outbox = Outbox(take, lambda _: None, lambda _: None, refused=lambda _file, _error: None)
    outbox.start()
    outbox.put_files([file(str(number)) for number in range(WAITING)])
    assert outbox.room == 0
    outbox.wait_for_room(0.01)
    assert outbox.room == 0
    threading.Thread(target=may_take.release, args=(WAITING // 2,)).start()
    began = time.monotonic()
    outbox.wait_for_room(ENOUGH_S)
    assert time.monotonic() - began < ENOUGH_S
    assert outbox.room == WAITING // 2
    may_take.release(WAITING)
    outbox.stop(ENOUGH_S)
    assert taken == [str(number) for number in range(WAITING)]


def test_one_that_is_refused_keeps_no_other_from_being_taken() -> None:
    taken: list[str] = []
    refused: list[str] = []

    def take(each: SettledFile) -> None:
        if each.path == "a":
            raise OSError("no")
        taken.append(each.path)

    outbox = Outbox(take, lambda _: None, lambda _: None, refused=lambda each, _error: refused.append(each.path))
    outbox.start()
    outbox.put_files([file("a"), file("b")])
    outbox.stop(ENOUGH_S)
    assert (taken, refused) == (["b"], ["a"])
    assert outbox.room == WAITING
