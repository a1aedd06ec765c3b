"""Pictures for the bench: clouds, plots, screens of many layouts with drawn text, and the pictures of this machine."""

from __future__ import annotations

import random
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forensics.content import Content
from forensics.errors import LimitReached, Malformed
from forensics.formats.pixels import read_grey
from tests.decoders.screens import FONTS, MONO, SANS, SERIF
from tests.fingerprints.image.drawing import Grey, resized

KINDS = ("mail", "document", "chat", "table", "form")
SIZES = ((1280, 800), (1366, 768), (1024, 768), (1920, 1080), (800, 1000))
LETTERS = tuple((font, size) for font in (SANS, SERIF, MONO) for size in (12, 15, 18))
LINES = 120
_ENDINGS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
_LEAST_BYTES, _LEAST_SIDE, _ALIKE = 4096, 96, 24


@dataclass(frozen=True, slots=True)
class Layout:
    """What is the same in every screen of one program: its window, bars, letters and labels."""

    number: int
    kind: str
    size: tuple[int, int]
    letters: tuple[str, int]
    bar: int
    side: int
    greys: tuple[int, int, int]
    is_dark: bool


class Screens:
    """Draws screens: `layout(n)` is always the same, `draw(layout, seed)` puts other words into it."""

    def __init__(self) -> None:
        self._strips: dict[tuple[str, int], Sequence[Grey]] = {}

    def layout(self, number: int) -> Layout:
        """A layout."""
        chance = random.Random(number)
        return Layout(
            number=number,
            kind=KINDS[number % len(KINDS)],
            size=chance.choice(SIZES),
            letters=chance.choice(LETTERS),
            bar=chance.randint(30, 90),
            side=chance.choice((0, 180, 260, 320)),
            greys=(chance.choice((255, 250, 244)), chance.randint(40, 230), chance.randint(60, 245)),
            is_dark=chance.random() < 0.25,
        )

    def draw(self, layout: Layout, seed: int) -> Grey:
        """A screen of that layout; bars and labels are the layout's, the words the seed's."""
        columns, rows = layout.size
        ground, bar, side = layout.greys
        picture = np.full((rows, columns), ground, np.uint8)
        picture[: layout.bar] = bar
        picture[layout.bar :, : layout.side] = side
        strips = self._of(layout.letters)
        fixed, free = random.Random(-1 - layout.number), random.Random(seed)
        pen = _Pen(picture, strips)
        for button in range(6):
            pen.write(layout.bar // 3, 20 + button * 140, fixed.randint(50, 120), fixed)
        for line in range((rows - layout.bar) // (2 * pen.height) if layout.side else 0):
            pen.write(layout.bar + 12 + 2 * line * pen.height, 16, fixed.randint(60, layout.side - 30), fixed)
        _FILLED[layout.kind](pen, layout.bar + 20, layout.side + 30, columns - layout.side - 60, fixed, free)
        return np.asarray(255 - picture, np.uint8) if layout.is_dark else picture

    def _of(self, letters: tuple[str, int]) -> Sequence[Grey]:
        if letters not in self._strips:
            self._strips[letters] = _strips(*letters)
        return self._strips[letters]


class _Pen:
    """Writes lines of words into a picture."""

    def __init__(self, picture: Grey, strips: Sequence[Grey]) -> None:
        self.picture = picture
        self.rows = picture.shape[0]
        self.height = strips[0].shape[0]
        self._strips = strips

    def write(self, top: int, left: int, width: int, chance: random.Random) -> None:
        strip = chance.choice(self._strips)[:, : max(0, width)]
        place = self.picture[top : top + self.height, left : left + strip.shape[1]]
        strip = strip[: place.shape[0], : place.shape[1]]
        np.copyto(place, (place.astype(np.uint16) * strip // 255).astype(np.uint8))


def _mail(pen: _Pen, top: int, left: int, width: int, _: random.Random, free: random.Random) -> None:
    for line in range(4):
        pen.write(top + line * pen.height, left, free.randint(120, 400), free)
    top += 5 * pen.height
    pen.picture[top : top + 2, left - 10 : left + width] = 160
    for line in range(1, free.randint(6, 20)):
        pen.write(top + line * pen.height, left, free.randint(width // 2, width), free)


def _document(pen: _Pen, top: int, left: int, width: int, _: random.Random, free: random.Random) -> None:
    while top < pen.rows - pen.height:
        lines = free.randint(3, 7)
        for line in range(lines):
            pen.write(top, left, width if line < lines - 1 else free.randint(100, width), free)
            top += pen.height
        top += pen.height


def _chat(pen: _Pen, top: int, left: int, width: int, _: random.Random, free: random.Random) -> None:
    while top < pen.rows - 3 * pen.height:
        lines, is_theirs, broad = free.randint(1, 3), free.random() < 0.5, free.randint(150, width * 2 // 3)
        start = left if is_theirs else left + width - broad
        pen.picture[top : top + lines * pen.height + 12, start - 10 : start + broad + 10] = 220 if is_theirs else 200
        for line in range(lines):
            pen.write(top + 6 + line * pen.height, start, broad, free)
        top += (lines + 1) * pen.height


def _table(pen: _Pen, top: int, left: int, width: int, fixed: random.Random, free: random.Random) -> None:
    columns = fixed.randint(3, 7)
    for at in range(top, pen.rows - pen.height, pen.height + 8):
        pen.picture[at - 2 : at - 1, left - 10 : left + width] = 190
        for column in range(columns):
            pen.write(
                at, left + column * width // columns, free.randint(width // columns // 3, width // columns - 12), free
            )


def _form(pen: _Pen, top: int, left: int, width: int, fixed: random.Random, free: random.Random) -> None:
    for at in range(top, pen.rows - 3 * pen.height, 3 * pen.height + 14):
        pen.write(at, left, fixed.randint(80, 160), fixed)
        for edge in (at + pen.height, at + 2 * pen.height + 6):
            pen.picture[edge : edge + 1, left : left + width] = 150
        pen.write(at + pen.height + 3, left + 8, free.randint(60, width - 40), free)


_FILLED = {"mail": _mail, "document": _document, "chat": _chat, "table": _table, "form": _form}


def plot(seed: int, rows: int = 480, columns: int = 640) -> Grey:
    """A chart: axes, a grid, a few curves or bars."""
    chance = np.random.default_rng(seed)
    picture = np.full((rows, columns), 255, np.uint8)
    left, bottom = 60, rows - 50
    for line in range(1, 6):
        picture[30 + line * (bottom - 30) // 6, left : columns - 20] = 220
    picture[30:bottom, left], picture[bottom, left : columns - 20] = 0, 0
    if seed % 2:
        for bar in range(count := int(chance.integers(4, 14))):
            start = left + 10 + bar * (columns - 90) // count
            height = int(chance.integers(20, bottom - 40))
            picture[bottom - height : bottom, start : start + (columns - 90) // count - 6] = chance.integers(40, 200)
        return picture
    for _ in range(int(chance.integers(1, 5))):
        across = np.arange(left, columns - 20)
        waves = sum(
            float(chance.normal()) / k * np.sin(k * across / columns * 6 + float(chance.uniform(0, 6)))
            for k in range(1, 7)
        )
        down = np.clip((bottom + 30) // 2 + np.asarray(waves) * (bottom - 30) / 5, 32, bottom - 3).astype(int)
        for thick in range(3):
            picture[down + thick, across] = chance.integers(0, 150)
    return picture


def real(folders: Sequence[Path], most: int) -> Iterator[tuple[str, Grey]]:
    """Pictures that lie in some folders and their names, each once as far as a 24 x 24 miniature tells."""
    seen: set[bytes] = set()
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS)
    random.Random(1).shuffle(paths)
    for path in paths:
        if len(seen) == most:
            return
        try:
            if not path.is_file() or path.stat().st_size < _LEAST_BYTES:
                continue
            grey = read_grey(Content.at(path.resolve()), _ENDINGS[path.suffix.lower()])
        except (OSError, Malformed, LimitReached):
            continue
        if min(grey.shape) >= _LEAST_SIDE and (small := resized(grey, _ALIKE, _ALIKE).tobytes()) not in seen:
            seen.add(small)
            yield path.name, grey


def _strips(font: str, size: int) -> Sequence[Grey]:
    """Lines of made-up words, drawn by FreeType (ffmpeg's drawtext), each as its own picture."""
    chance = random.Random(size)
    lines = ["jÅ " + " ".join(_word(chance) for _ in range(30)) for _ in range(LINES)]
    with tempfile.TemporaryDirectory() as folder:
        written, drawn = Path(folder) / "text", Path(folder) / "lines.png"
        written.write_text("\n".join(lines))
        font_file = FONTS / font
        draw = f"drawtext=fontfile={font_file}:textfile={written}:fontsize={size}:y=4:line_spacing=8:expansion=none"
        ground = f"color=c=white:s=1600x{LINES * size * 2 + LINES * 8}"
        command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", ground, "-vf", draw, "-frames:v", "1"]
        subprocess.run([*command, "-y", str(drawn)], check=True, stdin=subprocess.DEVNULL)
        grey = read_grey(Content.at(drawn), "image/png")
    ink = np.concatenate([[False], (grey < 128).any(1), [False]])
    starts, ends = np.flatnonzero(ink[1:] & ~ink[:-1]), np.flatnonzero(~ink[1:] & ink[:-1])
    height = int(size * 1.5)
    return [
        np.pad(grey[start:end, 2 * size :], ((0, max(0, height - (end - start))), (0, 0)), constant_values=255)[:height]
        for start, end in zip(starts, ends, strict=True)
    ]


def _word(chance: random.Random) -> str:
    return "".join(chance.choice("etaoinshrdlucmfwypvbgk") for _ in range(min(12, 1 + int(chance.expovariate(0.25)))))
