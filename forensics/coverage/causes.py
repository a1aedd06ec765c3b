"""What every cause of a gap means for the time it lasted."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from forensics.coverage.model import Level

_LEVELS = {"noted": Level.COVERED, "degraded": Level.DEGRADED, "opaque": Level.OPAQUE, "blind": Level.BLIND}


@cache
def table() -> dict[str, Level]:
    """Level by cause; one that ends in a colon stands for all that begin so."""
    data = tomllib.loads((Path(__file__).parent / "causes.toml").read_text("utf-8"))
    return {cause: level for name, level in _LEVELS.items() for cause in data[name]}


def is_classified(cause: str) -> bool:
    """Say whether the table has a cause."""
    return cause in table() or f"{cause.partition(':')[0]}:" in table()


def level_of(cause: str) -> Level:
    """How bad a cause is; degraded when it is not known."""
    known = table()
    return known.get(cause, known.get(f"{cause.partition(':')[0]}:", Level.DEGRADED))
