"""The clocks of kept content run beside the monitor, from its start."""

from __future__ import annotations

import threading
from pathlib import Path

from forensics.content import Content
from forensics.expiry import Expiry
from forensics.store import reader
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, latest, name_custodians, observation, verdict


def test_what_is_overdue_goes_at_the_start_and_what_becomes_so_later(tmp_path: Path) -> None:
    name_custodians(tmp_path)
    content = {key: Content.of(key.encode()) for key in ("old", "new")}
    for key, when in (("old", NOW - 86_400), ("new", NOW)):
        with Store.open(tmp_path, actor="t", clock=lambda when=when: when) as store, store.group() as group:
            seen = observation(key, content=content[key])
            group.record(analysis(seen), verdict(), grouper=latest, kept={content[key].sha256: content[key]})
    turns = threading.Semaphore(0)
    times = iter([NOW + 1000, NOW + 86_401, NOW + 86_401])
    left: list[list[str]] = []

    def clock() -> float:
        left.append([key for key in content if kept(tmp_path, content[key].sha256)])
        turns.release()
        return next(times, NOW)

    with Store.open(tmp_path, actor="t") as store:
        expiry = Expiry(store, days=1, names_days=1, features_days=0, every_s=0.05, clock=clock)
        expiry.start()
        for _ in range(3):
            assert turns.acquire(timeout=60)
        expiry.stop()
    assert left[:3] == [["old", "new"], ["new"], []]


def kept(store: Path, sha256: str) -> bool:
    connection = reader.open_reader(store)
    try:
        return reader.kept_content(connection, sha256) is not None
    finally:
        connection.close()
