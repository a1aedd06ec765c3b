"""What was opened beside evidence: the command line opens it, and what it prints is what the console draws."""

from __future__ import annotations

import shlex
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


def _paths(text: str) -> list[str]:
    """One path as it is, if something is there; else several as a shell takes them."""
    if not text or Path(text).expanduser().exists():
        return [text] if text else []
    try:
        return shlex.split(text)
    except ValueError:
        return [text]


async def opened(twin: Twin, name: str, path: str) -> Beside:
    """Open files or folders, or without any only what left where it still lies. Why that failed is said."""
    named = [word for each in _paths(path) for word in ("--beside", str(Path(each).expanduser()))]
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
