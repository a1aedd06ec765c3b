"""An incident as one page for a browser: no script, nothing from elsewhere, every text from evidence escaped.

It is well-formed XML, so that a strict parser reads it too. The policy in its head forbids the browser everything but
the one style sheet, named by its digest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from forensics.reports.casefile import CaseFile, Finding
from forensics.reports.drawings import lineage_picture, safe, sound_picture, timeline
from forensics.reports.first_hour import FirstHour
from forensics.reports.records import iso
from forensics.reports.telling import gap_words, sections
from forensics.sound_words import odds
from forensics.store.rows import CustodyRow, MatchRow

MOST_SOUNDS = 50
"""Matches whose drawing is in the page; the strongest of each clip first."""
_STYLE = (
    "body{font:15px/1.45 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}"
    "table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:.2em .5em;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}pre{white-space:pre-wrap;overflow-wrap:anywhere}svg{max-width:100%;height:auto}"
)
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'"


Parts = Iterable[tuple[str, Sequence[str]]]
"""Headings, and the lines below each."""


def page(case: CaseFile, hour: FirstHour, *, now: float, parts: Parts | None = None) -> str:
    """The page as a whole; `now` (Unix seconds) is when it was made, `parts` what is told, unless the first hour."""
    return "\n".join(_lines(case, hour, now, sections(hour, now=now) if parts is None else parts))


def _lines(case: CaseFile, hour: FirstHour, now: float, parts: Parts) -> Iterator[str]:
    title = safe(f"{case.subject} {hour.title}")
    yield "<!DOCTYPE html>"
    yield '<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><meta charset="utf-8"/>'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY, quote=True)}"/>'
    yield f'<meta name="referrer" content="no-referrer"/><title>{title}</title><style>{_STYLE}</style></head><body>'
    yield f"<h1>{title}</h1>"
    yield f"<p>{iso(hour.start)} to {iso(hour.end)}; made {iso(now)}; no content of what left is in this page.</p>"
    for heading, lines in parts:
        yield f"<h2>{escape(heading)}</h2><ul>"
        yield from (f"<li>{escape(line.strip())}</li>" for line in lines)
        yield "</ul>"
    yield f"<h2>Timeline</h2>{timeline(case)}"
    if case.lineage.sightings:
        yield f"<h2>Lineage</h2>{lineage_picture(case.lineage)}"
    yield from _sounds(case.findings)
    yield from _findings(case.findings)
    yield f"<h2>Gaps from {iso(case.start)} to {iso(case.end)}</h2>"
    yield from _table(("gap", "on these ways"), [(gap_words(gap), _yes(case.concerns(gap))) for gap in case.gaps])
    yield "<h2>Chain of custody</h2>"
    yield from _table(("time", "who", "what", "digest of the entry"), [_act(act) for act in case.acts])
    yield "</body></html>"


def _sounds(findings: Sequence[Finding]) -> Iterator[str]:
    heard: list[tuple[Finding, MatchRow]] = [
        (finding, match)
        for finding in findings
        for match in finding.detail.matches
        if match.sound is not None and match.accepted and match.sound.issued
    ]
    if not heard:
        return
    yield "<h2>How the clips were heard</h2>"
    for finding, match in sorted(heard, key=lambda each: -each[1].score)[:MOST_SOUNDS]:
        if match.sound is None:
            continue
        end_s = match.clip_start_s + match.duration_s
        words = f"{finding.id}: {match.item}, seconds {match.clip_start_s:.2f} to {end_s:.2f}"
        yield f"<h3>{safe(words)}</h3><p>by chance: {escape(odds(match.sound.false_alarm))} recordings</p>"
        yield sound_picture(match.sound, clip_start_s=match.clip_start_s)
    if len(heard) > MOST_SOUNDS:
        yield f"<p>and {len(heard) - MOST_SOUNDS} more</p>"


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    yield "<h2>What was seen</h2>"
    columns = ("id", "time", "channel", "name", "who", "from", "to", "content", "matches")
    yield from _table(columns, [_finding(finding) for finding in findings])


def _finding(finding: Finding) -> tuple[str, ...]:
    seen = finding.seen
    content = finding.content
    what = f"{content.size:,} bytes {content.media_type}, sha256 {content.sha256}" if content is not None else ""
    missing = f"; {finding.missing_bytes:,} bytes never seen" if finding.missing_bytes else ""
    matches = (match for match in finding.detail.matches if match.accepted)
    return (
        finding.id,
        iso(seen.time),
        seen.channel,
        seen.name,
        " ".join(part for part in (seen.user, seen.host, seen.process) if part),
        seen.source,
        seen.destination,
        what + missing,
        "; ".join(f"{match.rule} {match.item} score {match.score:.2f}" for match in matches),
    )


def _act(act: CustodyRow) -> tuple[str, ...]:
    return (iso(act.time), act.actor, f"{act.action} {act.subject} {act.detail}".rstrip(), act.digest)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        yield "<p>none</p>"
        return
    yield f"<table><tr>{''.join(f'<th>{escape(column)}</th>' for column in columns)}</tr>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{safe(cell)}</td>' for cell in row)}</tr>"
    yield "</table>"


def _yes(claim: bool) -> str:
    return "yes" if claim else "no"
