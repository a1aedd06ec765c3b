"""The door to Tesseract (libtesseract 4 and later, through its C interface): the words in a picture.

The library runs inside the caged worker as the other decoders do, so that no program is started for a picture; it is
made ready once. Its languages are those whose data are installed, of the ones the programmes know.
"""

from __future__ import annotations

import ctypes
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from forensics.errors import Malformed, TimedOut
from forensics.formats.pixels import Grey

LANGUAGES = (
    "eng",
    "deu",
    "fra",
    "spa",
    "ita",
    "por",
    "nld",
    "pol",
    "rus",
    "tur",
    "ara",
    "heb",
    "jpn",
    "kor",
    "chi_sim",
)
"""In the order in which installed ones are tried; more than `MOST_LANGUAGES` at once only make it slow."""
MOST_LANGUAGES = 4
_FOLDERS = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata")
_NAMES = ("libtesseract.so.5", "libtesseract.so.4")
_PAGE, _SPARSE = 3, 11
_LONE_BAR = re.compile(r"(?<!\S)[|](?=\s|$)")
_POINTER = ctypes.c_void_p
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "TessBaseAPICreate": (_POINTER, []),
    "TessBaseAPIInit3": (ctypes.c_int, [_POINTER, ctypes.c_char_p, ctypes.c_char_p]),
    "TessBaseAPISetVariable": (ctypes.c_int, [_POINTER, ctypes.c_char_p, ctypes.c_char_p]),
    "TessBaseAPISetPageSegMode": (None, [_POINTER, ctypes.c_int]),
    "TessBaseAPISetImage": (None, [_POINTER, _POINTER, *[ctypes.c_int] * 4]),
    "TessBaseAPISetSourceResolution": (None, [_POINTER, ctypes.c_int]),
    "TessBaseAPIRecognize": (ctypes.c_int, [_POINTER, _POINTER]),
    "TessBaseAPIGetUTF8Text": (_POINTER, [_POINTER]),
    "TessBaseAPIMeanTextConf": (ctypes.c_int, [_POINTER]),
    "TessBaseAPIClear": (None, [_POINTER]),
    "TessDeleteText": (None, [_POINTER]),
    "TessMonitorCreate": (_POINTER, []),
    "TessMonitorDelete": (None, [_POINTER]),
    "TessMonitorSetDeadlineMSecs": (None, [_POINTER, ctypes.c_int]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What was read: lines of text, and how sure the engine is of its words, in percent."""

    text: str
    confidence: int


class Reader:
    """One engine, ready. Not for several threads."""

    def __init__(self, library: ctypes.CDLL, languages: str) -> None:
        self._library = library
        self._engine = library.TessBaseAPICreate()
        if library.TessBaseAPIInit3(self._engine, None, languages.encode()):
            raise Malformed(f"tesseract does not start with {languages}")
        library.TessBaseAPISetVariable(self._engine, b"debug_file", b"/dev/null")

    def read(self, grey: Grey, *, seconds: float, is_sparse: bool = False) -> Page:
        """Read a picture, dark on light; `is_sparse`: single words anywhere, not pages of lines. Raises TimedOut."""
        library, engine = self._library, self._engine
        pixels = np.ascontiguousarray(grey)
        rows, columns = pixels.shape
        library.TessBaseAPISetPageSegMode(engine, _SPARSE if is_sparse else _PAGE)
        library.TessBaseAPISetImage(engine, pixels.ctypes.data, columns, rows, 1, columns)
        library.TessBaseAPISetSourceResolution(engine, 192)
        monitor = library.TessMonitorCreate()
        try:
            library.TessMonitorSetDeadlineMSecs(monitor, max(1, int(seconds * 1000)))
            if library.TessBaseAPIRecognize(engine, monitor):
                raise TimedOut(f"the words in it were not read within {seconds:.0f} s")
            return Page(text=self._text(), confidence=int(library.TessBaseAPIMeanTextConf(engine)))
        finally:
            library.TessMonitorDelete(monitor)
            library.TessBaseAPIClear(engine)

    def _text(self) -> str:
        pointer = self._library.TessBaseAPIGetUTF8Text(self._engine)
        if not pointer:
            return ""
        try:
            found = ctypes.string_at(pointer).decode("utf-8", "replace")
        finally:
            self._library.TessDeleteText(pointer)
        return _LONE_BAR.sub("I", found)


def languages() -> tuple[str, ...]:
    """The languages whose data are installed, of those the programmes know; at most as many as are used at once."""
    folders = [Path(folder) for folder in (os.environ.get("TESSDATA_PREFIX", ""), *_FOLDERS) if folder]
    place = next((folder for folder in folders if folder.is_dir()), None)
    if place is None:
        return ()
    return tuple(name for name in LANGUAGES if (place / f"{name}.traineddata").is_file())[:MOST_LANGUAGES]


def is_installed() -> bool:
    """Say whether the library is there."""
    return _library() is not None


@cache
def reader() -> Reader | None:
    """The engine; None where the library or its data are not installed."""
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # threads cost more than they bring, and are not this worker's
    library = _library()
    known = languages()
    _silence()
    if library is None or not known:
        return None
    return Reader(library, "+".join(known))


def _silence() -> None:
    """Nothing of what Leptonica thinks of a picture is printed."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("liblept.so.5").setMsgSeverity(6)


def _library() -> ctypes.CDLL | None:
    for name in _NAMES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        for function, (result, arguments) in _SIGNATURES.items():
            getattr(library, function).restype = result
            getattr(library, function).argtypes = arguments
        return library
    return None
