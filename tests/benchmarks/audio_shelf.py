"""Clips and answers that take long to make, kept under `.bench-cache` by what they were made of.

A key is a digest of everything that shapes the content: seeds, names, parameters and the source of the modules that
make it. Nothing is ever renewed in place: another key is another file, and `make clean` empties the shelf.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHELF = Path(__file__).resolve().parents[2] / ".bench-cache"


def digest(*parts: object) -> str:
    """A short digest of values and of the source of modules."""
    state = hashlib.sha256()
    for part in parts:
        text = Path(str(part.__file__)).read_text() if isinstance(part, ModuleType) else repr(part)
        state.update(hashlib.sha256(text.encode()).digest())
    return state.hexdigest()[:16]


def keep_arrays(
    name: str, key: str, make: Callable[[], Sequence[tuple[dict[str, Any], NDArray[Any]]]]
) -> list[tuple[dict[str, Any], NDArray[Any]]]:
    """Arrays of one type with what is said about each; made once, then mapped from the file."""
    flat_path, said_path = SHELF / f"{name}-{key}.npy", SHELF / f"{name}-{key}.json"
    if not said_path.exists():
        made = list(make())
        flat_path.parent.mkdir(parents=True, exist_ok=True)
        flat = np.concatenate([array for _, array in made]) if made else np.zeros(0, np.int16)
        _write(flat_path, lambda path: np.save(path, flat))
        said = [{**about, "count": len(array)} for about, array in made]
        _write(said_path, lambda path: path.write_text(json.dumps(said)))
    said = json.loads(said_path.read_text())
    flat = np.load(flat_path, mmap_mode="r")
    ends = np.cumsum([about["count"] for about in said], dtype=np.int64)
    return [(about, flat[end - about["count"] : end]) for about, end in zip(said, ends, strict=True)]


def keep_value(name: str, key: str, make: Callable[[], Any]) -> Any:
    """A value that JSON can hold; made once."""
    path = SHELF / f"{name}-{key}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        value = make()
        _write(path, lambda partial: partial.write_text(json.dumps(value)))
    return json.loads(path.read_text())


def _write(path: Path, save: Callable[[Path], object]) -> None:
    """A file that is cut short must not be taken for a whole one."""
    partial = path.with_name(f"partial-{os.getpid()}-{path.name}")
    save(partial)
    partial.replace(path)
