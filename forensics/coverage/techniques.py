"""Which ATT&CK techniques would have been seen in a window, by what its channels were then."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from forensics.coverage.model import Channel, Ledger, Level

SEEN, PARTLY, NOT = "seen", "partly", "not"


class Technique(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One technique: `seen` at best, on which channels, by what, and what right or setting that takes."""

    id: str
    name: str
    seen: str
    channels: tuple[str, ...]
    by: str
    needs: str


class Map(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them, and the release of ATT&CK they are named after."""

    attack: str
    techniques: tuple[Technique, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Whether a technique was seen in a window; `why` not, or not wholly."""

    technique: Technique
    seen: str
    why: str = ""


@cache
def table() -> Map:
    """The map as it ships."""
    return msgspec.convert(tomllib.loads((Path(__file__).parent / "techniques.toml").read_text("utf-8")), Map)


def judge(ledger: Ledger) -> Iterator[Sight]:
    """Each technique in this window. Channels that the ledger does not have count as blind."""
    channels = {channel.name: channel for channel in ledger.channels}
    for technique in table().techniques:
        yield _sight(technique, [channels.get(name) or Channel(name=name, intervals=()) for name in technique.channels])


def _sight(technique: Technique, channels: list[Channel]) -> Sight:
    if technique.seen == NOT:
        return Sight(technique=technique, seen=NOT, why=technique.by)
    blind = [channel.name for channel in channels if channel.best is Level.BLIND]
    if len(blind) == len(channels):
        return Sight(technique=technique, seen=NOT, why=f"blind: {', '.join(blind)}")
    worse = [channel.name for channel in channels if channel.worst is not Level.COVERED]
    why = f"not all of the time: {', '.join(worse)}" if worse else "" if technique.seen == SEEN else technique.by
    return Sight(technique=technique, seen=PARTLY if worse else technique.seen, why=why)
