"""What heartbeats tell of the budget: means over the last minute."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.config import Files
from forensics.usage import Usage


@dataclass
class Machine:
    """A clock, and what was used."""

    now: float = 0.0
    cpu_s: float = 0.0
    size: int = 0


def test_means_over_the_last_minute() -> None:
    machine = Machine()
    usage = Usage(
        Files(cpu_share=1.5, read_mib_s=2.0),
        cpu_s=lambda: machine.cpu_s,
        read_bytes=lambda: machine.size,
        clock=lambda: machine.now,
    )
    allowed = {"cpu_percent_allowed": 150, "read_kib_s_allowed": 2048}
    assert usage.counters() == {"cpu_percent": 0, "read_kib_s": 0, **allowed}
    machine.now, machine.cpu_s, machine.size = 5.0, 6.0, 5 << 20
    first = usage.counters()
    assert first == {"cpu_percent": 120, "read_kib_s": 1024, **allowed}
    machine.now, machine.cpu_s = 5.5, 6.5
    assert usage.counters() == first
    machine.now = 60.0
    assert usage.counters() == {"cpu_percent": 11, "read_kib_s": 85, **allowed}
    machine.now = 65.0
    assert usage.counters() == {"cpu_percent": 1, "read_kib_s": 0, **allowed}
    machine.now = 1e6
    assert usage.counters() == {"cpu_percent": 0, "read_kib_s": 0, **allowed}
