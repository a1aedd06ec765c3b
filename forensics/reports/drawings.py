"""Drawings of an incident as SVG inside a page: timeline, lineage, how a clip was heard.

Colours never say anything alone: each mark has a title that a screen reader speaks and a pointer shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from forensics.lineage.nouns import Edge, Sighting
from forensics.lineage.tree import branches, sure
from forensics.model import CODE_BITS, Sound
from forensics.reports.casefile import CaseFile
from forensics.reports.records import iso
from forensics.store.rows import Lineage
from forensics.text_safety import visible

WIDTH = 900
LEFT = 150
ROW = 26
MOST_ROWS = 60
"""Lines of a lineage that are drawn."""
MOST_CODES = 250
"""Codes of one match that are drawn: 20 s of the clip."""
_ALERT, _SEEN, _GAP, _LINE, _TEXT = "#b00020", "#1f5f99", "#d9a400", "#888888", "#222222"


def safe(text: str) -> str:
    """Text from evidence as a page may hold it."""
    return escape(visible(text), quote=True)


def timeline(case: CaseFile) -> str:
    """What left and what was seen, a row for each way, with the gaps of the window as bands."""
    channels = list(dict.fromkeys(finding.seen.channel for finding in case.findings))
    span = max(case.end - case.start, 1.0)
    height = ROW * (len(channels) + 2)

    def x(time: float) -> float:
        return LEFT + (min(max(time, case.start), case.end) - case.start) / span * (WIDTH - LEFT - 10)

    marks = []
    for gap in case.gaps:
        if not case.concerns(gap):
            continue
        wide = max(x(gap.end) - x(gap.start), 2.0)
        marks.append(
            f'<rect x="{x(gap.start):.1f}" y="0" width="{wide:.1f}" height="{ROW * len(channels)}" fill="{_GAP}"'
            f' fill-opacity="0.3"><title>{safe(f"G{gap.id} {gap.channel}: {gap.cause}")}</title></rect>'
        )
    for row, channel in enumerate(channels):
        y = ROW * row + ROW / 2
        marks.append(f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - 10}" y2="{y}" stroke="{_LINE}"/>{_text(4, y, channel)}')
        for finding in case.findings:
            if finding.seen.channel != channel:
                continue
            title = f"{finding.id} {iso(finding.seen.time)} {finding.seen.name}"
            shape = (
                f'<circle cx="{x(finding.seen.time):.1f}" cy="{y}" r="6" fill="{_ALERT}">'
                if finding.alert is not None
                else f'<circle cx="{x(finding.seen.time):.1f}" cy="{y}" r="4" fill="none" stroke="{_SEEN}">'
            )
            marks.append(f"{shape}<title>{safe(title)}</title></circle>")
    below = ROW * len(channels) + ROW / 2
    marks.append(_text(LEFT, below, iso(case.start)) + _text(WIDTH - 190, below, iso(case.end)))
    marks.append(_text(LEFT, below + ROW / 2, "filled: alert; ring: seen, no alert; band: gap on these ways"))
    return _svg(height, "Timeline", marks)


def lineage_picture(lineage: Lineage) -> str:
    """The lineage as boxes, each below and to the right of what it came from."""
    sightings = {seen.id: seen for seen in lineage.sightings}
    tree = list(branches(lineage.sightings, lineage.edges))[:MOST_ROWS]
    marks: list[str] = []
    last_at: dict[int, float] = {}
    for row, branch in enumerate(tree):
        depth = len(branch.lead) // 2
        x, y = 8 + depth * 24, row * 2 * ROW + ROW
        seen = sightings.get(branch.id)
        if depth:
            above = last_at.get(depth - 1, y)
            marks.append(f'<path d="M{x - 14} {above + 10}V{y}H{x - 2}" fill="none" stroke="{_LINE}"/>')
        last_at[depth] = y
        colour = _SEEN if seen is None or not seen.id.startswith("A") else _ALERT
        marks.append(f'<rect x="{x - 2}" y="{y - 10}" width="8" height="20" fill="{colour}"/>')
        marks.append(_text(x + 14, y - 4, _name(branch.id, seen)))
        if branch.edge is not None:
            marks.append(_text(x + 14, y + 12, _edge(branch.edge)))
    return _svg(max(1, len(tree)) * 2 * ROW + ROW, "Lineage", marks)


def sound_picture(sound: Sound, *, clip_start_s: float) -> str:
    """How a clip was heard along time: where bits of the codes issued and heard differ, then the evidence.

    Each column is one code (`step_s` of the clip that holds speech), each row one of its 64 bits; a dark cell is a bit
    that differs. Below stands the evidence in nats: up for the clip, down against it.
    """
    pairs = list(zip(sound.issued, sound.heard, strict=False))[:MOST_CODES]
    if not pairs:
        return ""
    wide, base = (WIDTH - LEFT - 10) / len(pairs), 2 * CODE_BITS + 40
    cells = "".join(
        f"M{LEFT + column * wide:.1f} {2 * bit}h{wide:.1f}v2h-{wide:.1f}z"
        for column, (issued, heard) in enumerate(pairs)
        for bit in range(CODE_BITS)
        if (issued ^ heard) >> bit & 1
    )
    most = max((abs(value) for value in sound.evidence), default=1.0) or 1.0
    bars = "".join(
        f"M{LEFT + column * wide:.1f} {base}h{wide:.1f}v{-30 * value / most:.1f}h-{wide:.1f}z"
        for column, value in enumerate(sound.evidence[: len(pairs)])
    )
    agreement = sum(sound.agreements[: len(pairs)]) / len(pairs)
    marks = [
        f'<rect x="{LEFT}" y="0" width="{WIDTH - LEFT - 10}" height="{2 * CODE_BITS}" fill="#eef3f8"/>',
        f'<path d="{cells}" fill="{_TEXT}"><title>bits that differ</title></path>',
        f'<path d="{bars}" fill="{_SEEN}"><title>evidence</title></path>',
        _text(4, CODE_BITS, "codes: bits that differ"),
        _text(4, CODE_BITS + 16, f"{agreement:.0%} of the bits agree"),
        _text(4, base, f"evidence, up to {most:.1f} nats"),
        _text(LEFT, base + 45, f"from second {clip_start_s:.2f} of the clip, {len(pairs)} codes of {sound.step_s} s"),
    ]
    return _svg(base + 55, "How the clip was heard", marks)


def _name(id: str, seen: Sighting | None) -> str:
    if seen is None:
        return f"{id.partition(':')[2]} as issued"
    return f"{seen.id} {iso(seen.time)} {seen.channel} {seen.place}"


def _edge(edge: Edge) -> str:
    return f"{edge.kind.value}: {edge.evidence} ({sure(edge.confidence)})"


def _text(x: float, y: float, text: str) -> str:
    shown = text if len(text) <= 130 else f"{text[:129]}…"
    return f'<text x="{x:.0f}" y="{y + 4:.0f}" font-size="12" fill="{_TEXT}">{safe(shown)}</text>'


def _svg(height: float, title: str, marks: Sequence[str]) -> str:
    return "".join(_lines(height, title, marks))


def _lines(height: float, title: str, marks: Sequence[str]) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}"'
        f' height="{height:.0f}" font-family="sans-serif"><title>{escape(title)}</title>'
    )
    yield from marks
    yield "</svg>"
