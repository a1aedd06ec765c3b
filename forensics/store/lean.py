"""What is recorded of an observation while the disk fills: less and less, and each entry says what it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forensics.store.packing import Packed
from forensics.store.room import WORDS, Step
from forensics.store.shapes import Values

LEFT_OUT = "left out"
"""The fact of the first artifact that says what its entry lacks."""
_LONG = 100
"""Characters of a fact that is no text: a digest, a time, a number, a name."""


def lean(found: Packed, step: Step) -> Packed:
    """What is recorded at that step of what was packed, which then says of itself what it lacks."""
    if step < Step.NO_TEXT:
        return found
    artifacts, is_bare = found.artifacts, step >= Step.METADATA
    if is_bare:
        wanted = _containing({match["artifact"] for match in found.matches}, artifacts)
        artifacts = tuple(each for place, each in enumerate(artifacts) if not place or each["number"] in wanted)
    for match in found.matches:
        match["why"] = [[kind, label, at, size, ""] for kind, label, at, size, _ in match["why"]]
    for artifact in artifacts:
        facts = artifact["facts"].items()
        artifact["facts"] = {name: value for name, value in facts if len(value) <= _LONG and not is_bare}
    artifacts[0]["facts"][LEFT_OUT] = WORDS[step]
    return replace(found, artifacts=artifacts)


def _containing(numbers: set[int], artifacts: Sequence[Values]) -> set[int]:
    """The artifacts of those numbers, and what each lies in."""
    parents = {artifact["number"]: artifact["parent"] for artifact in artifacts}
    found: set[int] = set()
    for number in numbers:
        step: int | None = number
        while step is not None and step not in found:
            found.add(step)
            step = parents.get(step)
    return found
