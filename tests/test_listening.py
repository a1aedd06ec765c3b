"""The live network: no ring file is let go while something that began in it is not in the store."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from forensics.config import Config
from forensics.content import Content
from forensics.listening import Listener, _Pinned
from forensics.model import Direction, Gap, Observation, SensorHealth, WireObject
from forensics.sensors.network.ring import Ring, RingFile


def listener(folder: Path, waiting: list[Callable[[], None]], gaps: list[Gap]) -> Listener:
    def take(seen: Observation, done: Callable[[], None]) -> None:
        waiting.append(done)

    return Listener(Config(), folder, take=take, gap=gaps.append, health=lambda _: None)


def read(live: Listener, folder: Path, number: int, *, age_s: float = 300.0, size: int = 7) -> Path:
    """One more file of the ring that was read."""
    path = folder / f"{number}.pcapng"
    path.write_bytes(b"packets")
    file = RingFile(path=path, generation=0, number=number, size=size, modified=time.time() - age_s)
    live._pinned.append(_Pinned(file))
    live._pinned[-1].is_read = True
    return path


def found(number: int) -> WireObject:
    return WireObject(
        protocol="http",
        direction=Direction.UP,
        name="x",
        content=Content.of(b"x"),
        missing=(),
        source="10.0.0.1:1000",
        destination="10.0.0.2:80",
        uri="http://10.0.0.2/",
        time=1.0,
        flow="tcp",
        position=number,
    )


def test_a_file_stays_until_what_ended_in_a_later_one_is_recorded(tmp_path: Path) -> None:
    waiting: list[Callable[[], None]] = []
    live = listener(tmp_path, waiting, [])
    ring = Ring(tmp_path, Config().network, gap=lambda _: None)
    first, second = read(live, tmp_path, 1), read(live, tmp_path, 2)
    live._hand_on(ring, [found(1)])
    live._let_go(ring)
    assert first.exists()
    third = read(live, tmp_path, 3)
    live._hand_on(ring, [found(2)])
    waiting[0]()
    live._let_go(ring)
    assert not first.exists()
    assert second.exists()
    assert third.exists()
    waiting[1]()
    live._let_go(ring)
    assert not second.exists()
    assert not third.exists()


def test_files_kept_for_what_goes_on_leave_half_of_the_ring_to_new_ones(tmp_path: Path, monkeypatch) -> None:
    live = listener(tmp_path, [], [])
    ring = Ring(tmp_path, Config().network, gap=lambda _: None)
    monkeypatch.setattr(type(live._interception), "since", 0.0)  # a connection that never ends
    kept = [read(live, tmp_path, number, age_s=1.0, size=ring.budget_bytes // 5) for number in range(4)]
    live._let_go(ring)
    assert [path.exists() for path in kept] == [False, False, True, True]


def test_while_there_is_more_to_read_it_is_told_how_far_behind_that_is(tmp_path: Path) -> None:
    told: list[SensorHealth] = []
    live = Listener(Config(), tmp_path, take=lambda seen, done: None, gap=lambda _: None, health=told.append)
    ring = Ring(tmp_path, Config().network, gap=lambda _: None)
    live._level -= 40
    live._hand_on(ring, [found(1), found(2)])
    live._next_health = 0.0
    live._mind(ring)
    assert [health.counters["lag_s"] for health in told] == [40, 0]
    assert told[0].counters["ring_kib_allowed"] == ring.budget_bytes >> 10


def test_bytes_that_break_a_channel_are_a_gap(tmp_path: Path) -> None:
    gaps: list[Gap] = []
    live = listener(tmp_path, [], gaps)

    def broken() -> Iterator[WireObject]:
        yield found(1)
        raise KeyError("a channel's mistake")

    live._hand_on(Ring(tmp_path, Config().network, gap=lambda _: None), broken())
    assert [gap.cause for gap in gaps] == ["dissection failed"]


COMPILES = """
import sys
from pathlib import Path
from forensics.config import Config, Network
from forensics.listening import Listener
from forensics.wire import decapsulation, records, table
config, folder = Config(network=Network(interfaces=("no-such-one",), infer=False)), Path(sys.argv[1])
live = Listener(config, folder, take=lambda seen, done: None, gap=lambda _: None, health=lambda _: None)
stages = [records.index_pcapng, decapsulation.decapsulate_all]
before = [len(stage.signatures) for stage in stages]
live.start()
print(before, [len(stage.signatures) for stage in stages])
live.stop()
"""


def test_what_reads_packets_is_compiled_before_there_are_any(tmp_path: Path) -> None:
    call = [sys.executable, "-c", COMPILES, str(tmp_path)]
    told = subprocess.run(call, check=True, capture_output=True, text=True).stdout
    assert told.strip() == "[0, 0] [1, 1]"
