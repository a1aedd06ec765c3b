"""The lineage of an incident as lines for people. Every text from evidence passes through `visible`."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.lineage.nouns import Edge, Sighting
from forensics.lineage.tree import branches, sure
from forensics.reports.records import iso
from forensics.store.rows import Issue, Lineage
from forensics.text_safety import visible

MOST_LINES = 200
NAMED = 3
"""Items and recipients that are named."""


def lineage_lines(lineage: Lineage) -> Iterator[str]:
    """A tree: what was issued, then each sighting under what it came from, by what evidence, how sure."""
    if not lineage.sightings:
        return
    yield "Lineage"
    sightings = {seen.id: seen for seen in lineage.sightings}
    issues = {f"package:{issue.package}": issue for issue in lineage.issues}
    tree = list(branches(lineage.sightings, lineage.edges))
    for branch in tree[:MOST_LINES]:
        seen = sightings.get(branch.id)
        if seen is None:
            yield f"  {_issued(branch.id, issues.get(branch.id))}"
            continue
        yield f"  {branch.lead}{_sighting(seen)}"
        below = "  " + "".join("│ " if mark in "├│" else "  " for mark in branch.lead[::2]) + "    "
        if branch.edge is not None:
            yield f"{below}{_edge(branch.edge)}"
        yield from (f"{below}also from {visible(_origin(edge.origin))}: {_edge(edge)}" for edge in branch.others)
    if len(tree) > MOST_LINES:
        yield f"  and {len(tree) - MOST_LINES} more (--json gives all)"


def _issued(origin: str, issue: Issue | None) -> str:
    what = visible(_origin(origin))
    if issue is None:
        return f"{what} as issued"
    programme = f" ({visible(issue.programme)})" if issue.programme else ""
    return f"{what}{programme} as issued{f' to {_few(issue.recipients)}' if issue.recipients else ''}"


def _sighting(seen: Sighting) -> str:
    who = " ".join(part for part in (seen.user, f"with {seen.process}" if seen.process else "") if part)
    return (
        f"{seen.id} {iso(seen.time)} {visible(seen.channel)} {visible(seen.place)}{f', {visible(who)}' if who else ''}"
    )


def _edge(edge: Edge) -> str:
    items = f" {_few(edge.items)}:" if edge.items else ":"
    return f"{edge.kind.value}{items} {visible(edge.evidence)} ({sure(edge.confidence)})"


def _few(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(visible(name) for name in names[:NAMED]) + more


def _origin(origin: str) -> str:
    """An origin as people name it: a sighting's id, a package or an item without its prefix."""
    return origin.removeprefix("package:").removeprefix("item:")
