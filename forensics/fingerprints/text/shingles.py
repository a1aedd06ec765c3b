"""Text as keyed shingles: hashes of four consecutive words, and of five words without their middle one.

A shingle that leaves its middle word out still stands when that word is replaced, and equals the plain shingle of a
text from which it was dropped, so that one edit costs one word and not four. Scripts without spaces use runs of
five to eight characters. The register keeps hashes only. They are keyed and each step of the mixing feeds forward,
so that a shingle cannot be taken apart; somebody who holds the key can still test a guess of four words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt

from forensics.errors import Malformed
from forensics.fingerprints.text.background import PHRASES, cost_bits
from forensics.fingerprints.text.normalise import UNSPACED, normal_form, tokens

TEXT_VERSION: Final = "text-1"
KEY_BYTES: Final = 32
WORD_ORDER: Final = 4
MAX_ELEMENTS: Final = 60_000
STUBS: Final = range(2, 8)
"""Lengths of passages too short for one shingle, kept as one hash of the whole."""

_SPLIT_BIT: Final = 0x80
_MAX_CACHED: Final = 200_000
_MAX_CACHED_LENGTH: Final = 48
_ENTRY = np.dtype([("hash", "<u8"), ("start", "<u2"), ("shape", "u1")])

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scan:
    """A text as elements (words, or characters of unspaced scripts), column by column.

    `order` is how many elements a shingle that begins here joins, `bits` the surprise of each element and `token`
    its number among the tokens of the text.
    """

    hashes: Hashes
    order: npt.NDArray[np.uint8]
    bits: npt.NDArray[np.float32]
    token: Ints

    def __len__(self) -> int:
        return len(self.hashes)


@dataclass(frozen=True, slots=True)
class Shingles:
    """Shingle hashes with the element each begins at and its shape: order, plus a bit when the middle is left out."""

    hashes: Hashes
    start: Ints
    shape: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPrint:
    """A passage as the register keeps it: how many elements, their bits, and its keyed shingles, packed.

    A weak passage says too little to be recognised by itself: a few words, or only what everybody says.
    """

    elements: int
    words: int
    bits: float
    is_weak: bool
    packed: bytes

    def shingles(self) -> Shingles:
        """Unpack; raises Malformed when the bytes are not what `Shingler.print` packed."""
        if len(self.packed) % _ENTRY.itemsize:
            raise Malformed("the text fingerprint is not a whole number of shingles")
        table = np.frombuffer(self.packed, _ENTRY)
        return Shingles(table["hash"].astype(np.uint64), table["start"].astype(np.int64), table["shape"].copy())


def unpacked(prints: Sequence[TextPrint]) -> tuple[npt.NDArray[np.void], Ints]:
    """The shingles of many passages, one after another: a table of `hash`, `start`, `shape`; and how many each has.

    Raises Malformed when a passage is not what `Shingler.print` packed.
    """
    sizes = np.array([len(print_.packed) for print_ in prints], np.int64)
    if np.any(sizes % _ENTRY.itemsize):
        raise Malformed("the text fingerprint is not a whole number of shingles")
    return np.frombuffer(b"".join([print_.packed for print_ in prints]), _ENTRY), sizes // _ENTRY.itemsize


@cache
def members(shape: int) -> tuple[int, ...]:
    """The places, counted from its start, of the elements that a shingle of this shape joins."""
    order = shape & ~_SPLIT_BIT
    if not shape & _SPLIT_BIT:
        return tuple(range(order))
    middle = order // 2
    return tuple(place for place in range(order + 1) if place != middle)


class Shingler:
    """Cuts texts into shingles under one register's key (32 bytes)."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[str, tuple[int, int, float]] = {}
        stock = [self.shingles(self.scan(phrase)).hashes for phrase in PHRASES]
        self.stock: Hashes = np.unique(np.concatenate(stock))

    def scan(self, text: str) -> Scan:
        """Cut a text into elements."""
        known = self._known
        rows = [known.get(token) or self._element(token) for token in tokens(text)]
        hashes, order, bits = zip(*rows, strict=True) if rows else ((), (), ())
        orders = np.array(order, np.uint8)
        kept = np.flatnonzero(orders)
        return Scan(np.array(hashes, np.uint64)[kept], orders[kept], np.array(bits, np.float32)[kept], kept)

    def shingles(self, scan: Scan) -> Shingles:
        """Every shingle of a text, plain ones and ones without their middle element."""
        parts = []
        for order in np.unique(scan.order):
            for shape in (int(order), int(order) | _SPLIT_BIT):
                starts = np.flatnonzero(scan.order == order)
                starts = starts[starts + members(shape)[-1] < len(scan)]
                parts.append((starts, shape, _joined(scan.hashes, starts, members(shape))))
        return _gathered(parts)

    def stubs(self, scan: Scan, length: int) -> Shingles:
        """Every run of `length` elements, hashed apart from shingles: how passages too short for one are kept."""
        starts = np.arange(max(0, len(scan) - length + 1))
        return _gathered([(starts, length, _joined(scan.hashes, starts, tuple(range(length)), kind=1))])

    def print(self, text: str, *, weak_below_bits: float) -> TextPrint:
        """The fingerprint of a passage; of a very long one, its first 60,000 elements."""
        scan = _shortened(self.scan(text))
        shingles = self.shingles(scan)
        told = scan.bits.copy()
        told[self._stock_elements(len(scan), shingles)] = 0
        is_short = len(shingles.hashes) == 0
        if is_short:
            shingles = self.stubs(scan, len(scan)) if len(scan) in STUBS else shingles
        table = np.empty(len(shingles.hashes), _ENTRY)
        table["hash"], table["start"], table["shape"] = shingles.hashes, shingles.start, shingles.shape
        return TextPrint(
            elements=len(scan),
            words=len(text.split()),
            bits=round(float(scan.bits.sum()), 2),
            is_weak=is_short or float(told.sum()) < weak_below_bits,
            packed=table.tobytes(),
        )

    def _stock_elements(self, count: int, shingles: Shingles) -> npt.NDArray[np.bool_]:
        """The elements that stand in stock phrases and in nothing else."""
        is_stock = np.isin(shingles.hashes, self.stock)
        stock, told = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
        if not is_stock.any():
            return stock
        for shape in np.unique(shingles.shape):
            is_shape = shingles.shape == shape
            for place in members(int(shape)):
                stock[shingles.start[is_shape & is_stock] + place] = True
                told[shingles.start[is_shape & ~is_stock] + place] = True
        return stock & ~told

    def _element(self, token: str) -> tuple[int, int, float]:
        form = normal_form(token)
        if not form:
            element = (0, 0, 0.0)
        else:
            digest = blake2b(form.encode("utf-8", "surrogatepass"), digest_size=8, key=self._key)
            element = (int.from_bytes(digest.digest(), "little"), _order(form), cost_bits(form))
        if len(token) <= _MAX_CACHED_LENGTH:
            if len(self._known) >= _MAX_CACHED:
                self._known.clear()
            self._known[token] = element
        return element


def _order(form: str) -> int:
    if len(form) != 1 or form < UNSPACED[0]:
        return WORD_ORDER
    if form < "\u3000":
        return 8
    return 6 if form < "\u3100" else 5


def _joined(hashes: Hashes, starts: Ints, places: tuple[int, ...], *, kind: int = 0) -> Hashes:
    """Mix the elements at `places` after each start; every round feeds the old state forward."""
    state = np.full(len(starts), 0x9E3779B97F4A7C15 + 256 * kind + len(places), np.uint64)
    for place in places:
        mixed = state ^ hashes[starts + place]
        mixed ^= mixed >> np.uint64(30)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(27)
        mixed *= np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
        state = mixed + (state << np.uint64(1))
    return state


def _gathered(parts: list[tuple[Ints, int, Hashes]]) -> Shingles:
    if not parts:
        return Shingles(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.uint8))
    return Shingles(
        np.concatenate([hashes for _, _, hashes in parts]),
        np.concatenate([starts for starts, _, _ in parts]),
        np.concatenate([np.full(len(starts), shape, np.uint8) for starts, shape, _ in parts]),
    )


def _shortened(scan: Scan) -> Scan:
    if len(scan) <= MAX_ELEMENTS:
        return scan
    cut = slice(MAX_ELEMENTS)
    return Scan(scan.hashes[cut], scan.order[cut], scan.bits[cut], scan.token[cut])
