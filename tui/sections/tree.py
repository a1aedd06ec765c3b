"""What was inside: the container tree with what became of every artifact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from forensics.model import UNKEPT, ByteRange, OutcomeKind
from forensics.store.rows import ArtifactRow, MatchRow
from forensics.text_safety import has_hidden
from tui import wording
from tui.formatting import Line, Piece, Safe, content, line, safe
from tui.sections import log

MOST_ARTIFACTS = 300
STYLES = {OutcomeKind.CLEAN: "$quiet", OutcomeKind.MATCHED: "bold $match"}
SHOWN_FACTS = (
    *("audio.codec", "audio.seconds", "package.id", "package.kind", "units", "candidates", "encrypted.members"),
    UNKEPT,
)


def tree(
    artifacts: Sequence[ArtifactRow], matches: Sequence[MatchRow], missing: Sequence[ByteRange] = ()
) -> list[Line]:
    """The artifacts, each under its container. What was not read is marked in words."""
    children: dict[int | None, list[ArtifactRow]] = {}
    numbers = {artifact.number for artifact in artifacts}
    for artifact in artifacts:
        is_below = artifact.parent in numbers and (artifact.parent or 0) < artifact.number
        parent = artifact.parent if is_below else None
        children.setdefault(parent, []).append(artifact)
    rules: dict[int, list[str]] = {}
    for match in matches:
        if match.accepted:
            rules.setdefault(match.artifact_number, []).append(match.rule)
    rows = log.missing(missing)
    rows += [_artifact(artifact, lead, rules) for artifact, lead in _walk(children)]
    if len(artifacts) > MOST_ARTIFACTS:
        rows.append(line((Safe(f"and {len(artifacts) - MOST_ARTIFACTS:,} more artifacts"), "$quiet")))
    return rows


def _walk(children: Mapping[int | None, Sequence[ArtifactRow]]) -> Iterator[tuple[ArtifactRow, Safe]]:
    """The tree in reading order, with the lines that lead to each artifact; not deeper than what is shown."""
    roots = list(children.get(None, ()))
    waiting = [(artifact, "", "", "") for artifact in reversed(roots)]
    shown = 0
    while waiting and shown < MOST_ARTIFACTS:
        artifact, before, branch, after = waiting.pop()
        shown += 1
        yield artifact, Safe(before + branch)
        below = list(children.get(artifact.number, ()))[:MOST_ARTIFACTS]
        stem = before + after
        for child in reversed(below):
            is_last = child is below[-1]
            waiting.append((child, stem, "└ " if is_last else "├ ", "  " if is_last else "│ "))


def _artifact(artifact: ArtifactRow, lead: Safe, rules: Mapping[int, Sequence[str]]) -> Line:
    style = STYLES.get(artifact.outcome, "bold $warning")
    pieces: list[Piece] = [safe(artifact.path[-1] if artifact.path else "?")]
    if any(has_hidden(name) for name in artifact.path[-1:]):
        pieces.append((Safe("  ⚑ name has hidden characters"), "bold $warning"))
    pieces.append((Safe(f"  {safe(artifact.media_type)}  {wording.size(artifact.size)}  "), "$quiet"))
    pieces.append((wording.OUTCOMES.get(artifact.outcome) or safe(artifact.outcome), style))
    if artifact.reason and artifact.outcome not in (OutcomeKind.CLEAN, OutcomeKind.MATCHED):
        pieces.append((Safe(f" ({safe(artifact.reason, limit=200)})"), "$warning"))
    hits = list(dict.fromkeys(rules.get(artifact.number, ())))
    if hits:
        pieces.append((Safe(f"  {', '.join(safe(rule) for rule in hits[:4])}"), "$match"))
    facts = [f"{name} {safe(artifact.facts[name], limit=60)}" for name in SHOWN_FACTS if artifact.facts.get(name)]
    if artifact.is_kept:
        facts.append(Safe("kept sealed"))
    if facts:
        pieces.append((Safe(f"  {', '.join(facts)}"), "$quiet"))
    return content((lead, "$quiet")), content(*pieces)
