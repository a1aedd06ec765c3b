"""What was opened beside evidence: the command line opens it, and what it prints is what the console draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tui.formatting import EMPTY, Safe, safe
from tui.sections.pictures import Pictures, pictures_of
from tui.sections.text import Differences, differences_of
from tui.twin import Twin

OPENING = Safe("opening ...")
SECTIONS = ("--section", "audio", "--section", "text", "--draw", "--json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Of which evidence it is (A12), what is said of it, pictures and differences by the number of the match."""

    of: str = ""
    said: Safe = EMPTY
    pictures: Mapping[int, Pictures] = field(default_factory=dict)
    differences: Differences = field(default_factory=dict)


async def opened(twin: Twin, name: str, path: str) -> Beside:
    """Open a file, or without one only what left where it still lies. Why that failed is said, never raised."""
    named = ["--beside", str(Path(path).expanduser())] if path else []
    try:
        told, said = await twin.records(["show", name, *SECTIONS, *named])
        problems = dict.fromkeys(str(problem) for each in told for problem in each.get("problems", ()))
        return Beside(
            of=name,
            said=safe("; ".join(problems), limit=300) if told else said,
            pictures={number: found for each in told for number, found in pictures_of(each).items()},
            differences={number: found for each in told for number, found in differences_of(each).items()},
        )
    except (OSError, RuntimeError, LookupError, TypeError, ValueError) as error:
        return Beside(of=name, said=safe(f"cannot be opened: {error}", limit=300))
