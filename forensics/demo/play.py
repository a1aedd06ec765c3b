"""Plays the journeys against the running monitor and compares what was found with what was expected."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from forensics.demo.journeys import Journey, all_journeys
from forensics.demo.monitoring import Line, Monitoring
from forensics.demo.scratch import Scratch
from forensics.resources import samples_folder

SEEN_TIMEOUT_S = 60.0
QUIET_S = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One journey's result. `seconds` from the act to the first alert, None without one."""

    journey: Journey
    incidents: tuple[str, ...]
    items: tuple[str, ...]
    seconds: float | None
    was_seen: bool

    @property
    def agrees(self) -> bool:
        """One incident naming the expected clip or text, or, where none is expected, seen and silent."""
        if not self.was_seen:
            return False
        if not self.journey.expected:
            return not self.incidents
        return len(self.incidents) == 1 and any(item.startswith(self.journey.expected) for item in self.items)


def play(scratch: Scratch, monitoring: Monitoring, *, is_live: bool, say: Callable[[str], None]) -> list[Found]:
    """Play every journey in turn, waiting for each until the monitor has reported everything it carried."""
    starts: list[tuple[Journey, float]] = []
    for journey in all_journeys():
        say(f"({journey.letter}) {journey.title}")
        starts.append((journey, time.monotonic()))
        if is_live or not journey.needs_network:
            journey.play(scratch)
        else:
            _replay(journey, scratch, monitoring)
        monitoring.wait_for(lambda lines, marks=journey.marks: _names(lines) >= set(marks), SEEN_TIMEOUT_S)  # type: ignore[misc]
    time.sleep(QUIET_S)
    return [_found(journey, start, monitoring.lines) for journey, start in starts]


def capture_of(journey: Journey) -> Path:
    """The recorded capture of a journey."""
    return samples_folder() / "captures" / f"journey-{journey.letter}.pcap"


def table(found: Sequence[Found]) -> str:
    """Journey, expected, found, seconds from act to alert, and whether they agree."""
    rows = [("journey", "expected", "found", "seconds", "")]
    for each in found:
        rows.append(
            (
                f"({each.journey.letter}) {each.journey.title}",
                each.journey.expected or "none",
                _found_words(each),
                f"{each.seconds:.1f}" if each.seconds is not None else "-",
                "ok" if each.agrees else "DIFFERS",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _found_words(found: Found) -> str:
    """The clips or texts named, and in how many incidents when it is not one."""
    if not found.incidents:
        return "none" if found.was_seen else "not seen"
    named = list(dict.fromkeys(item.partition(":")[0] for item in found.items))
    more = f" +{len(named) - 1}" if len(named) > 1 else ""
    count = len(found.incidents)
    return f"{named[0] if named else 'no item'}{more}" + (f", {count} incidents" if count > 1 else "")


def _replay(journey: Journey, scratch: Scratch, monitoring: Monitoring) -> None:
    monitoring.replay(capture_of(journey))
    if journey.letter == "f":
        journey.play(scratch)


def _names(lines: Sequence[Line]) -> set[str]:
    return {name for line in lines for name in line.names}


def _found(journey: Journey, start: float, lines: Sequence[Line]) -> Found:
    own = [line for line in lines if set(line.names) & set(journey.marks)]
    alerting = [line for line in own if line.record.get("alert")]
    items = dict.fromkeys(
        match["clip"] for line in alerting for match in line.record["matches"] if match["accepted"] and match["clip"]
    )
    return Found(
        journey=journey,
        incidents=tuple(dict.fromkeys(line.record["alert"]["incident"] for line in alerting)),
        items=tuple(sorted(items)),
        seconds=min((line.time for line in alerting), default=start) - start if alerting else None,
        was_seen=_names(lines) >= set(journey.marks),
    )
