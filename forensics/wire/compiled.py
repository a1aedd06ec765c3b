"""What the compiled stages need once in a process; `python -m forensics.wire.compiled` compiles them ahead."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np

_UNWANTED = "scipy", "scipy.linalg", "cffi", "yaml"
"""What numba imports if it is there, for uses that nobody here has; half its time to start is theirs."""
_loading = threading.Lock()


@contextmanager
def _alone() -> Iterator[None]:
    absent = [name for name in _UNWANTED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # importing these fails
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with _alone():
    from numba import njit
    from numba.core.registry import cpu_target

__all__ = ["compile_all", "njit", "prepare"]


def prepare() -> None:
    """Load numba's tables, which two threads must not do at once."""
    with _loading:
        _load()


@cache
def _load() -> None:
    with _alone():
        cpu_target.typing_context.refresh()
        cpu_target.target_context.refresh()


def compile_all() -> None:
    """Compile what is not in the cache yet, which takes half a minute, by reading nothing with it."""
    from forensics.wire import decapsulation, records
    from forensics.wire.reading import make_block
    from forensics.wire.table import Table, gather

    prepare()
    block, table = make_block(), Table(16, 16)
    none = (np.zeros(0, np.int64), np.zeros(0, np.float64), np.zeros(0, np.float64), np.zeros(0, np.int64))
    records.index_pcap(block.data, 0, 0, block.packets, False, 1e6, 16, 1)
    records.index_pcapng(block.data, 0, 0, block.packets, False, *none)
    decapsulation.decapsulate_all(block.data, block.packets, 0)
    decapsulation.resume(block.data, 0, 0, 0, block.packets[0])
    table.take(block.data, block.packets, 0, 0)
    table.silent(0.0)
    table.free(0)
    gather(block.data, table.segments, -1, 0, block.data)


if __name__ == "__main__":
    compile_all()
