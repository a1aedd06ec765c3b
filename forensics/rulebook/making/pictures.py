"""Text as a picture of a screen, drawn by the system's FreeType in one of its fonts; without either there is none.

Structures as in FreeType's public headers (freetype.h, ftimage.h), which keep their layout within version 2.
"""

from __future__ import annotations

import ctypes
import struct
import textwrap
import zlib
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_long, c_short, c_ubyte, c_uint, c_ushort, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LIBRARY = "libfreetype.so.6"
_FONTS = Path("/usr/share/fonts")
_PREFERRED = ("DejaVuSans.ttf", "LiberationSans-Regular.ttf", "NotoSans-Regular.ttf")
_MOST_FONTS = 2000
_SIZE = 18
_LINE = 26
_MARGIN = 20
_WIDTH = 1200
_COLUMNS = 100
_MOST_LINES = 40
_GREY = 2
"""FT_PIXEL_MODE_GRAY: a byte a pixel."""
_RENDER = 4
"""FT_LOAD_RENDER: draw the glyph when it is loaded."""


class _Generic(Structure):
    _fields_ = [("data", c_void_p), ("finalizer", c_void_p)]


class _Bitmap(Structure):
    _fields_ = [
        *(("rows", c_uint), ("width", c_uint), ("pitch", c_int), ("buffer", POINTER(c_ubyte))),
        *(("num_grays", c_ushort), ("pixel_mode", c_ubyte), ("palette_mode", c_ubyte), ("palette", c_void_p)),
    ]


class _Slot(Structure):
    _fields_ = [
        *(("library", c_void_p), ("face", c_void_p), ("next", c_void_p), ("glyph_index", c_uint)),
        *(("generic", _Generic), ("metrics", c_long * 8), ("linear", c_long * 2), ("advance", c_long * 2)),
        *(("format", c_int), ("bitmap", _Bitmap), ("left", c_int), ("top", c_int)),
    ]


class _Face(Structure):
    _fields_ = [
        *(("num_faces", c_long), ("face_index", c_long), ("face_flags", c_long), ("style_flags", c_long)),
        *(("num_glyphs", c_long), ("family_name", c_char_p), ("style_name", c_char_p), ("num_fixed_sizes", c_int)),
        *(("available_sizes", c_void_p), ("num_charmaps", c_int), ("charmaps", c_void_p), ("generic", _Generic)),
        *(("bbox", c_long * 4), ("units_per_em", c_ushort), ("shorts", c_short * 7), ("glyph", POINTER(_Slot))),
    ]


def screen(text: str) -> bytes | None:
    """The first lines of a text as a PNG, black on white; None where there is no FreeType or no font."""
    face = _face()
    if face is None:
        return None
    library, handle = face
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, _COLUMNS)][:_MOST_LINES]
    page = np.full((2 * _MARGIN + _LINE * max(1, len(lines)), _WIDTH), 255, np.uint8)
    for number, line in enumerate(lines):
        _draw(library, handle, page, line, baseline=_MARGIN + _LINE * number + _SIZE)
    return _png(page)


def _draw(library: Any, handle: Any, page: NDArray[np.uint8], line: str, *, baseline: int) -> None:
    x = _MARGIN
    for letter in line:
        if library.FT_Load_Char(handle, ord(letter), _RENDER):
            continue
        slot = handle.contents.glyph.contents
        bitmap = slot.bitmap
        top, left = baseline - slot.top, x + slot.left
        is_within = left >= 0 and left + bitmap.width <= _WIDTH and 0 <= top <= len(page) - bitmap.rows
        if bitmap.rows and bitmap.pixel_mode == _GREY and is_within:
            ink = np.ctypeslib.as_array(bitmap.buffer, shape=(bitmap.rows, bitmap.pitch))[:, : bitmap.width]
            area = page[top : top + bitmap.rows, left : left + bitmap.width]
            np.minimum(area, 255 - ink, out=area)
        x += slot.advance[0] >> 6


@cache
def _face() -> tuple[Any, Any] | None:
    """FreeType and a font of the right size."""
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        return None
    path = _font()
    context, handle = c_void_p(), POINTER(_Face)()
    library.FT_Load_Char.argtypes = [c_void_p, ctypes.c_ulong, ctypes.c_int32]
    if path is None or library.FT_Init_FreeType(byref(context)):
        return None
    if library.FT_New_Face(context, str(path).encode(), c_long(0), byref(handle)):
        return None
    return None if library.FT_Set_Pixel_Sizes(handle, 0, _SIZE) else (library, handle)


def _font() -> Path | None:
    """A font for reading, in the order of preference, else any."""
    found: dict[str, Path] = {}
    for number, path in enumerate(_FONTS.rglob("*.ttf")):
        found.setdefault(path.name, path)
        if number >= _MOST_FONTS:
            break
    named = [found[name] for name in (*_PREFERRED, *sorted(found)) if name in found]
    return named[0] if named else None


def _png(page: NDArray[np.uint8]) -> bytes:
    height, width = page.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), page], axis=1).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
