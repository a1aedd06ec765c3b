"""Why there is an alert: each rule that hit, where, and the bytes, seconds or passage it hit on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from textual.content import Content

from forensics.model import Excerpt
from forensics.store.rows import ArtifactRow, MatchRow
from tui import wording
from tui.formatting import Line, Piece, Safe, content, crop, hex_rows, line, safe

MOST_MATCHES = 100
MOST_EXCERPTS = 8
MOST_PASSAGE = 600
INDENT = 2
SHOWN_BYTES = 64
"""Matchers keep at most this much of the matched bytes."""


def why(matches: Sequence[MatchRow], artifacts: Sequence[ArtifactRow]) -> list[Line]:
    """All matches, what is registered first; candidates below the threshold are said to be that."""
    if not matches:
        return [line((Safe("No rule hit: this is about content that could not be read."), "$quiet"))]
    paths = {artifact.number: artifact.path for artifact in artifacts}
    rows: list[Line] = []
    for match in sorted(matches, key=_rank)[:MOST_MATCHES]:
        rows += [*([line()] if rows else []), *_match(match, paths)]
    if len(matches) > MOST_MATCHES:
        rows.append(line((Safe(f"and {len(matches) - MOST_MATCHES:,} more matches"), "$quiet")))
    return rows


def _rank(match: MatchRow) -> tuple[bool, bool, int, float]:
    return not match.accepted, not match.item, -match.severity.rank, -match.score


def _match(match: MatchRow, paths: Mapping[int, tuple[str, ...]]) -> Iterator[Line]:
    letter = wording.LETTERS.get(match.severity, Safe("?"))
    lead = content((Safe(f"{letter} "), f"bold ${match.severity.value}"))
    title: list[Piece] = [(safe(match.rule), "bold")]
    title += [Safe(f"  {safe(match.title)}")] if match.title else []
    if not match.accepted:
        title.append((Safe("  below the threshold: a candidate, not a match"), "bold $warning"))
    yield lead, content(*title)
    claim = _claim(match)
    if claim:
        yield line(*claim, indent=INDENT)
    path = paths.get(match.artifact_number, ())
    if path:
        yield content((Safe("  in "), "$quiet")), trail(path)
    for excerpt in match.why[:MOST_EXCERPTS]:
        yield from _excerpt(excerpt)
    if len(match.why) > MOST_EXCERPTS:
        yield line((Safe(f"and {len(match.why) - MOST_EXCERPTS} more hits"), "$quiet"), indent=INDENT)


def _claim(match: MatchRow) -> list[Piece]:
    """What the match says, in a sentence; nothing for a rule whose title says it all."""
    pieces: list[Piece] = []
    if match.item:
        kind = {"text": "text", "image": "picture"}.get(match.matcher, "clip")
        pieces += [(Safe(f"{kind} {safe(match.item)}"), "bold $match")]
        pieces += [Safe(f" of package {safe(match.package)}")] if match.package else []
    if match.matcher == "audio" and match.duration_s > 0:
        pieces.append((Safe(f", clip {wording.span(match.clip_start_s, match.duration_s)}"), "$match"))
        pieces.append(Safe(f" found at {match.query_start_s:.1f} s"))
        pieces += [Safe(f", speed {match.speed:.2f}×")] if abs(match.speed - 1) >= 0.005 else []
    if match.rule == "registered-member":
        pieces.append(Safe(", behind a password, told by size and CRC-32" if match.score > 0.5 else ", perhaps"))
    elif match.matcher == "digest":
        pieces.append(Safe(", the whole file, byte for byte"))
    elif match.item or match.score < 1:
        pieces.append(Safe(f"{', ' if pieces else ''}score {match.score:.2f}"))
    if match.technique:
        pieces.append((Safe(f"{', ' if pieces else 'technique '}{safe(match.technique)}"), "$quiet"))
    return pieces


def _excerpt(excerpt: Excerpt) -> Iterator[Line]:
    label = safe(excerpt.label)
    if excerpt.kind == "bytes":
        where = f"{label} at byte {excerpt.offset:,}, {wording.amount(excerpt.length, 'byte')}"
        yield line((Safe(where), "$quiet"), indent=INDENT)
        for offset, row, text in hex_rows(matched_bytes(excerpt), offset=excerpt.offset, limit=SHOWN_BYTES):
            yield line((offset, "$quiet"), Safe(f"  {row}"), (Safe(f"  {text}"), "$match"), indent=INDENT)
    elif excerpt.kind == "text":
        where = f"{label} at character {excerpt.offset:,}, {wording.amount(excerpt.length, 'character')}"
        yield line((Safe(where), "$quiet"), indent=INDENT)
        passage = crop(safe(excerpt.text), MOST_PASSAGE)
        yield content(Safe("  “")), content((passage, "$match"), Safe("”"))
    elif excerpt.kind in ("audio", "image"):
        yield line((safe(excerpt.text), "$quiet"), indent=INDENT)
    else:
        place = f" at {excerpt.offset:,}" if excerpt.kind == "identifier" else ""
        yield content((Safe(f"  {label}{place} "), "$quiet")), content((safe(excerpt.text), "$match"))


def matched_bytes(excerpt: Excerpt) -> bytes:
    """The bytes of a bytes excerpt, whose text is either what they decode to or an escaped rendering of them."""
    plain = excerpt.text.encode("utf-8", "surrogateescape" if excerpt.text.isascii() else "replace")
    if len(plain) == excerpt.length:
        return plain
    try:
        unescaped = excerpt.text.encode("latin-1").decode("unicode_escape").encode("latin-1")
    except (UnicodeError, ValueError):
        return plain
    return unescaped if len(unescaped) == min(excerpt.length, SHOWN_BYTES) else plain


def trail(path: Sequence[str]) -> Content:
    """A container path: package.zip › audio/a.wav."""
    return content((Safe(" › "), "$quiet")).join(content(safe(name)) for name in path)
