"""Pictures in pixels, read back by the letter of the two formats."""

import base64
import re
import zlib

import numpy as np
import pytest

from tui.pixels import kitty, sixel
from tui.pixels.raster import STEPS, colours, raster
from tui.sections.pictures import Picture, paint

PAINT = paint("#101018", "#ffb454")
RANDOM = np.random.default_rng(7)


def sixels_read(data: str) -> tuple[np.ndarray, dict[int, tuple[int, ...]]]:
    """Register numbers of the pixels (-1 not set) and the registers, in percent."""
    said = re.fullmatch(r'\x1bP0;1q"1;1;(\d+);(\d+)(.*)\x1b\\', data)
    assert said is not None
    width, height = int(said[1]), int(said[2])
    pixels = np.full((-(-height // 6) * 6, width), -1)
    registers = {}
    x = top = register = 0
    for colour, run, other in re.findall(r"#([\d;]+)|((?:!\d+)?[?-~])|([$-])", said[3]):
        if colour:
            register, *values = map(int, colour.split(";"))
            if values:
                registers[register] = tuple(values[1:])
        elif run:
            count = int(run[1:-1] or 1)
            for bit in range(6):
                if (ord(run[-1]) - 63) >> bit & 1:
                    pixels[top + bit, x : x + count] = register
            x += count
        else:
            x, top = 0, top + 6 * (other == "-")
    assert (pixels[height:] == -1).all(), "below the picture nothing is touched"
    return pixels[:height], registers


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (6, 100), (34, 81), (144, 700)])
def test_sixels_are_the_pixels(shape: tuple[int, int]) -> None:
    noise = RANDOM.integers(0, STEPS, shape).astype(np.uint8)
    for pixels in (noise, np.minimum(noise, 1), np.zeros(shape, np.uint8)):
        found, registers = sixels_read(sixel.encoded(pixels, colours(PAINT)))
        assert (found == pixels).all()
        assert registers[int(pixels[0, 0])] == tuple(
            round(part * 100 / 255) for part in colours(PAINT)[int(pixels[0, 0])]
        )


def test_kitty_gets_the_colours_in_pieces_that_it_takes() -> None:
    pixels = RANDOM.integers(0, STEPS, (90, 130)).astype(np.uint8)
    sent = kitty.encoded(pixels, colours(PAINT), id=5, columns=13, lines=5)
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", sent)
    assert len(pieces) > 1
    assert all(len(data) <= 4096 for _, data in pieces)
    assert [keys.rpartition("m=")[2][0] for keys, _ in pieces] == ["1"] * (len(pieces) - 1) + ["0"]
    assert {"a=T", "f=24", "o=z", "s=130", "v=90", "i=5", "c=13", "r=5", "C=1"} <= set(pieces[0][0].split(","))
    rgb = zlib.decompress(base64.b64decode("".join(data for _, data in pieces)))
    assert rgb == np.array(colours(PAINT), np.uint8)[pixels].tobytes()


def test_a_raster_keeps_what_was_measured_and_is_smooth_between() -> None:
    levels = tuple(tuple(int(v) for v in row) for row in RANDOM.integers(0, 16, (20, 60)))
    pixels = raster(Picture(levels=levels, peaks=()), 60 * 9, 20 * 9)
    middles = pixels[4::9, 4::9]
    assert (middles == np.rint(np.array(levels) * (STEPS - 1) / 15)).all()
    assert raster(Picture(levels=((0, 15),), peaks=()), 8, 2).tolist()[0] == sorted(
        raster(Picture(levels=((0, 15),), peaks=()), 8, 2).tolist()[0]
    )
    assert raster(Picture(levels=levels, peaks=()), 7, 3).shape == (3, 7), "fewer pixels than were measured"
