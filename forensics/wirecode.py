"""Our types as bytes between our own processes: msgpack, strictly typed on the way in, never pickle."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

from forensics.content import Content

T = TypeVar("T")


def encode(value: object) -> bytes:
    """Encode a dataclass or struct; content travels as size and, where already known, digest."""
    return _ENCODER.encode(value)


def decode(data: bytes, kind: type[T]) -> T:
    """Decode and check; content comes back as `Content.recorded`. Raises msgspec.ValidationError or DecodeError."""
    decoder: msgspec.msgpack.Decoder[T] = _decoder(kind)
    return decoder.decode(data)


def _decoder(kind: type[T]) -> Any:
    """One decoder a type, built by one thread at a time: msgspec crashes when two build the same type's at once."""
    with _BUILDING:
        if kind not in _DECODERS:
            _DECODERS[kind] = msgspec.msgpack.Decoder(kind, dec_hook=_dec_hook)
        return _DECODERS[kind]


def _enc_hook(value: object) -> object:
    if isinstance(value, Content):
        return [value.size, value.known_sha256]
    raise NotImplementedError(type(value).__name__)


def _dec_hook(kind: type, value: object) -> object:
    if kind is Content and isinstance(value, list):
        return Content.recorded(size=int(value[0]), sha256=str(value[1]))
    raise NotImplementedError(kind.__name__)


_BUILDING = threading.Lock()
_DECODERS: dict[type, Any] = {}
_ENCODER = msgspec.msgpack.Encoder(enc_hook=_enc_hook)
