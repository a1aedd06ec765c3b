"""What could not be seen: bytes that are missing, content that was not read, gaps of sensors, connections unread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.model import ByteRange, OutcomeKind
from forensics.store.rows import ArtifactRow, GapRow, OpaqueRow
from tui import wording
from tui.formatting import Line, Safe, content, line, safe
from tui.sections import log

MOST_UNREAD = 50
READ = (OutcomeKind.CLEAN, OutcomeKind.MATCHED)
NOTHING_MISSING = Safe("all of it was seen and read")
NO_GAP = Safe("no sensor was blind around this time")
WARNING = content((Safe("! "), "bold $warning"))


def blind(
    missing: Sequence[ByteRange],
    artifacts: Sequence[ArtifactRow],
    gaps: Sequence[GapRow],
    opaque: Sequence[OpaqueRow],
) -> list[Line]:
    """Of the content itself first, then of the time around it."""
    rows = [*log.missing(missing), *_unread(artifacts)] or [line((Safe(f"✓ {NOTHING_MISSING}"), "$good"))]
    rows += log.gaps(gaps, nothing=NO_GAP)
    if opaque:
        rows.append(line((Safe("connections of the same person around it that were not read"), "$quiet")))
        rows += [_connection(row) for row in opaque]
    return rows


def _unread(artifacts: Sequence[ArtifactRow]) -> Iterator[Line]:
    unread = [artifact for artifact in artifacts if artifact.outcome not in READ]
    for artifact in unread[:MOST_UNREAD]:
        name = safe(" › ".join(artifact.path), limit=300)
        reason = f" ({safe(artifact.reason, limit=200)})" if artifact.reason else ""
        words = wording.OUTCOMES.get(artifact.outcome) or safe(artifact.outcome)
        yield WARNING, content(name, Safe("  "), (words, "bold"), (Safe(reason), "$quiet"))
    if len(unread) > MOST_UNREAD:
        yield line((Safe(f"and {len(unread) - MOST_UNREAD:,} more that were not read"), "$warning"))


def _connection(row: OpaqueRow) -> Line:
    amount = f"{wording.size(row.up)} up, {wording.size(row.down)} down"
    return WARNING, content(
        (Safe(f"{wording.moment(row.start)}, {wording.length(row.end - row.start)}  "), "$quiet"),
        (safe(row.protocol or "unknown", limit=40), "bold"),
        Safe(f" to {safe(row.name or row.destination, limit=200)}, {amount}"),
        (Safe(f"  {safe(row.process, limit=100)}  Q{row.id}"), "$quiet"),
    )
