"""A drawing whose pictures are laid over in pixels where the terminal takes them.

Pictures are always drawn in half blocks. Their cells know which picture and which of its rows they are; when painting
has been quiet for a moment, the cells that can be seen are covered by the same picture in pixels. Whatever paints over
them, such as a dialog, a message or another page, paints half blocks and text as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from textual.css.query import NoMatches
from textual.dom import NoScreen
from textual.geometry import Region
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets._toast import Toast

from tui.formatting import Safe
from tui.pixels.ability import Ability
from tui.sections.pictures import ROW, SHADED, Paint, Picture
from tui.widgets.drawing import Drawing

QUIET_S = 0.08
COVERED_S = 0.5
"""While a message lies on the screen, this is how often it is looked whether it is gone."""
FIRST_IMAGE = 0x45570000
"""Images of ours have numbers from here on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Rows `first` to `last` (not with it) of the `rows` of a picture, from a cell of the screen on, so wide."""

    key: str
    x: int
    y: int
    columns: int
    first: int
    last: int
    rows: int


class PixelDrawing(Drawing):
    """Shows what a function makes of a width; `ability` is that of the terminal."""

    def __init__(self, title: Safe, ability: Ability, *, id: str) -> None:
        super().__init__(title, id=id)
        self._ability = ability
        self._pictures: Mapping[str, Picture] = {}
        self._paint = SHADED
        self._timer: Timer | None = None
        self._laid: list[int] = []

    def show(self, pictures: Mapping[str, Picture], paint: Paint) -> None:
        """Which pictures are on it, by what their cells say."""
        if (pictures, paint) != (self._pictures, self._paint):
            self._pictures, self._paint = pictures, paint
            self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Half blocks; pixels come over them when this has been the last for a moment."""
        strips = super().render_lines(crop)
        if self._ability.kind != "blocks":
            self._lift()
            if self._pictures and self._paint.colours:
                self._lay_after(QUIET_S)
        return strips

    def on_hide(self) -> None:
        """Pixels go with the page."""
        self._lift()

    def on_unmount(self) -> None:
        """Pixels go with the screen."""
        self._lift()

    def _lay_after(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(seconds, self._lay)

    def _lift(self) -> None:
        """Take pixels away that text does not paint over."""
        if self._timer is not None:
            self._timer.stop()
        if self._laid:
            from tui.pixels import kitty

            self._write("".join(kitty.forgotten(id) for id in self._laid))
            self._laid.clear()

    def _lay(self) -> None:
        try:
            is_current, is_covered = self.app.screen is self.screen, bool(self.screen.query(Toast))
        except (NoScreen, NoMatches):
            return
        if not is_current:
            return
        if is_covered:
            self._lay_after(COVERED_S)
            return
        for number, seen in enumerate(self._seen()):
            pixels = self._encoded(seen, FIRST_IMAGE + number)
            if pixels:
                self._write(f"\x1b7\x1b[{seen.y + 1};{seen.x + 1}H{pixels}\x1b8")

    def _encoded(self, seen: Seen, id: int) -> str:
        from tui.pixels import kitty, raster, sixel

        width, height = self._ability.cell_now()
        picture = self._pictures.get(seen.key)
        if picture is None or not width or not height:
            return ""
        whole = raster.raster(picture, seen.columns * width, seen.rows * height)
        pixels = whole[seen.first * height : seen.last * height]
        palette = raster.colours(self._paint)
        if self._ability.kind == "sixel":
            return sixel.encoded(pixels, palette)
        self._laid.append(id)
        return kitty.encoded(pixels, palette, id=id, columns=seen.columns, lines=seen.last - seen.first)

    def _seen(self) -> Iterator[Seen]:
        """The parts of pictures that are on the screen."""
        geometry = self.screen.find_widget(self)
        visible = geometry.region.intersection(geometry.clip)
        if not visible:
            return
        strips = super().render_lines(visible.translate((-geometry.region.x, -geometry.region.y)))
        open_part: Seen | None = None
        for y, strip in enumerate(strips, visible.y):
            part = _part(strip, visible.x, y)
            if open_part and part and part.key == open_part.key and part.first == open_part.last:
                open_part = _joined(open_part, part)
                continue
            if open_part:
                yield open_part
            open_part = part
        if open_part:
            yield open_part

    def _write(self, sequence: str) -> None:
        driver = self.app._driver  # pixels are no cells, which are all that the toolkit can write
        if driver is not None:
            driver.write(sequence)
            driver.flush()


def _part(strip: Strip, x: int, y: int) -> Seen | None:
    """The cells of a line that say that they are of a picture."""
    begin, width, told = 0, 0, ""
    at = 0
    for segment in strip:
        of = segment.style.meta.get(ROW, "") if segment.style is not None else ""
        if of:
            begin, told = (begin, told) if told else (at, str(of))
            width += segment.cell_length
        at += segment.cell_length
    if not told:
        return None
    key, row, rows = told.rsplit("/", 2)
    return Seen(key=key, x=x + begin, y=y, columns=width, first=int(row), last=int(row) + 1, rows=int(rows))


def _joined(above: Seen, below: Seen) -> Seen:
    return Seen(
        key=above.key,
        x=above.x,
        y=above.y,
        columns=above.columns,
        first=above.first,
        last=below.last,
        rows=above.rows,
    )
