"""The graphics protocol of kitty: pixels in pieces of base64, put at the cursor over a number of cells."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence

import numpy as np

from tui.pixels.raster import Raster

PIECE = 4096
QUIET = "q=2"
"""Neither success nor failure is answered: answers would come as keys."""


def encoded(pixels: Raster, palette: Sequence[tuple[int, int, int]], *, id: int, columns: int, lines: int) -> str:
    """Show the picture at the cursor, which stays, over so many cells, as that image."""
    height, width = pixels.shape
    rgb = np.array(palette, np.uint8)[pixels].tobytes()
    data = base64.b64encode(zlib.compress(rgb, 6)).decode()
    head = f"a=T,f=24,o=z,s={width},v={height},i={id},p=1,c={columns},r={lines},C=1,{QUIET}"
    pieces = [data[at : at + PIECE] for at in range(0, len(data), PIECE)]
    sent = []
    for number, piece in enumerate(pieces):
        more = f"m={int(number < len(pieces) - 1)}"
        sent.append(f"\x1b_G{f'{head},{more}' if number == 0 else f'{more},{QUIET}'};{piece}\x1b\\")
    return "".join(sent)


def forgotten(id: int) -> str:
    """Take the picture away, and free what was sent of it."""
    return f"\x1b_Ga=d,d=I,i={id},{QUIET}\x1b\\"
