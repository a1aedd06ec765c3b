"""What the timeline looks at: whose, which evidence, how closely and until when; pure, one view becomes another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC

from forensics.reports import axis
from forensics.store.timeline import Axis, Window

MARGIN = 2
"""Steps that are shown after the present, so that the line of now stands free."""
SHIFT_S = 8 * 3600.0
"""What is shown at first: a night shift at least."""


@dataclass(frozen=True, slots=True)
class View:
    """One way to look. `until` is Unix time in seconds, None while the present is followed."""

    step_s: float
    by: Axis = "user"
    query: str = ""
    until: float | None = None
    zone: axis.Zone = UTC

    @classmethod
    def of_shift(cls, columns: int, now: float) -> View:
        """The last hours, up to now."""
        return cls(step_s=axis.over(now - SHIFT_S, now, max(1, columns - MARGIN), UTC).step_s)

    def window(self, columns: int, now: float) -> Window:
        """The time that is shown in so many columns."""
        until = now + MARGIN * self.step_s if self.until is None else self.until
        return axis.ending(until, self.step_s, columns, self.zone)

    def panned(self, columns: int, now: float, direction: int) -> View:
        """Half a window later or earlier; what reaches the present follows it."""
        window = self.window(columns, now)
        return self._until(window.until + direction * max(1, columns // 2) * self.step_s, now)

    def zoomed(self, columns: int, now: float, about: float, places: int) -> View:
        """Closer (or, below 0, wider) by so many steps of the ladder, with the moment `about` where it was."""
        closer = axis.zoomed(self.window(columns, now), about, places, self.zone)
        return replace(self, step_s=closer.step_s)._until(closer.until, now)

    def whole(self, columns: int, now: float, extent: tuple[float, float] | None) -> View:
        """All evidence there is, from its first day to the present or, where it ended before, to its last day."""
        if extent is None:
            return replace(self, until=None)
        since, until = extent[0], min(extent[1], now)
        window = axis.over(since, max(since, until), max(1, columns - MARGIN), self.zone)
        return replace(self, step_s=window.step_s)._until(window.until, now)

    def oldest(self, columns: int, now: float, extent: tuple[float, float] | None) -> View:
        """Where the evidence begins, as closely as before."""
        return self if extent is None else self._until(extent[0] + max(1, columns - MARGIN - 1) * self.step_s, now)

    def now(self) -> View:
        """Follow the present, as closely as before."""
        return replace(self, until=None)

    def turned(self) -> View:
        """By workstation where it was by contractor, and back."""
        return replace(self, by="host" if self.by == "user" else "user")

    def in_other_zone(self) -> View:
        """Clocks of this machine where they were UTC, and back."""
        return replace(self, zone=None if self.zone is UTC else UTC)

    def words(self, name: str, window: Window, step: int) -> str:
        """The query that finds what lies in one step of somebody's lanes."""
        whole = [f"after:{_stamp(window.start(step))}", f"before:{_stamp(window.start(step + 1))}"]
        named = f'{self.by}:"{name}"' if " " in name else f"{self.by}:{name}"
        return " ".join([*([named] if name else []), *whole, *([self.query] if self.query else [])])

    def _until(self, until: float, now: float) -> View:
        return replace(self, until=None if until >= now else max(until, self.step_s))


def _stamp(time: float) -> str:
    return f"{axis.clock(time, UTC):%Y-%m-%dT%H:%M:%S}"
