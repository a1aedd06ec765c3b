"""A clip of the shipped package that left as another file, with its bytes: what the fixed night cannot show."""

from __future__ import annotations

from pathlib import Path

from forensics.config import Config
from forensics.content import Content
from forensics.model import Severity
from forensics.resources import samples_folder
from forensics.store.writer import Store
from forensics.workers import WorkerPool
from tests.cli.test_scan import earwitness, transcoded
from tests.tui.night_shift import GROUPER, HOUR, MINUTE, NOW, alert, observation

PACKAGE = samples_folder() / "packages" / "TR-2041"
CLIP = PACKAGE / "audio" / "TR-2041-c01.wav"


def write(store: Path, leak: Path) -> None:
    """Register the package, make `leak` of its first clip, and record that it was copied to a stick."""
    earwitness(store, "register", str(PACKAGE), "--programme", "translator", "--recipient", "rv17", "--json")
    transcoded(CLIP, leak, "-af", "adelay=1500,apad=pad_dur=2", "-c:a", "libopus", "-b:a", "16k")
    seen = observation(
        "leak",
        "removable",
        12 * MINUTE,
        name="holiday.ogg",
        content=Content.at(leak),
        source="file:///home/rv17/work/holiday.ogg",
        destination="file:///media/rv17/STICK/holiday.ogg",
    )
    with WorkerPool(Config(), store, count=1) as pool:
        analysis = pool.submit(seen).result().analysis
    due = alert(Severity.HIGH, "Clip TR-2041-c01 to a removable medium", "registered-audio", "item:TR-2041-c01")
    with Store.open(store, actor="watch", clock=lambda: NOW - HOUR) as opened, opened.group() as group:
        group.record(analysis, due, grouper=GROUPER)
