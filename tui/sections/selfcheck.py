"""How the self-check stands: of each sensor and channel the last canary, and how soon and how often they are seen."""

from __future__ import annotations

from textual.content import Content

from forensics.store.canaries import FOUND, MISSED, UNDER_WAY
from forensics.store.standing import Selfcheck, Standing
from tui import wording
from tui.formatting import Line, Safe, content, fit, line, safe

INDENT = 12


def lines(selfcheck: Selfcheck, now: float) -> list[Line]:
    """Two rows a sensor and channel, and when the next are due; nothing where none were ever sent or planned."""
    rows = [row for each in selfcheck.standings for row in _standing(each, now)]
    if selfcheck.next is not None:
        due = wording.age(abs(selfcheck.next - now))
        words = f"the next in {due}" if selfcheck.next >= now else f"the next were due {due} ago"
        rows.append(line((Safe(words), "$quiet")))
    return rows


def _standing(each: Standing, now: float) -> list[Line]:
    last = each.last
    state = safe(last.outcome or "under way", limit=20)
    is_bad = last.outcome not in (FOUND, UNDER_WAY)
    colour = "bold $warning" if is_bad and (each.is_missed or last.outcome != MISSED) else "$good"
    lead = content((Safe("! ") if is_bad else Safe("✓ "), colour), (fit(state, 10), colour))
    when = f"   sent {wording.ago(now - last.sent)}"
    soon = f", seen after {last.detected_s:.1f} s" if last.detected_s is not None else ""
    way = Safe(f"{wording.channel(last.channel)} by {safe(last.sensor)}")
    rows = [(lead, content((way, "bold"), (Safe(when + soon), "$quiet")))]
    if is_bad and (reason := last.reason or last.lack):
        rows.append(line((safe(reason), "$warning"), indent=INDENT))
    counted = [("sent", f"{each.sent:,}"), ("seen", f"{each.seen:,}"), ("missed", f"{each.missed:,}")]
    if each.p50_s is not None and each.p95_s is not None:
        counted += [("p50", f"{each.p50_s:.1f} s"), ("p95", f"{each.p95_s:.1f} s")]
    pieces = [content((Safe(f"{name} "), "$quiet"), Safe(value)) for name, value in counted]
    rows.append(line(Content("   ").join(pieces), indent=INDENT))
    return rows
