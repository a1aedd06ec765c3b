"""Custodians for tests."""

from __future__ import annotations

import os
from pathlib import Path

from forensics.sealing.custodian import CustodianKey, new_key

NAMES = ("anna", "boris", "chloe")


def custodians(count: int = 3) -> list[CustodianKey]:
    """The keys of that many custodians."""
    return [new_key(name, os.urandom) for name in NAMES[:count]]


def key_file(folder: Path, key: CustodianKey) -> Path:
    """The custodian's private file, as its owner has it."""
    path = folder / f"{key.public.name}.key"
    path.write_bytes(key.text("", os.urandom))
    path.chmod(0o600)
    return path
