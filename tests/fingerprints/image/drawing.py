"""Pictures made of numbers: a photograph, a page of other words in the same frame, and what is done to pictures."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


def photograph(seed: int, rows: int = 480, columns: int = 640) -> Grey:
    """Clouds: noise of many sizes, most of it coarse."""
    chance = np.random.default_rng(seed)
    picture = np.zeros((rows, columns))
    for size in (4, 8, 16, 32, 64):
        grains = np.asarray(chance.random((size, size)) * 255, np.uint8)
        picture += resized(grains, columns, rows).astype(float) / size**0.7
    low, high = np.quantile(picture, (0.01, 0.99))
    return np.asarray(np.clip((picture - low) / (high - low), 0, 1) * 255, np.uint8)


def page(seed: int, rows: int = 768, columns: int = 1024, *, frame: int = 0) -> Grey:
    """A window whose bars are those of `frame`, with lines of made-up words in it."""
    fixed, chance = np.random.default_rng(1000 + frame), np.random.default_rng(seed)
    picture = np.full((rows, columns), 250, np.uint8)
    picture[:60], picture[60:, :200] = 90, 210
    for line in range(20):
        _words(picture, 70 + line * 34, 16, 184, fixed)
    for line in range((rows - 100) // 22):
        if chance.random() < 0.85:
            _words(picture, 80 + line * 22, 230, int(chance.integers(500, columns - 20)), chance)
    return picture


def _words(picture: Grey, top: int, left: int, right: int, chance: np.random.Generator) -> None:
    while left < right - 20:
        width = int(chance.integers(12, 90))
        letters = chance.random((12, min(width, right - left))) < 0.45
        picture[top : top + 12, left : left + letters.shape[1]][letters[: picture.shape[0] - top]] = 30
        left += width + 8


def resized(grey: Grey, columns: int, rows: int) -> Grey:
    frame: Any = av.VideoFrame.from_ndarray(np.ascontiguousarray(grey), format="gray")
    found: Grey = frame.reformat(width=columns, height=rows, interpolation="BICUBIC").to_ndarray()
    return found


def cropped(grey: Grey, share: float, sides: str = "ltrb") -> Grey:
    rows, columns = grey.shape
    down, across = int(share * rows), int(share * columns)
    top, left = down * ("t" in sides), across * ("l" in sides)
    return grey[top : rows - down * ("b" in sides), left : columns - across * ("r" in sides)]


def framed(grey: Grey, share: float, colour: int) -> Grey:
    """With a border of one colour, as broad as a share of the picture."""
    return np.pad(grey, int(share * grey.shape[1]), constant_values=colour)


def levelled(grey: Grey, contrast: float, brightness: int) -> Grey:
    return np.asarray(np.clip((grey.astype(int) - 128) * contrast + 128 + brightness, 0, 255), np.uint8)


def encoded(grey: Grey, form: str, quality: int = 0) -> bytes:
    """A file: png, webp (quality 0 to 100), or jpeg (the scale of its tables: 12.5 is about quality 40)."""
    codec, pixels = {"png": ("png", "gray"), "jpeg": ("mjpeg", "yuvj420p"), "webp": ("libwebp", "yuv420p")}[form]
    even = grey[: grey.shape[0] // 2 * 2, : grey.shape[1] // 2 * 2]
    context: Any = av.CodecContext.create(codec, "w")
    context.height, context.width = even.shape
    context.time_base, context.pix_fmt = Fraction(1, 1), pixels
    if form == "jpeg":
        context.qmin = context.qmax = quality
    context.options = {"quality": str(quality)} if form == "webp" else {}
    frame: Any = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="gray").reformat(format=pixels)
    return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))
