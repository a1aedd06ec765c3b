"""Sound as a picture in half blocks: two rows of loudness to a line, few colours, and runs of one colour put together.

Where there are no colours the loudness is told by shades. What is drawn was made by `earwitness show --section audio`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from textual.color import Color
from textual.content import Content
from textual.style import Style

from tui.formatting import Piece, Safe, content

SHADES = " ░▒▓█"
SIDES = ("left", "issued")
COLOURS = 8
LOUDEST = 15
UPPER = "▀"
ROW = "picture"
"""Under this name a cell knows whose row it is: `12/left/0/8` is the first of eight rows of what left of match 12."""


@dataclass(frozen=True, slots=True)
class Paint:
    """The colours of loudness, silent first; none where shades tell it."""

    colours: tuple[str, ...] = ()


SHADED = Paint()


def paint(background: str, match: str) -> Paint:
    """From the background to the colour of matches."""
    silent, loud = Color.parse(background), Color.parse(match)
    return Paint(tuple(silent.blend(loud, step / (COLOURS - 1)).hex for step in range(COLOURS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Rows of loudness from 0 to LOUDEST, the highest band first, and the height of the waveform in each column."""

    levels: tuple[tuple[int, ...], ...]
    peaks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """The same seconds of what left and of the clip as issued; what is said of each, whether it is there or not."""

    left: Picture | None
    issued: Picture | None
    left_said: str
    issued_said: str


def marked(drawn: Sequence[Content], match: int, side: str) -> list[Content]:
    """The rows of a picture, whose cells know which they are."""
    return [
        row.stylize(Style.from_meta({ROW: f"{match}/{side}/{number}/{len(drawn)}"})) for number, row in enumerate(drawn)
    ]


def by_key(pictures: Mapping[int, Pictures]) -> dict[str, Picture]:
    """The pictures by what their cells say before the number of the row."""
    sides = ((f"{match}/{side}", getattr(each, side)) for match, each in pictures.items() for side in SIDES)
    return {key: picture for key, picture in sides if picture is not None}


def pictures_of(told: object) -> dict[int, Pictures]:
    """The pictures in a record of `show --section audio --json`, by the number of the match."""
    sounds = told.get("sounds", ()) if isinstance(told, Mapping) else ()
    found = {}
    for sound in sounds:
        drawn = sound.get("pictures")
        if drawn:
            left, issued = drawn["left"], drawn["issued"]
            found[int(sound["id"])] = Pictures(
                left=_picture(left), issued=_picture(issued), left_said=left["said"], issued_said=issued["said"]
            )
    return found


def _picture(told: Mapping[str, object]) -> Picture | None:
    levels = told.get("levels")
    if not isinstance(levels, list):
        return None
    return Picture(levels=tuple(_digits(row) for row in levels), peaks=_digits(told.get("peaks", "")))


def _digits(text: object) -> tuple[int, ...]:
    return tuple(int(digit, 16) for digit in str(text))


def rows(picture: Picture, columns: int, height: int, colours: Paint) -> list[Content]:
    """The picture over that many columns and lines."""
    pixels = 2 * height if colours.colours else height
    values = [[_level(row, columns, at) for at in range(columns)] for row in _squeezed(picture.levels, pixels)]
    if not colours.colours:
        return [
            content((Safe("".join(SHADES[_step(value, len(SHADES))] for value in row)), "$match")) for row in values
        ]
    return [content(*_blocks(upper, lower, colours)) for upper, lower in zip(values[::2], values[1::2], strict=True)]


def _blocks(upper: Sequence[int], lower: Sequence[int], colours: Paint) -> Iterator[Piece]:
    """Half blocks, one piece for each run of the same two colours."""
    pairs = [(_step(one, COLOURS), _step(other, COLOURS)) for one, other in zip(upper, lower, strict=True)]
    for (above, below), run in groupby(pairs):
        count = len(list(run))
        mark = " " if above == below else UPPER
        yield Safe(mark * count), f"{colours.colours[above]} on {colours.colours[below]}"


def _squeezed(levels: Sequence[Sequence[int]], count: int) -> list[list[int]]:
    """As many rows as are wanted: the louder of those that fall together."""
    total = len(levels)
    bounds = [(at * total // count, max(at * total // count + 1, (at + 1) * total // count)) for at in range(count)]
    return [[max(column) for column in zip(*levels[first:last], strict=True)] for first, last in bounds]


def _level(row: Sequence[int], columns: int, at: int) -> int:
    return row[at * len(row) // columns] if row else 0


def _step(level: int, count: int) -> int:
    return max(0, min(count - 1, round(level * (count - 1) / LOUDEST)))
