"""What every screen is handed: the store's reading and writing threads, the clocks, who sits there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.feed import Feed
from tui.keymap import Keymap
from tui.pixels.ability import Ability
from tui.regret import Regret
from tui.role import Role
from tui.scribe import Scribe
from tui.twin import Twin


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The surroundings of a screen. `now` is Unix time in seconds; `monotonic` measures pauses."""

    store: Path
    role: Role
    keys: Keymap
    now: Callable[[], float]
    monotonic: Callable[[], float]
    feed: Feed
    scribe: Scribe
    regret: Regret
    twin: Twin
    packs: Sequence[Path]
    ability: Ability
