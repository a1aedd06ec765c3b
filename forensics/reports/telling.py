"""The first hour as lines for a terminal. Every text from evidence passes through `visible`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forensics.coverage.telling import lines as ledger_lines
from forensics.lineage.tree import sure
from forensics.reports.error_rates import PUBLISHED
from forensics.reports.first_hour import Clock, FirstHour, Item
from forensics.reports.records import iso
from forensics.store.rows import GapRow, OpaqueRow
from forensics.text_safety import visible
from forensics.ways import words

MOST_LINES = 40
"""Lines of one kind; `--json` gives all."""
NAMED = 3


def report_lines(hour: FirstHour, *, now: float) -> Iterator[str]:
    """The whole report; `now` (Unix seconds) is what the clock is held against."""
    yield f"{visible(hour.subject)}  {visible(hour.title)}"
    yield f"  from {iso(hour.start)} to {iso(hour.end)}"
    for heading, lines in sections(hour, now=now):
        yield ""
        yield heading
        yield from (f"  {line}" for line in lines)


def sections(hour: FirstHour, *, now: float) -> Iterator[tuple[str, list[str]]]:
    """The questions of the first hour and their answers, line by line, safe to show."""
    yield "What left", list(left_lines(hour))
    yield "How sure", list(sure_lines(hour))
    yield "What cannot be known", list(unknown_lines(hour))
    yield "What could be seen at all", list(ledger_lines(hour.coverage))
    yield "Whose data", list(whose_lines(hour))
    yield "The 72-hour clock (GDPR article 33)", list(clock_lines(hour, now=now))
    yield "What to do next", list(next_lines(hour))


def left_lines(hour: FirstHour) -> Iterator[str]:
    """What left, by which ways, and what of the register was in it."""
    if not hour.ways:
        yield "nothing that was seen left"
    for way in hour.ways:
        missing = f", {way.missing_bytes:,} of them never seen" if way.missing_bytes else ""
        yield f"{counted(way.objects, 'object')} {visible(words(way.channel))}, {counted(way.size, 'byte')}{missing}"
    if hour.clips:
        yield f"{counted(len(hour.clips), 'registered clip')}, {hour.seconds:.1f} s of speech"
    for kind in ("text", "file"):
        if number := sum(item.kind == kind for item in hour.items):
            yield counted(number, f"registered {kind}")
    yield from (f"rule {visible(rule)} matched {counted(number, 'time')}" for rule, number in hour.other_rules)
    yield from few((_item(item) for item in hour.items), len(hour.items))
    if hour.returned:
        named = ", ".join(hour.returned[:MOST_LINES])
        yield f"not counted: {counted(len(hour.returned), 'sanctioned return')} ({named})"
    if hour.is_cut:
        yield "there is more than this report holds or ties together: see `earwitness search`"


def sure_lines(hour: FirstHour) -> Iterator[str]:
    """Of each method used: how sure its weakest and strongest find is, and how often it is wrong."""
    for means, rate in PUBLISHED.items():
        found = [item for item in hour.items if item.means is means]
        if not found:
            continue
        least, most = max(item.doubt for item in found), min(item.doubt for item in found)
        span = sure(1 - most) if least == most else f"{sure(1 - least)} to {sure(1 - most)}"
        yield f"{rate.method}: {counted(len(found), 'item')}, each right with a probability of {span}"
        yield f"  published: {rate.statement}"
        if rate.interval is not None:
            low, high = rate.interval
            yield f"  that is {rate.errors / rate.trials:.2%} (95 % interval {low:.2%} to {high:.2%})"
    if hour.other_rules:
        yield "other rules: they find what they describe; no error rate is published for them"
    if hour.inferred:
        yield f"inferred from sizes and open files, not seen itself: {', '.join(hour.inferred)}"


def unknown_lines(hour: FirstHour) -> Iterator[str]:
    """What nobody saw: gaps, unread connections, missing bytes, what could not be opened."""
    concerned = hour.gaps_concerned
    if concerned:
        yield f"{counted(len(concerned), 'gap')} on these ways: more may have left than was seen"
    yield from few((gap_words(gap) for gap in concerned), len(concerned))
    if hour.gaps_elsewhere:
        yield f"{counted(hour.gaps_elsewhere, 'gap')} on other ways in the same window"
    if hour.opaque:
        up = sum(flow.up for flow in hour.opaque)
        yield f"{counted(len(hour.opaque), 'connection')} not read, {counted(up, 'byte')} sent in them"
    yield from few((flow_words(flow) for flow in hour.opaque), len(hour.opaque))
    holes = (
        f"{hole.finding} {visible(hole.name)}: bytes {hole.start_byte:,} to {hole.end_byte:,} never seen"
        for hole in hour.holes
    )
    yield from few(holes, len(hour.holes))
    unread = (
        f"{each.finding} {' » '.join(map(visible, each.path))}: {each.outcome.value.replace('_', ' ')}"
        f"{f' ({visible(each.reason)})' if each.reason else ''}, {counted(each.size, 'byte')}"
        for each in hour.unread
    )
    yield from few(unread, len(hour.unread))
    yield "never known: phones held to the loudspeaker, photographs of the screen, what left where nothing watches"


def whose_lines(hour: FirstHour) -> Iterator[str]:
    """Whose data it is, as far as the register tells."""
    for issue in hour.packages:
        programme = f", programme {visible(issue.programme)}" if issue.programme else ""
        to = (
            f", issued to {_named(issue.recipients)}"
            if issue.recipients
            else ", to whom it was issued is not registered"
        )
        yield f"package {visible(issue.package)}{programme}{to}"
    if hour.languages:
        yield f"languages named inside: {visible(', '.join(hour.languages))}"
    if hour.clips:
        yield (
            f"people recorded: at least {hour.least_people}, as many as {len(hour.clips)} or more:"
            f" whose voice a clip holds, and of how many, is not recorded"
        )
    elif hour.items:
        yield f"people concerned: at least {hour.least_people}; how many cannot be told from texts"
    else:
        yield "nothing registered was recognised: whose data it is must be found out from the content"


def clock_lines(hour: FirstHour, *, now: float) -> Iterator[str]:
    """Both readings of when the organisation became aware, with the time left."""
    acknowledged = next((clock for clock in hour.clocks if clock.basis == "acknowledged"), None)
    for clock in hour.clocks:
        yield _clock(clock, now)
    if not hour.clocks:
        yield "no alert: the clock does not run from anything recorded here"
    elif acknowledged is None:
        yield "nobody acknowledged an alert yet: until then count from the recording"
    yield "when an organisation is aware, and whether it must notify, is for the data protection officer to judge"


def next_lines(hour: FirstHour) -> Iterator[str]:
    """What can be done, in the order in which it gets harder later; what applies to this case only."""
    yield "keep the evidence: export it now and store the bundle and the heads of the log on another machine"
    yield "tell the data protection officer: the clock above, whose data, what cannot be known"
    if hour.items:
        yield "confirm with the issuer which clips these are; listen only where that does not answer it"
    if hour.packages:
        yield "ask the recipients named above what happened, before concluding that it was they"
    if hour.ways:
        yield "ask whoever holds the destinations to keep and then delete what arrived, and for their access logs"
    if hour.gaps_concerned or hour.opaque:
        yield "look for copies elsewhere: the gaps and unread connections above may hide more of the same"
    if hour.unread or hour.holes:
        yield "get passwords, keys or the missing parts for what could not be read, and scan it again"


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 gap`, `2,000 gaps`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def few(lines: Iterable[str], number: int) -> Iterator[str]:
    """The first lines, and how many more there are."""
    for count, line in enumerate(lines):
        if count == MOST_LINES:
            yield f"and {number - MOST_LINES:,} more (--json gives all)"
            return
        yield line


def gap_words(gap: GapRow) -> str:
    """A gap on one line."""
    size = "" if gap.size < 0 else f", {gap.size:,} {visible(gap.unit)}"
    detail = f" ({visible(gap.detail)})" if gap.detail else ""
    return f"G{gap.id} {iso(gap.start)} to {iso(gap.end)} {visible(gap.channel)}: {visible(gap.cause)}{size}{detail}"


def flow_words(flow: OpaqueRow) -> str:
    """A connection that was not read, on one line."""
    who = visible(flow.process or flow.user) or "unknown process"
    to = visible(flow.name or flow.destination)
    return (
        f"Q{flow.id} {iso(flow.start)} {visible(flow.protocol) or 'unknown'} to {to}: {flow.up:,} bytes sent by {who}"
    )


def _item(item: Item) -> str:
    seconds = f", {item.seconds:.1f} s" if item.seconds else ""
    package = f" of {visible(item.package)}" if item.package else ""
    return f"{item.kind} {visible(item.id)}{package}{seconds}: {visible(item.words)} ({sure(1 - item.doubt)})"


def _clock(clock: Clock, now: float) -> str:
    hours = (clock.deadline - now) / 3600
    left = f"{hours:.1f} hours left" if hours >= 0 else f"{-hours:.1f} hours ago"
    what = {"recorded": "first alert recorded", "acknowledged": "first alert acknowledged"}[clock.basis]
    return f"{what} {iso(clock.time)}: notify by {iso(clock.deadline)} ({left})"


def _named(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(visible(name) for name in names[:NAMED]) + more
