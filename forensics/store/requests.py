"""The private keys of requests to open content: one a request, made here, gone when the request's time is over.

With such a key alone nothing opens: the shares are sealed for the custodians, who seal theirs anew for it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.errors import ConfigError, InputError, StoreError
from forensics.sealing import keyfiles
from forensics.store.blobs import sync_folder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

FOLDER = "requests"
_SUFFIX = ".key"


class Requests:
    """The folder of one store."""

    def __init__(self, store: Path) -> None:
        self._folder = store / FOLDER

    def begin(self, id: str, until: float, random: Callable[[int], bytes]) -> bytes:
        """Make the key of a request; its public part. Raises StoreError."""
        secret = random(32)
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            text = json.dumps({"until": until, "key": secret.hex()}).encode()
            keyfiles.write_new(self._folder / f"{id}{_SUFFIX}", text, 0o600)
            sync_folder(self._folder)
        except (OSError, InputError) as error:
            raise StoreError(f"{self._folder}: the key of the request cannot be written: {error}") from error
        return _private(secret).public_key().public_bytes_raw()

    def key(self, id: str) -> X25519PrivateKey:
        """The private key of a request. Raises InputError when it was not made here, or its time is over."""
        try:
            return _private(
                bytes.fromhex(json.loads(keyfiles.read(self._folder / f"{id}{_SUFFIX}", is_secret=True))["key"])
            )
        except (InputError, ConfigError, ValueError, TypeError, LookupError) as error:
            raise InputError("the request was not made with this store, or its time is over") from error

    def sweep(self, now: float) -> int:
        """Remove the keys of requests whose time is over; returns how many."""
        count = 0
        for path in self._folder.glob(f"*{_SUFFIX}"):
            with contextlib.suppress(InputError, ConfigError, OSError):
                if _until(keyfiles.read(path)) < now:
                    path.unlink()
                    count += 1
        return count


def _until(text: bytes) -> float:
    try:
        return float(json.loads(text)["until"])
    except (ValueError, TypeError, LookupError):
        return 0.0  # of no use to anybody


def _private(secret: bytes) -> X25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.from_private_bytes(secret)
