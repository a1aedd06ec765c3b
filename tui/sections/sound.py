"""How a clip was heard, drawn: where it lies in recording and clip, and along it how well the codes agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from textual.content import Content

from forensics.model import CODE_BITS, Sound
from forensics.sound_words import changes, odds
from forensics.store.rows import ArtifactRow, MatchRow
from tui import wording
from tui.formatting import EMPTY, Line, Piece, Safe, content, crop, line, safe
from tui.sections.pictures import LOUDEST, SHADED, Paint, Picture, Pictures, marked, rows

MOST_SOUNDS = 20
MOST_FAMILY = 6
LEAD, TAIL = 11, 22
"""Columns of the label before and of the figure behind a strip."""
NARROWEST, WIDEST = 10, 120
SHORTEST_S, MOST_SPEED = 0.01, 100.0
"""What is shorter or faster was never heard: somebody wrote it into the store."""
LONG_S = 1000.0
TICK = 12
"""Columns from one second mark to the next."""
SHADES = " ░▒▓█"
BARS = "▁▂▃▄▅▆▇█"
AGAINST = "·"
"""Stands where the evidence speaks against the clip."""
CHANCE = 0.5
"""Share of the bits in which two sounds that have nothing in common agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How sound is drawn: colours, lines of a picture, and what is known of matches by their number."""

    paint: Paint = SHADED
    height: int = 5
    pictures: Mapping[int, Pictures] = field(default_factory=dict)
    hint: Safe = EMPTY


def sounds(
    matches: Sequence[MatchRow], artifacts: Sequence[ArtifactRow], columns: int, look: Look = Look()
) -> list[Line]:
    """Every match that was heard, strongest first, drawn to a width of `columns`."""
    lengths = {artifact.number: _seconds(artifact.facts) for artifact in artifacts}
    heard = [match for match in matches if match.sound is not None and match.duration_s >= SHORTEST_S]
    heard.sort(key=lambda match: (not match.accepted, -match.score))
    drawn: list[Line] = []
    for match in heard[:MOST_SOUNDS]:
        assert match.sound is not None
        drawn += [*([line()] if drawn else [])]
        drawn += _drawing(match, match.sound, lengths.get(match.artifact_number, 0.0), columns, look or Look())
    if len(heard) > MOST_SOUNDS:
        drawn.append(line((Safe(f"and {wording.amount(len(heard) - MOST_SOUNDS, 'more clip')}"), "$quiet")))
    return drawn


def _drawing(match: MatchRow, sound: Sound, recording_s: float, columns: int, look: Look) -> Iterator[Line]:
    width = max(NARROWEST, min(WIDEST, columns - LEAD - TAIL))
    yield line(*_claim(match, sound))
    if sound.family:
        yield _family(sound.family)
    speed = match.speed if 1 / MOST_SPEED < match.speed < MOST_SPEED else 1.0
    start_s, span_s = match.query_start_s, match.duration_s / speed
    if recording_s >= start_s + span_s / 2:
        yield _strip("recording", place(start_s, span_s, recording_s, width), _within(start_s, span_s, recording_s))
    if sound.clip_length_s > 0:
        begin_s, length_s = match.clip_start_s, sound.clip_length_s
        yield _strip(
            "clip", place(begin_s, match.duration_s, length_s, width), _within(begin_s, match.duration_s, length_s)
        )
    yield from _pictured(match, sound, width, look)
    agreements = sound.agreements
    if agreements:
        mean = sum(agreements) / len(agreements)
        yield _strip("codes", shades(agreements, width), Safe(f"{mean * 100:.0f} % of bits agree"))
    if sound.evidence:
        total = sum(sound.evidence)
        yield _strip("evidence", bars(sound.evidence, width), Safe(f"{total:.0f} nats, most {max(sound.evidence):.0f}"))
    if sound.waves:
        strongest = max(abs(value) for value in sound.waves)
        yield _strip("waveform", _waves(match, sound, width), Safe(f"correlates up to {strongest:.2f}"))
    yield _scale("in clip", match.clip_start_s, match.duration_s, width)
    yield _scale("heard at", start_s, span_s, width)


def _pictured(match: MatchRow, sound: Sound, width: int, look: Look) -> Iterator[Line]:
    """The same seconds of what left and of the clip, one above the other; without them, where the codes differ."""
    known = look.pictures.get(match.id)
    if sound.issued and (known is None or (known.left is None and known.issued is None)):
        yield from _rows("bits", rows(_bits(sound), width, look.height, look.paint), Safe("marked: bits differ"))
    if known is None:
        if look.hint:
            yield line((look.hint, "$quiet"), indent=LEAD)
        return
    for label, picture, said in (("left", known.left, known.left_said), ("issued", known.issued, known.issued_said)):
        if picture is not None:
            drawn = marked(rows(picture, width, look.height, look.paint), match.id, label)
            yield from _rows(label, drawn, Safe("280–3,500 Hz upwards"))
            loud = bars([float(peak) for peak in picture.peaks], width, most=15.0) if picture.peaks else Content()
            yield _strip("", loud, Safe("its waveform"))
        yield _label("" if picture is not None else label), content((safe(said, limit=300), "$quiet"))


def _rows(label: str, drawn: Sequence[Content], tail: Safe) -> Iterator[Line]:
    for number, row in enumerate(drawn):
        yield _strip("" if number else label, row, Safe("") if number else tail)


def _bits(sound: Sound) -> Picture:
    """Which bits of the codes differ along time: four bits to a row. Their order is the encoder's, not one of pitch."""
    differ = [issued ^ heard for issued, heard in zip(sound.issued, sound.heard, strict=False)]
    shares = [[(code >> bit & 15).bit_count() * LOUDEST // 4 for code in differ] for bit in range(0, CODE_BITS, 4)]
    return Picture(levels=tuple(map(tuple, shares)), peaks=())


def _claim(match: MatchRow, sound: Sound) -> list[Piece]:
    """Which clip, how sure, what was changed."""
    pieces: list[Piece] = [(Safe(f"clip {safe(match.item)}"), "bold $match")]
    if match.package:
        programme = f" ({safe(match.programme)})" if match.programme else ""
        pieces.append(Safe(f" of {safe(match.package)}{programme}"))
    pieces.append(Safe(f"  score {match.score:.2f}"))
    pieces += [(Safe(f", {word}"), "bold") for word in changes(match.speed, sound.pitch)]
    pieces.append(Safe(f", by chance: {odds(sound.false_alarm)} recordings"))
    if not match.accepted:
        pieces.append((Safe("  below the threshold: a candidate, not a match"), "bold $warning"))
    return pieces


def _family(items: Sequence[str]) -> Line:
    names = ", ".join(safe(item) for item in items[:MOST_FAMILY])
    more = f" and {len(items) - MOST_FAMILY} more" if len(items) > MOST_FAMILY else ""
    return _label("same take"), content(Safe(f"{names}{more}"))


def place(start_s: float, span_s: float, whole_s: float, width: int) -> Content:
    """Where a span lies in the whole: a line, heavy where the span is; never less than one column of it."""
    start_s = max(0.0, start_s)
    whole_s = max(whole_s, start_s + span_s, SHORTEST_S)
    first = min(width - 1, max(0, int(start_s / whole_s * width)))
    last = min(width, max(first + 1, round((start_s + span_s) / whole_s * width)))
    return content(
        (Safe("─" * first), "$quiet"), (Safe("█" * (last - first)), "$match"), (Safe("─" * (width - last)), "$quiet")
    )


def shades(shares: Sequence[float], width: int) -> Content:
    """The share of bits that agree, the darker the more; blank where it is what chance gives."""
    levels = [(share - CHANCE) / (1 - CHANCE) for share in spread(shares, width)]
    return content((Safe("".join(SHADES[_level(level, len(SHADES))] for level in levels)), "$match"))


def bars(values: Sequence[float], width: int, *, most: float = 0.0) -> Content:
    """Columns as high as the values, the highest (or `most`) full; a dot where a value is below nothing."""
    columns = spread(values, width)
    highest = max([most, *columns])
    pieces: list[Piece] = []
    for value in columns:
        if value < 0 or highest <= 0:
            pieces.append((Safe(AGAINST), "$warning"))
        else:
            pieces.append((Safe(BARS[_level(value / highest, len(BARS))]), "$match"))
    return content(*pieces)


def _waves(match: MatchRow, sound: Sound, width: int) -> Content:
    """The correlations where in the match they were taken: of a long one, only the loudest part is compared."""
    begin_s = sound.waves_s - match.clip_start_s
    begin, end = (
        max(0, min(width, round(at_s / match.duration_s * width)))
        for at_s in (begin_s, begin_s + len(sound.waves) * sound.wave_step_s)
    )
    if begin == end:
        return content(Safe(" " * width))
    strip = bars([abs(value) for value in sound.waves], end - begin, most=1.0)
    return content(Safe(" " * begin), strip, Safe(" " * (width - end)))


def spread(values: Sequence[float], width: int) -> list[float]:
    """The values over `width` columns: means where there are more values, repeated where there are fewer."""
    count = len(values)
    bounds = [(column * count // width, -(-(column + 1) * count // width)) for column in range(width)]
    return [sum(values[first:last]) / (last - first) for first, last in bounds]


def _level(share: float, count: int) -> int:
    return max(0, min(count - 1, round(share * (count - 1))))


def _strip(label: str, strip: Content, tail: Safe) -> Line:
    return _label(label), content(strip, (Safe(f" {crop(tail, TAIL - 1)}"), "$quiet"))


def _scale(label: str, start_s: float, span_s: float, width: int) -> Line:
    """Seconds under the strips, as many as there is room for."""
    marks = ""
    for column in range(0, width + 1, TICK):
        mark = f"╵{start_s + span_s * column / width:.1f}"
        if len(marks) <= column:
            marks = f"{marks:<{column}}{mark}"
    return _label(label), content((Safe(f"{marks} s"), "$quiet"))


def _label(name: str) -> Content:
    return content((Safe(f"{name:<{LEAD}}"), "$quiet"))


def _within(start_s: float, span_s: float, whole_s: float) -> Safe:
    if whole_s < LONG_S:
        return Safe(f"{start_s:.1f}–{start_s + span_s:.1f} of {whole_s:.1f} s")
    return Safe(f"{start_s:.0f}–{start_s + span_s:.0f} of {wording.length(whole_s)}")


def _seconds(facts: Mapping[str, str]) -> float:
    """How long a recording is, as its decoder says; 0 where it does not, or says no number of seconds."""
    text = facts.get("audio.seconds", "")
    return float(text) if text.replace(".", "", 1).isdecimal() and text.isascii() and len(text) < 12 else 0.0
