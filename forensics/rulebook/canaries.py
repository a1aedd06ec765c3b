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


def found(data: bytes, salts: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Offset, length and digest of each word-like run under each salt; each different run once."""
    keys = [bytes.fromhex(salt) for salt in salts]
    seen: set[bytes] = set()
    for hit in _WORD.finditer(data):
        word = hit[0].lower()
        if word not in seen:
            seen.add(word)
            yield from ((hit.start(), len(word), _digest(word, key)) for key in keys)


def _digest(word: bytes, key: bytes) -> str:
    return hashlib.blake2b(word, key=key, digest_size=_DIGEST_BYTES).hexdigest()
