"""Canary words: made up, planted where only a leak would carry them, and known to a pack by keyed digests alone.

Who has the pack can try words against it; a word of `new_word` holds 80 bits and is not found so, a name somebody
thought of may be.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence

import msgspec

SHORTEST, LONGEST = 8, 64
_WORD = re.compile(rb"[A-Za-z0-9](?:[A-Za-z0-9_-]{7,63})")
_RUN = re.compile(rb"[A-Za-z0-9_-]{8,}")
_MOST_PIECES = 12
"""Of one run, and of one word."""
_HEAD_BYTES = 1 << 16
_UNSEEN = (
    *((sign.encode(), b"") for sign in ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad")),
    *((sign.encode(), b"-") for sign in ("\u2010", "\u2011", "\u2212")),
)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_DIGEST_BYTES = 16


class Planted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[rule.match]` of a rule of the kind `canary`: the salt and the digests of its words, in hexadecimal."""

    salt: str
    tokens: tuple[str, ...]


def problem(planted: Planted) -> str:
    """What is wrong with it; empty when nothing is."""
    if not re.fullmatch(r"(?:[0-9a-f]{2}){8,32}", planted.salt):
        return "has a salt that is no 8 to 32 bytes in hexadecimal"
    if not planted.tokens:
        return "knows no word"
    if not all(re.fullmatch(r"[0-9a-f]{32}", token) for token in planted.tokens):
        return "has a token that is no digest: words do not belong into a pack, `rules canary WORD` prints what does"
    return ""


def digest(word: str, salt: str) -> str:
    """What a pack knows of a word. Raises ValueError for one that could not be found in a text."""
    plain = word.lower().encode()
    if not _WORD.fullmatch(plain):
        raise ValueError(f"a canary word is {SHORTEST} to {LONGEST} letters, digits, _ and -")
    return _digest(plain, bytes.fromhex(salt))


def new_word() -> str:
    """A word that nobody uses, of 80 bits by chance."""
    signs = "".join(secrets.choice(_LETTERS) for _ in range(17))
    return f"{signs[:5]}-{signs[5:11]}-{signs[11:]}"


def new_salt() -> str:
    """A salt."""
    return secrets.token_hex(16)


def found(data: bytes, salts: Sequence[str]) -> Iterator[tuple[int, int, str, str]]:
    """Offset, length, salt and digest of each word-like run under each salt; each different run once.

    A word that is joined to others by `_` or `-` is a run of its own, too. Offsets count bytes without NUL and
    invisible signs where there are any.
    """
    keys = [(salt, bytes.fromhex(salt)) for salt in salts]
    seen: set[bytes] = set()
    for reading in _readings(data):
        for hit in _RUN.finditer(reading):
            for start, word in _words(hit.start(), hit[0].lower()):
                if word not in seen:
                    seen.add(word)
                    yield from ((start, len(word), salt, _digest(word, key)) for salt, key in keys)


def _readings(data: bytes) -> Iterator[bytes]:
    """The bytes, and what they are without NUL (UTF-16) and without signs nobody sees."""
    yield data
    other = data.replace(b"\0", b"") if b"\0" in data[:_HEAD_BYTES] else data
    for sign, plain in _UNSEEN:
        other = other.replace(sign, plain)
    if other != data:
        yield other


def _words(start: int, run: bytes) -> Iterator[tuple[int, bytes]]:
    """The run itself and what lies between two of its borders, as far as that is as long as a word."""
    borders = [-1, *(at for at, sign in enumerate(run) if sign in b"_-"), len(run)]
    if len(borders) == 2:
        if len(run) <= LONGEST:
            yield start, run
        return
    for number, border in enumerate(borders[:_MOST_PIECES]):
        for end in borders[number + 1 : number + 1 + _MOST_PIECES]:
            word = run[border + 1 : end]
            if SHORTEST <= len(word) <= LONGEST and word[:1].isalnum():
                yield start + border + 1, word


def _digest(word: bytes, key: bytes) -> str:
    return hashlib.blake2b(word, key=key, digest_size=_DIGEST_BYTES).hexdigest()
