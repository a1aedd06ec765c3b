"""What reports call this product, and texts as other programs may read them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from forensics.model import Severity
from forensics.text_safety import visible

NAME = "Earwitness"
SEVERITIES: Mapping[Severity, int] = {
    Severity.INFO: 1,
    Severity.LOW: 3,
    Severity.MEDIUM: 5,
    Severity.HIGH: 8,
    Severity.CRITICAL: 10,
}
"""From 0 to 10, as ECS and CEF count."""


def product_version() -> str:
    """The installed version, `0` where it is not installed as a package."""
    try:
        return version(NAME.lower())
    except PackageNotFoundError:
        return "0"


def clean(value: Any) -> Any:
    """JSON values without empty ones, texts made visible: valid Unicode that no terminal and no log viewer obeys.

    Zero and false stay.
    """
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        cleaned = {name: clean(each) for name, each in value.items()}
        return {name: each for name, each in cleaned.items() if each not in ("", None, {}, [])}
    if isinstance(value, Sequence):
        return [each for each in map(clean, value) if each not in ("", None, {}, [])]
    return value


def json_text(value: Any) -> str:
    """One line of JSON, in ASCII."""
    return json.dumps(value, allow_nan=False)
