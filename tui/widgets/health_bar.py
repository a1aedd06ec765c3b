"""The last line, on every screen: whether all is well, at length where there is room, briefly where there is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from tui import health, wording
from tui.feed import Pulse
from tui.formatting import Piece, Safe, content, crop
from tui.health import Sign

GOOD, BAD = "$good", "bold $warning"
APART, CLOSE = "   ", "  "


class HealthBar(Static):
    """Says by a tick or an exclamation mark, besides the colour, whether all is well."""

    DEFAULT_CSS = "HealthBar { height: 1; background: $panel; padding: 0 1; }"
    pulse: reactive[Pulse] = reactive(Pulse(), layout=False)

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now

    def on_mount(self) -> None:
        """Keep the ages right."""
        self.set_interval(5, self.refresh)

    def render(self) -> Content:
        """Draw the line for the present width."""
        now = self._now()
        return fitted(health.signs(self.pulse, now), wording.clock(now), self.size.width)


def fitted(signs: Sequence[Sign], time: Safe, columns: int) -> Content:
    """The signs in that many columns, with the time of day where room is left.

    Where there is too little, what is good makes way once all is said briefly; what is not is told at length if it can.
    """
    line = Content(APART).join([_drawn(sign, sign.words) for sign in signs])
    if line.cell_length > columns:
        line = _briefly([sign for sign in signs if sign.brief], columns)
    room = columns - line.cell_length - len(time)
    return content(line, Safe(" " * room), (time, "$quiet")) if room > 1 else line


def _briefly(signs: list[Sign], columns: int) -> Content:
    drawn = [_drawn(sign, sign.brief) for sign in signs]
    while len(signs) > 1 and Content(CLOSE).join(drawn).cell_length > columns:
        least = next((at for at in reversed(range(len(signs))) if signs[at].is_good), len(signs) - 1)
        del signs[least], drawn[least]
    for at in (at for at, sign in enumerate(signs) if sign.is_good is False):
        longer = [*drawn[:at], _drawn(signs[at], signs[at].words), *drawn[at + 1 :]]
        drawn = longer if Content(CLOSE).join(longer).cell_length <= columns else drawn
    line = Content(CLOSE).join(drawn)
    return line if line.cell_length <= columns else _drawn(signs[0], crop(signs[0].brief, max(1, columns - 2)))


def _drawn(sign: Sign, words: Safe) -> Content:
    if sign.is_good is None:
        return content((words, "$quiet"))
    mark: Piece = (Safe("✓ "), GOOD) if sign.is_good else (Safe("! "), BAD)
    return content(mark, words if sign.is_good else (words, BAD))
