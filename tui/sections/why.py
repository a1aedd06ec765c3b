"""Why there is an alert: each rule that hit, where, and the bytes, seconds or passage it hit on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from textual.content import Content

from forensics.model import Excerpt
from forensics.store.rows import ArtifactRow, MatchRow
from tui import wording
from tui.formatting import Piece, Safe, content, crop, hex_lines, lines, safe

MOST_MATCHES = 100
MOST_EXCERPTS = 8
MOST_PASSAGE = 600
SHOWN_BYTES = 64
"""Matchers keep at most this much of the matched bytes."""


def why(matches: Sequence[MatchRow], artifacts: Sequence[ArtifactRow]) -> Content:
    """All matches, the strongest first; candidates below the threshold are said to be that."""
    if not matches:
        return content((Safe("No rule hit: the alert is about content that could not be read."), "$quiet"))
    paths = {artifact.number: artifact.path for artifact in artifacts}
    ordered = sorted(matches, key=lambda match: (not match.accepted, -match.severity.rank, -match.score))
    rows: list[Content] = []
    for match in ordered[:MOST_MATCHES]:
        rows += [*_match(match, paths), Content(" ")]
    if len(ordered) > MOST_MATCHES:
        rows.append(content((Safe(f"and {len(ordered) - MOST_MATCHES:,} more matches"), "$quiet")))
    return lines(rows)


def _match(match: MatchRow, paths: Mapping[int, tuple[str, ...]]) -> Iterator[Content]:
    letter = wording.LETTERS.get(match.severity, Safe("?"))
    title: list[Piece] = [(Safe(f" {letter} "), f"bold ${match.severity.value}"), (safe(match.rule), "bold")]
    title += [Safe(f"  {safe(match.title)}")] if match.title else []
    if not match.accepted:
        title.append((Safe("  below the threshold: a candidate, not a match"), "$warning"))
    yield content(*title)
    yield content(Safe("   "), _claim(match))
    path = paths.get(match.artifact_number, ())
    if path:
        yield content((Safe("   in "), "$quiet"), trail(path))
    for excerpt in match.why[:MOST_EXCERPTS]:
        yield from _excerpt(excerpt)
    if len(match.why) > MOST_EXCERPTS:
        yield content((Safe(f"   and {len(match.why) - MOST_EXCERPTS} more hits"), "$quiet"))


def _claim(match: MatchRow) -> Content:
    """What the match says, in a sentence."""
    pieces: list[Piece] = []
    if match.item:
        kind = "text" if match.matcher == "text" else "clip"
        pieces += [(Safe(f"{kind} {safe(match.item)}"), "bold $match")]
        pieces += [Safe(f" of package {safe(match.package)}")] if match.package else []
    if match.matcher == "audio" and match.duration_s > 0:
        clip = wording.span(match.clip_start_s, match.duration_s)
        pieces += [(Safe(f"{', ' if match.item else ''}clip {clip}"), "$match")]
        pieces += [Safe(f" found at {match.query_start_s:.1f} s")]
        pieces += [Safe(f", speed {match.speed:.2f}×")] if abs(match.speed - 1) >= 0.005 else []
    if match.matcher == "digest":
        pieces.append(Safe(", the whole file, byte for byte"))
    pieces.append((Safe(f"{', ' if pieces else ''}score {match.score:.2f}"), "" if pieces else "$quiet"))
    if match.technique:
        pieces.append((Safe(f", {safe(match.technique)}"), "$quiet"))
    return content(*pieces)


def _excerpt(excerpt: Excerpt) -> Iterator[Content]:
    label = safe(excerpt.label)
    if excerpt.kind == "digest":
        yield content((Safe(f"   {label} "), "$quiet"), safe(excerpt.text))
    elif excerpt.kind == "bytes":
        yield content(
            (Safe(f"   {label} at byte {excerpt.offset:,}, {wording.amount(excerpt.length, 'byte')}"), "$quiet")
        )
        data = matched_bytes(excerpt)
        for offset, row, text in hex_lines(data, offset=excerpt.offset, limit=SHOWN_BYTES):
            yield content((Safe(f"   {offset}  "), "$quiet"), row, (Safe(f"  {text}"), "$match"))
    elif excerpt.kind == "text":
        where = f" at character {excerpt.offset:,}, {wording.amount(excerpt.length, 'character')}"
        yield content((Safe(f"   {label}{where}"), "$quiet"))
        yield content(Safe("   “"), (crop(safe(excerpt.text), MOST_PASSAGE), "$match"), Safe("”"))
    else:
        place = f" at {excerpt.offset:,}" if excerpt.length else ""
        yield content((Safe(f"   {label}{place} "), "$quiet"), (safe(excerpt.text), "$match"))


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
