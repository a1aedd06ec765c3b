"""The pages of the Custody screen over the fixed night, in a store whose ids and keys are fixed too."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from textual.pilot import Pilot

from forensics.model import CustodyEntry
from forensics.store.writer import Store
from tests.tui import night_shift
from tests.tui.watching import shows
from tui.app import TuiApp

DETAIL = "bundle, tagmanifest-sha256.txt sha256 " + "5e" * 32 + "; asked for by the programme office"


@pytest.fixture(scope="module")
def fixed_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The night with an export, made while the machine's randomness is a count, so that digests are the same ones."""
    folder, numbers = tmp_path_factory.mktemp("fixed"), count()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", lambda size: hashlib.sha256(b"%d" % next(numbers)).digest()[:size])
        night_shift.write(folder)
        with Store.open(folder, actor="desk", clock=lambda: night_shift.NOW) as store, store.group() as group:
            act = CustodyEntry(actor="desk", action="export", subject="I3", detail=DETAIL, time=night_shift.NOW - 600)
            group.custody(act)
    return folder


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("page", ["L", "X"])
def test_looks(snap_compare: Callable[..., bool], fixed_night: Path, page: str, size: tuple[int, int]) -> None:
    async def walk(pilot: Pilot[None]) -> None:
        await shows(pilot, "following")
        await pilot.press("7", page)
        await shows(pilot, "Custody  what", "bundle, tagman")
        await pilot.pause(0.3)

    app = TuiApp(fixed_night, actor="desk", now=lambda: night_shift.NOW)
    assert snap_compare(app, terminal_size=size, run_before=walk)
