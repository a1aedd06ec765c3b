"""Would it have been seen? The last day by channel, and by the techniques of MITRE ATT&CK."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from forensics.coverage.model import Channel, Ledger, Level
from forensics.coverage.techniques import NOT, SEEN, Sight
from tui import wording
from tui.formatting import Line, Piece, Safe, content, fit, safe

SIGNS: dict[str, Piece] = {SEEN: (Safe("✓ "), "$good"), NOT: (Safe("! "), "bold $warning")}
WORDS = {SEEN: Safe("seen"), NOT: Safe("not seen")}
PARTLY: Piece = (Safe("~ "), "$medium")
NAME = 12


def channels(ledger: Ledger) -> list[Line]:
    """A row for each channel that any sensor watched, the worst first, and one for all that none did."""
    watched = sorted((each for each in ledger.channels if each.sensors), key=lambda each: -each.worst)
    rows = [_channel(each, ledger.end - ledger.start) for each in watched]
    blind = [wording.channel(each.name) for each in ledger.channels if not each.sensors]
    if blind:
        lead = content(SIGNS[NOT], (fit(Safe("no sensor"), NAME), "bold $warning"))
        rows.append((lead, content(Safe(", ".join(blind)))))
    return rows


def techniques(sights: Sequence[Sight], *, is_unhealthy_only: bool = False) -> list[Line]:
    """A row for each technique; those that lack for the same reason stand together."""
    chosen = [sight for sight in sights if not is_unhealthy_only or sight.seen != SEEN]
    order = {NOT: 0, SEEN: 2}
    found = sorted(chosen, key=lambda sight: (order.get(sight.seen, 1), sight.why, sight.technique.id))
    return [row for key, group in groupby(found, key=lambda s: (s.seen, s.why)) for row in _group(*key, tuple(group))]


def _channel(channel: Channel, whole_s: float) -> Line:
    shares = [(level, channel.seconds(level) / whole_s) for level in Level if channel.seconds(level) > 0]
    words = ", ".join(f"{level.word} {share:.0%}" for level, share in shares)
    sign = SIGNS[SEEN] if channel.worst is Level.COVERED else SIGNS[NOT] if channel.worst is Level.BLIND else PARTLY
    causes = dict.fromkeys(word for each in reversed(channel.intervals) for word, _ in each.causes if each.level)
    told = Safe(f"   {safe('; '.join(list(causes)[:2]), limit=200)}" if causes else "")
    lead = content(sign, (fit(Safe(wording.channel(channel.name)), NAME), "bold"))
    return lead, content(Safe(words), (told, "$quiet"))


def _group(seen: str, why: str, sights: Sequence[Sight]) -> Iterator[Line]:
    sign, word = SIGNS.get(seen, PARTLY), WORDS.get(seen, Safe("partly seen"))
    for number, sight in enumerate(sights):
        told = Safe(f"   {safe(why, limit=200)}" if why and not number else "")
        lead = content(sign, (fit(word, NAME), "bold"), (fit(safe(sight.technique.id), 10), "$quiet"))
        yield lead, content(safe(sight.technique.name), (told, "$quiet"))
