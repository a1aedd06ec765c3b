"""Where the shipped rules and samples lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    shipped = _PACKAGE / "_shipped" / name
    return shipped if shipped.is_dir() else _PACKAGE.parent / name


def rules_folder() -> Path:
    """The folder of the shipped rule packs."""
    return _folder("rules")


def samples_folder() -> Path:
    """The folder of the shipped samples."""
    return _folder("samples")
