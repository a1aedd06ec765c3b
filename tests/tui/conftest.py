"""A store of one fixed night, and the console over it with its clock stopped."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui import night_shift
from tui.app import TuiApp
from tui.keymap import Keymap


@pytest.fixture(scope="session")
def _night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("night")
    night_shift.write(folder)
    return folder


@pytest.fixture
def night(_night: Path, tmp_path: Path) -> Path:
    """A copy of the night's store that a test may write to."""
    return Path(shutil.copytree(_night, tmp_path / "store"))


@pytest.fixture
def console() -> Callable[..., TuiApp]:
    """Makes the console over a store, at the night's end."""

    def make(store: Path, *, is_observer: bool = False, **moved: str) -> TuiApp:
        keys = Keymap(moved)
        return TuiApp(store, actor="desk", is_observer=is_observer, keys=keys, now=lambda: night_shift.NOW)

    return make
