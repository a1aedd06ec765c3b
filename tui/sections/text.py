"""Which registered words were found: the passage, and beside it the registered one where somebody named its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from textual.content import Content

from forensics.store.rows import MatchRow
from tui import wording
from tui.formatting import EMPTY, Line, Piece, Safe, content, fit, line, safe

MOST_PASSAGES = 50
MOST_WORDS = 20_000
"""Characters of a stretch that are shown."""
BETWEEN = Safe(" │ ")
MARKS = {"same": " ", "changed": "~", "added": "+", "missing": "-", "unkept": "?"}
STYLES = {
    "same": "",
    "changed": "bold $warning",
    "added": "bold $match",
    "missing": "bold $critical",
    "unkept": "$quiet",
}
ABSENT = Safe("The registered text is not at hand: the register keeps keyed prints, no text.")
UNKNOWN = Safe("No registered text was found in this.")
LEGEND = Safe("~ changed   + only what left   - only what was issued")
UNKEPT = Safe("   ? not known: the store keeps no more of what left")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words of both that belong together, as `earwitness show --section text` tells them."""

    kind: str
    left: str
    issued: str


Differences = Mapping[int, Sequence[Stretch]]


def differences_of(told: object) -> dict[int, Sequence[Stretch]]:
    """What a record of `show --section text --json` says, by the number of the match."""
    passages = told.get("passages", ()) if isinstance(told, Mapping) else ()
    return {
        int(passage["match"]): tuple(Stretch(**each) for each in passage["difference"])
        for passage in passages
        if passage["difference"]
    }


def texts(matches: Sequence[MatchRow], known: Differences, hint: Safe, columns: int) -> list[Line]:
    """Every text that matched, side by side with the registered one as far as that is at hand."""
    found = [match for match in matches if match.matcher == "text"]
    rows: list[Line] = []
    for match in found[:MOST_PASSAGES]:
        rows += [*([line()] if rows else []), *_passage(match, known.get(match.id, ()), hint, columns)]
    if len(found) > MOST_PASSAGES:
        rows.append(line((Safe(f"and {wording.amount(len(found) - MOST_PASSAGES, 'more passage')}"), "$quiet")))
    return rows or [line((UNKNOWN, "$quiet"))]


def _passage(match: MatchRow, stretches: Sequence[Stretch], hint: Safe, columns: int) -> Iterator[Line]:
    package = f" of package {safe(match.package)}" if match.package else ""
    claim: list[Piece] = [
        (Safe(f"text {safe(match.item)}"), "bold $match"),
        Safe(f"{package}, score {match.score:.2f}"),
    ]
    if not match.accepted:
        claim.append((Safe("  below the threshold: a candidate, not a match"), "bold $warning"))
    yield line(*claim)
    if stretches:
        yield from _side_by_side(stretches, columns)
        return
    for excerpt in match.why:
        if excerpt.kind == "text":
            where = (
                f"{safe(excerpt.label)} at character {excerpt.offset:,}, {wording.amount(excerpt.length, 'character')}"
            )
            yield line((Safe(where), "$quiet"), indent=2)
            yield content(Safe("  “")), content((safe(excerpt.text), "$match"), Safe("”"))
    yield line(
        (Safe(f"The registered text is not at hand: the register keeps keyed prints, no text. {hint}"), "$quiet")
    )


def _side_by_side(stretches: Sequence[Stretch], columns: int) -> Iterator[Line]:
    """Two columns, each wrapped; a mark before each says what the stretch is."""
    half = max(8, (columns - len(BETWEEN)) // 2)
    heads = (fit(Safe("  what left"), half), fit(Safe("  as registered"), half))
    yield line((Safe(f"{heads[0]}{BETWEEN}{heads[1]}"), "$quiet"))
    for each in stretches:
        mark, style = MARKS.get(each.kind, "?"), STYLES.get(each.kind, "")
        sides = (_wrapped(each.left, mark, style, half), _wrapped(each.issued, mark, style, half))
        for left, issued in zip_longest(*sides, fillvalue=content(Safe(" " * half))):
            yield line(left, (BETWEEN, "$quiet"), issued)
    is_cut = any(each.kind == "unkept" for each in stretches)
    yield line((LEGEND, "$quiet"), (UNKEPT if is_cut else EMPTY, "$quiet"))


def _wrapped(words: str, mark: str, style: str, columns: int) -> list[Content]:
    if not words:
        return []
    parts = content((safe(words, limit=MOST_WORDS), style)).wrap(columns - 2)
    return [content((Safe(f"{mark} "), style), part, Safe(" " * (columns - 2 - part.cell_length))) for part in parts]
