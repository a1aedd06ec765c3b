"""How the content of an incident went from where it was issued to where it left, as a tree."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.lineage.nouns import Edge, Sighting
from forensics.lineage.tree import Branch, branches, sure
from forensics.store.rows import Issue, Lineage
from tui import wording
from tui.formatting import Line, Piece, Safe, content, line, safe

MOST_BRANCHES = 100
NAMED = 3


def lineage(known: Lineage) -> list[Line]:
    """What was issued, and under each sighting what came from it: how, on what evidence, how sure."""
    sightings = {seen.id: seen for seen in known.sightings}
    issues = {f"package:{issue.package}": issue for issue in known.issues}
    tree = list(branches(known.sightings, known.edges))
    is_one_day = len({wording.moment(seen.time)[:11] for seen in known.sightings}) == 1
    when = wording.clock if is_one_day else wording.moment
    rows: list[Line] = []
    for branch in tree[:MOST_BRANCHES]:
        seen = sightings.get(branch.id)
        rows += [_issued(branch.id, issues.get(branch.id))] if seen is None else _seen(branch, seen, when(seen.time))
    if len(tree) > MOST_BRANCHES:
        rows.append(line((Safe(f"and {wording.amount(len(tree) - MOST_BRANCHES, 'more sighting')}"), "$quiet")))
    return rows


def _issued(origin: str, issue: Issue | None) -> Line:
    pieces: list[Piece] = [(safe(origin.removeprefix("package:").removeprefix("item:")), "bold $match")]
    if issue is not None and issue.programme:
        pieces.append(Safe(f" ({safe(issue.programme)})"))
    pieces.append(Safe(" as issued"))
    if issue is not None and issue.recipients:
        pieces.append(Safe(f" to {_few(issue.recipients)}"))
    return line(*pieces)


def _seen(branch: Branch, seen: Sighting, when: Safe) -> Iterator[Line]:
    who = ", ".join(part for part in (safe(seen.user), safe(seen.process)) if part)
    yield (
        content((Safe(branch.lead), "$quiet")),
        content(
            (Safe(f"{seen.id} "), "bold"),
            (Safe(f"{when}  "), "$quiet"),
            Safe(f"{wording.channel(seen.channel)} "),
            (safe(seen.place, limit=300), "bold $warning" if seen.is_leaving else ""),
            (Safe(f"  {who}" if who else ""), "$quiet"),
        ),
    )
    stem = "".join("│ " if mark in "├│" else "  " for mark in branch.lead[::2]) + "   "
    if branch.edge is not None:
        yield content((Safe(stem), "$quiet")), content(*_edge(branch.edge))
    for edge in branch.others:
        origin = safe(edge.origin.removeprefix("package:").removeprefix("item:"))
        yield content((Safe(stem), "$quiet")), content(Safe(f"also from {origin}: "), *_edge(edge))


def _edge(edge: Edge) -> Iterator[Piece]:
    yield safe(edge.kind.value), "bold"
    yield Safe(f" {_few(edge.items)}" if edge.items else "")
    yield Safe(f"  {safe(edge.evidence, limit=300)}"), "$quiet"
    yield Safe(f"  {sure(edge.confidence)}"), "$warning" if edge.confidence < 0.9 else "$good"


def _few(names: tuple[str, ...]) -> Safe:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return Safe(", ".join(safe(name) for name in names[:NAMED]) + more)
