"""Why there is an alert: each rule that hit, where, and the bytes, seconds or passage it hit on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from textual.content import Content

from forensics.model import Excerpt
from forensics.rulebook.quoting import Quote
from forensics.store.rows import ArtifactRow, MatchRow
from tui import wording
from tui.formatting import EMPTY, Line, Piece, Safe, content, crop, hex_rows, hung, line, safe

MOST_MATCHES = 100
MOST_EXCERPTS = 8
MOST_PASSAGE = 600
MOST_RULE = 60
MOST_CONDITION = 12
"""Lines of a rule that are shown beside its hits, and of its condition below them."""
INDENT = 2
LEFT = 80
WIDE = 150
"""Columns of the hits where the rule stands beside them, and columns from which it does."""
MARK, UNMARKED = Safe("▶ "), Safe("  ")
UNREAD = Safe("No rule hit: this is about content that could not be read.")
SHOWN_BYTES = 64
"""Matchers keep at most this much of the matched bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """The lines, and which of them begin a hit: something that a rule found somewhere."""

    lines: Sequence[Line]
    hits: Sequence[int]


def why(matches: Sequence[MatchRow], artifacts: Sequence[ArtifactRow]) -> list[Line]:
    """All matches, what is registered first; candidates below the threshold are said to be that."""
    return list(reasons(matches, artifacts).lines)


def reasons(
    matches: Sequence[MatchRow],
    artifacts: Sequence[ArtifactRow],
    *,
    rules: Mapping[str, Quote] | None = None,
    columns: int = 0,
    chosen: int = -1,
) -> Reasons:
    """As `why`, with the rules as they stand: beside the hits where `columns` leave room for both, else by the line.

    The hit of the number `chosen` is marked.
    """
    if not matches:
        return Reasons(lines=[line((UNREAD, "$quiet"))], hits=[])
    paths = {artifact.number: artifact.path for artifact in artifacts}
    rows: list[Line] = []
    hits: list[int] = []
    for match in sorted(matches, key=_rank)[:MOST_MATCHES]:
        quote = (rules or {}).get(match.rule)
        quote = quote if quote is not None and (quote.lines or quote.problem) else None
        rows += [*([line()] if rows else []), *_match(match, paths)]
        block: list[Line] = []
        begins: list[int] = []
        is_wide = quote is not None and columns >= WIDE
        for excerpt in match.why[:MOST_EXCERPTS]:
            begins.append(len(block))
            is_chosen = len(hits) + len(begins) - 1 == chosen
            block += _excerpt(excerpt, None if is_wide else quote, MARK if is_chosen else UNMARKED)
        if len(match.why) > MOST_EXCERPTS:
            block.append(line((Safe(f"and {len(match.why) - MOST_EXCERPTS} more hits"), "$quiet"), indent=INDENT))
        hits += [len(rows) + begin for begin in begins]
        if quote is not None:
            block = _beside(block, _whole(match, quote), columns) if is_wide else [*block, *_condition(quote)]
        rows += block
    if len(matches) > MOST_MATCHES:
        rows.append(line((Safe(f"and {len(matches) - MOST_MATCHES:,} more matches"), "$quiet")))
    return Reasons(lines=rows, hits=hits)


def _beside(block: Sequence[Line], rule: Sequence[Content], columns: int) -> list[Line]:
    """The hits and the rule in two columns, line by line; lines of hits that are longer than theirs are wrapped."""
    parts = list(hung(block, LEFT).split("\n")) if block else []
    empty = content(EMPTY)
    return [
        line(left, Safe(" " * (LEFT - left.cell_length)), (Safe("│ "), "$rule"), right)
        for left, right in zip_longest(parts, rule, fillvalue=empty)
    ]


def _whole(match: MatchRow, quote: Quote) -> list[Content]:
    """The rule, the lines that hit marked."""
    labels = [quote.definition(excerpt.label) for excerpt in match.why]
    hit = {found[0] for found in labels if found is not None}
    return [content((_file(quote), "$quiet"))] + [
        content(
            (Safe("▸" if number in hit else " "), "bold $match"),
            (Safe(f"{number:>5}  "), "$quiet"),
            (_code(text), "$match" if number in hit else ""),
        )
        for number, text in quote.lines[:MOST_RULE]
    ]


def _condition(quote: Quote) -> Iterator[Line]:
    """Where the rule stands, and what it asks."""
    yield line((_file(quote), "$quiet"), indent=INDENT)
    for number, text in quote.condition[:MOST_CONDITION]:
        yield content((Safe(f"  {number:>5}  "), "$quiet")), content(_code(text))


def _file(quote: Quote) -> Safe:
    return Safe(f"rule as it stands now, {safe(quote.problem or quote.file, limit=300)}")


def _code(text: str) -> Safe:
    return safe(text.expandtabs(4), limit=300)


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


def _excerpt(excerpt: Excerpt, quote: Quote | None, mark: Safe) -> Iterator[Line]:
    """A hit: where it is, the line of the rule that asks for it, and the bytes, words or seconds themselves."""
    label = safe(excerpt.label)
    lead = content((mark, "bold $match"))
    if excerpt.kind == "bytes":
        yield lead, content((Safe(f"{label} at byte {excerpt.offset:,}, {_amount(excerpt, 'byte')}"), "$quiet"))
        defined = quote.definition(excerpt.label) if quote is not None else None
        if defined is not None:
            yield content((Safe(f"  {defined[0]:>5}  "), "$quiet")), content((_code(defined[1].strip()), "bold"))
        for offset, row, text in hex_rows(matched_bytes(excerpt), offset=excerpt.offset, limit=SHOWN_BYTES):
            yield line((offset, "$quiet"), Safe(f"  {row}"), (Safe(f"  {text}"), "$match"), indent=INDENT)
    elif excerpt.kind == "text":
        yield (
            lead,
            content((Safe(f"{label} at character {excerpt.offset:,}, {_amount(excerpt, 'character')}"), "$quiet")),
        )
        passage = crop(safe(excerpt.text), MOST_PASSAGE)
        yield content(Safe("  “")), content((passage, "$match"), Safe("”"))
    elif excerpt.kind in ("audio", "image"):
        yield lead, content((safe(excerpt.text), "$quiet"))
    else:
        place = f" at {excerpt.offset:,}" if excerpt.kind == "identifier" else ""
        yield content(lead, (Safe(f"{label}{place} "), "$quiet")), content((safe(excerpt.text), "$match"))


def _amount(excerpt: Excerpt, unit: str) -> Safe:
    return wording.amount(excerpt.length, unit)


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
