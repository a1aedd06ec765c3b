"""One thing that was looked at, as the doctor tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "limited", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: its state, what was seen and, unless all is well, how to mend it."""

    name: str
    state: State
    detail: str
    mend: str = ""
