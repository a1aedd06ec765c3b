"""Splits a key so that any two shares give it back and one says nothing: Shamir's scheme over GF(2^8).

A. Shamir, How to Share a Secret, CACM 22(11), 1979, with polynomials of degree one. Field: x^8 + x^4 + x^3 + x + 1.
"""

from __future__ import annotations

from collections.abc import Mapping

THRESHOLD = 2
MOST_SHARES = 255
_POLYNOMIAL = 0x11B


def split(secret: bytes, slope: bytes, count: int) -> list[bytes]:
    """Share 1, 2, ... `count` of the secret; `slope` is as many random bytes, used for this once and forgotten.

    Raises ValueError for fewer than two shares or more than MOST_SHARES, or a slope of another length.
    """
    if not THRESHOLD <= count <= MOST_SHARES or len(slope) != len(secret):
        raise ValueError(f"{count} shares, {len(slope)} random bytes for {len(secret)}")
    return [_at(secret, slope, number) for number in range(1, count + 1)]


def joined(shares: Mapping[int, bytes]) -> bytes:
    """The secret, from two shares by their numbers. What others than shares of one secret give is noise.

    Raises ValueError unless there are two of them, as long as each other, with numbers that shares have.
    """
    if len(shares) != THRESHOLD or not all(1 <= number <= MOST_SHARES for number in shares):
        raise ValueError("two shares are needed")
    (one, first), (other, second) = shares.items()
    if len(first) != len(second):
        raise ValueError("the shares differ in length")
    part = _inverse(one ^ other)
    slope = bytes(_times(a ^ b, part) for a, b in zip(first, second, strict=True))
    return _at(first, slope, one)


def _at(start: bytes, slope: bytes, place: int) -> bytes:
    return bytes(byte ^ _times(rise, place) for byte, rise in zip(start, slope, strict=True))


def _times(one: int, other: int) -> int:
    product = 0
    while other:
        product ^= one if other & 1 else 0
        one = one << 1 ^ (_POLYNOMIAL if one & 0x80 else 0)
        other >>= 1
    return product


def _inverse(number: int) -> int:
    return next(other for other in range(1, 256) if _times(number, other) == 1)
