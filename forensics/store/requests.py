"""Requests to open content that wait in the store: of each its private key, made here, the request, its approvals.

All of it goes when the request's time is over, or it was declined. With such a key alone nothing opens: the shares are
sealed for the custodians, who seal theirs anew for it.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from forensics.errors import ConfigError, InputError, Malformed, StoreError
from forensics.sealing import keyfiles
from forensics.sealing.request import MOST_BYTES, Approval, Request
from forensics.store.blobs import sync_folder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

T = TypeVar("T")
FOLDER = "requests"
_SUFFIX, _REQUEST, _APPROVAL = ".key", ".request", ".approval"
_ID = re.compile(r"[0-9a-f]{8,32}")


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

    def keep(self, request: Request) -> None:
        """Keep a request for who is to approve it here. Raises StoreError."""
        self._write(f"{request.id}{_REQUEST}", request.text)

    def add(self, id: str, approval: Approval) -> None:
        """Keep an approval of a request. Raises StoreError."""
        self._write(f"{id}.{approval.number}{_APPROVAL}", approval.text)

    def request(self, named: str) -> Request:
        """The request of that id, or of the one that begins with those 8 digits or more. Raises InputError."""
        found = list(self._folder.glob(f"{named}*{_REQUEST}")) if _ID.fullmatch(named) else []
        if len(found) != 1:
            raise InputError(f"{named}: no request that waits here; its time may be over")
        return self._read(found[0], Request.parse)

    def approvals(self, id: str) -> list[Approval]:
        """What was approved here of a request, by the numbers of the shares. Raises InputError."""
        return [self._read(path, Approval.parse) for path in sorted(self._folder.glob(f"{id}.*{_APPROVAL}"))]

    def end(self, id: str) -> None:
        """Remove all there is of a request, the key first: its approvals are worth nothing from then on."""
        for path in (self._folder / f"{id}{_SUFFIX}", *self._folder.glob(f"{id}.*")):
            path.unlink(missing_ok=True)

    def _write(self, name: str, text: bytes) -> None:
        try:
            keyfiles.write_new(self._folder / name, text, 0o600)
            sync_folder(self._folder)
        except (OSError, InputError) as error:
            raise StoreError(f"{self._folder}: {name} cannot be written: {error}") from error

    def _read(self, path: Path, parse: Callable[[bytes], T]) -> T:
        try:
            return parse(keyfiles.read(path, most_bytes=MOST_BYTES))
        except Malformed as error:
            raise InputError(f"{path}: {error}") from error

    def sweep(self, now: float) -> int:
        """Remove all there is of requests whose time is over; returns how many."""
        count = 0
        for path in self._folder.glob(f"*{_SUFFIX}"):
            with contextlib.suppress(InputError, ConfigError, OSError):
                if _until(keyfiles.read(path)) < now:
                    self.end(path.stem)
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
