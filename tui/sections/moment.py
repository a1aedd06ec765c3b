"""What lies in one step of the timeline, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from forensics.reports import axis
from forensics.reports.lanes import Lane
from forensics.store.rows import GapRow, SearchHit
from forensics.store.timeline import Window
from forensics.text_safety import has_hidden
from tui import wording
from tui.formatting import Line, Piece, Safe, content, headline, line, safe
from tui.sections import log

DAY_S = 86_400.0
NOUNS = {
    "alert": ("alert", "alerts"),
    "returned": ("return", "returns"),
    "seen": ("other sighting", "other sightings"),
    "gap": ("gap", "gaps"),
}


def head(lane: Lane, step: int, window: Window, zone: axis.Zone) -> Content:
    """How many of what by whom, and when: `3 alerts  p-7q2f9xkd  22 Nov 02:20 to 02:30 UTC`."""
    count = lane.cells[step].count
    one, many = NOUNS[lane.kind]
    what = wording.amount(count, one, many) if count else Safe(f"no {many}")
    who = Safe("  in what could be seen") if lane.kind == "gap" else Safe(f"  {safe(lane.name, limit=60) or 'unknown'}")
    return content(
        (what, "bold"), who, (Safe(f"  {between(window.start(step), window.start(step + 1), zone)}"), "$quiet")
    )


def between(since: float, until: float, zone: axis.Zone) -> Safe:
    """`22 Nov 02:20 to 02:30 UTC`: the day once where one day holds both, seconds where they matter."""
    first, last = axis.clock(since, zone), axis.clock(until, zone)
    of_day = "%H:%M:%S" if first.second or last.second else "%H:%M"
    day = f"{first:%d %b %Y}"
    end = f"{last:{of_day}}" if first.date() == last.date() else f"{last:%d %b {of_day}}"
    return safe(f"{day} {first:{of_day}} to {end} {axis.zone_name(since, zone)}", limit=80)


def hits(rows: Sequence[SearchHit], window: Window, zone: axis.Zone) -> list[Line]:
    """A line for each alert or sighting, newest first; of one alone, more. Where a step is days, the day is said."""
    if len(rows) == 1:
        return _alone(rows[0], zone)
    clock = "%H:%M:%S" if window.step_s < DAY_S else "%d %b %H:%M"
    return [_lead(row, f"{axis.clock(row.time, zone):{clock}}") for row in rows]


def gaps(rows: Sequence[GapRow]) -> list[Line]:
    """A line for each gap."""
    return log.gaps(rows, nothing=Safe("no sensor was blind"))


def _lead(row: SearchHit, when: str) -> Line:
    return _name(row), content((Safe(f"{safe(when)}  "), "$quiet"), _title(row), *_flag(row), *_state(row))


def _alone(row: SearchHit, zone: axis.Zone) -> list[Line]:
    moment = axis.clock(row.time, zone)
    when = safe(f"{moment:%d %b %Y %H:%M:%S} {axis.zone_name(row.time, zone)}", limit=60)
    return [
        (_name(row), content((_title(row)), *_flag(row), *_state(row))),
        log.fact("when", Safe(f"{when}   {wording.channel(row.channel)}   {wording.person(row.user, row.host)}")),
        log.fact("to", wording.place(row.destination) or safe(row.name)),
        log.fact("why", safe(row.snippet, limit=log.LONGEST_FACT)),
    ]


def _name(row: SearchHit) -> Content:
    """The severity by letter and colour, and what the evidence is called; a sighting has no severity to show."""
    if row.kind == "alert":
        letter = wording.LETTERS.get(row.severity, Safe("?"))
        return content((Safe(f" {letter} "), f"bold reverse ${row.severity.value}"), Safe(f" {f'A{row.id}':<8}"))
    return content(Safe(f"    {f'O{row.id}':<8}"))


def _title(row: SearchHit) -> Piece:
    if row.kind == "alert":
        return headline(row.title), "bold"
    return Safe(f"{headline(row.name)} {wording.channel(row.channel)}: {headline(row.title)}"), ""


def _flag(row: SearchHit) -> list[Piece]:
    return [(Safe("  ⚑ name has hidden characters"), "bold $warning")] if has_hidden(row.name) else []


def _state(row: SearchHit) -> list[Piece]:
    return [(Safe(f"  {wording.STATES.get(row.state) or safe(row.state)}"), "$quiet")] if row.state else []


def empty() -> list[Line]:
    """Where nothing is under the cursor."""
    return [line((Safe("← → go to what there is in this lane; ↑ ↓ to another lane"), "$quiet"))]
