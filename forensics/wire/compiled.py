"""What the compiled stages need once in a process."""

from __future__ import annotations

import sys
import threading
from functools import cache

from numba.core.registry import cpu_target

_loading = threading.Lock()


def prepare() -> None:
    """Load numba's tables, which two threads must not do at once."""
    with _loading:
        _load()


@cache
def _load() -> None:
    """Without SciPy: it is asked for linear algebra nobody here uses, and slow to import."""
    is_there = "scipy.linalg" in sys.modules
    if not is_there:
        sys.modules["scipy.linalg"] = None  # type: ignore[assignment]  # importing it fails
    try:
        cpu_target.typing_context.refresh()
        cpu_target.target_context.refresh()
    finally:
        if not is_there:
            del sys.modules["scipy.linalg"]
