"""The one way a value becomes bytes that a digest is taken over."""

from __future__ import annotations

import hashlib
import json

_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def canonical(value: object) -> str:
    """The one JSON text of a value: ASCII, sorted keys, no spaces."""
    return _JSON.encode(value)


def digest_of(text: str) -> str:
    """The SHA-256 of canonical text, hexadecimal."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()
