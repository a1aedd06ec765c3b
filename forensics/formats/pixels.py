"""The door to FFmpeg's picture decoders (PyAV): the first image of a file as grey pixels, dark on light.

Bytes go to one decoder that the file's type names; no container format is probed, no other file opened.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from forensics.content import Content
from forensics.errors import LimitReached, Malformed

Grey = npt.NDArray[np.uint8]
"""Rows of pixels, 0 black to 255 white."""
CODECS = {
    "image/png": "png",
    "image/apng": "png",
    "image/jpeg": "mjpeg",
    "image/webp": "webp",
    "image/bmp": "bmp",
    "image/x-ms-bmp": "bmp",
    "image/gif": "gif",
    "image/tiff": "tiff",
}
MAX_PIXELS = 100_000_000
MAX_BYTES = 256 << 20
_DARK = 110
"""Where half of the pixels are darker than this, light stands on dark."""


def read_grey(content: Content, media_type: str, *, largest: int = MAX_PIXELS) -> Grey:
    """Decode a picture, transparent parts as white paper; light on dark is turned round.

    Raises Malformed for what is no such picture, LimitReached for one of more than `largest` pixels.
    """
    import av

    if content.size > MAX_BYTES:
        raise LimitReached(f"a picture of more than {MAX_BYTES >> 20} MiB")
    av.logging.set_level(None)
    try:
        context: Any = av.CodecContext.create(CODECS[media_type], "r")
        context.thread_count = 1
        context.options = {"max_pixels": str(largest)}
        frames = list(context.decode(av.Packet(content.bytes()))) or list(context.decode(None))
    except Exception as error:  # whatever the bytes made the library say
        raise _refused(content, error, largest) from error
    if not frames:
        raise _refused(content, None, largest)
    return _upright(_on_white(frames[0]))


def enlarged(grey: Grey, factor: int) -> Grey:
    """The picture so many times as large, smoothly."""
    import av

    rows, columns = grey.shape
    frame: Any = av.VideoFrame.from_ndarray(np.ascontiguousarray(grey), format="gray")
    large = frame.reformat(width=columns * factor, height=rows * factor, interpolation="BICUBIC")
    found: Grey = large.to_ndarray()
    return found


def _on_white(frame: Any) -> Grey:
    if not any(name in frame.format.name for name in ("rgba", "bgra", "argb", "abgr", "ya", "yuva", "pal8")):
        grey: Grey = frame.reformat(format="gray").to_ndarray()
        return grey
    pixels = frame.reformat(format="rgba").to_ndarray().astype(np.uint16)
    alpha = pixels[:, :, 3]
    light = (pixels[:, :, 0] * 77 + pixels[:, :, 1] * 150 + pixels[:, :, 2] * 29) >> 8
    whitened: Grey = ((light.astype(np.uint32) * alpha + (255 - alpha.astype(np.uint32)) * 255) // 255).astype(np.uint8)
    return whitened


def _upright(grey: Grey) -> Grey:
    is_dark = bool(grey.size) and float(np.median(grey[::4, ::4])) < _DARK
    turned: Grey = np.invert(grey) if is_dark else grey
    return turned


def _refused(content: Content, error: Exception | None, largest: int) -> Exception:
    """What the library's refusal means: it does not say that a picture is too large."""
    size = _size(content.head(64))
    if size is not None and size[0] * size[1] > largest:
        return LimitReached(f"a picture of {size[0]} x {size[1]} pixels")
    return Malformed(f"not readable as a picture: {type(error).__name__}" if error else "a picture without an image")


def _size(head: bytes) -> tuple[int, int] | None:
    """Width and height where the first bytes say so: PNG, GIF, BMP."""
    if head.startswith(b"\x89PNG") and len(head) >= 24:
        return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    if head.startswith(b"GIF8"):
        return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    if head.startswith(b"BM") and len(head) >= 26:
        return int.from_bytes(head[18:22], "little"), abs(int.from_bytes(head[22:26], "little", signed=True))
    return None
