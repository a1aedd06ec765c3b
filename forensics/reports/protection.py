"""The data-protection summary: what is done with people's data here, generated from configuration and store.

It holds the facts that a record of processing (Art. 30 GDPR), the information of those concerned (Art. 13) and an
impact assessment (Art. 35) ask of the tool. What only the controller can know stays a blank that says so. The order is
fixed, so that two summaries can be compared line by line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from forensics.reports.protection_words import FIELDS, NEVER, SETTINGS, TECHNICAL
from forensics.reports.records import iso
from forensics.store.holdings import Holdings
from forensics.text_safety import visible

BLANK = "[to be filled in by the controller]"
_WIDENING = ("network.keylog", "network.infer", "files.sync", "keep.features_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What runs here: settings by dotted name as they stand, the custodians' names, the store's folder."""

    settings: Mapping[str, str]
    custodians: Sequence[str]
    store: str
    host: str
    keep_days: int
    names_days: int
    features_days: int
    witnesses: Sequence[str]
    has_pseudonyms: bool
    private: Sequence[str]
    protected: Mapping[str, str]
    """Protected channels by name: which destinations they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading, the articles of the GDPR it serves, and its lines."""

    title: str
    articles: str
    lines: tuple[str, ...]


def sections(running: Running, held: Holdings) -> tuple[Section, ...]:
    """The whole summary."""
    return (
        _section("Controller", "Art. 13, 30", _controller()),
        _section("Purpose and basis", "Art. 5 (1) b, 6, 88", _purpose()),
        _section("Whose data", "Art. 9, 30 (1) c", _people(held)),
        _section("What is watched", "Art. 5 (1) c, 25", _watched(running)),
        _section("What is stored", "Art. 5 (1) c, 30 (1) c", [f"{name}: {said}" for name, said in FIELDS.items()]),
        _section("What is never stored", "Art. 5 (1) c, 25, 88", _never(running, held)),
        _section("Where, and how it is secured", "Art. 32", _secured(running)),
        _section("How long", "Art. 5 (1) e, 17", _how_long(running, held)),
        _section("Who looks, and who gets it", "Art. 5 (2), 30 (1) d", _who_looks(running, held)),
        _section("Rights of those concerned", "Art. 12-21", _rights()),
        _section("For an impact assessment", "Art. 35", _assessment(running, held)),
        _section("After a breach", "Art. 33, 34", _breach()),
    )


def markdown(parts: Sequence[Section], *, host: str) -> str:
    """The summary as Markdown."""
    lines = [f"# Data protection: Earwitness on {visible(host)}", ""]
    for part in parts:
        lines += [f"## {part.title} ({part.articles})", "", *(f"- {line}" for line in part.lines), ""]
    return "\n".join(lines)


def html(parts: Sequence[Section], *, host: str) -> str:
    """The summary as a page without script or anything from elsewhere."""
    title = escape(f"Data protection: Earwitness on {visible(host)}")
    body = "".join(
        f"<h2>{escape(part.title)} ({escape(part.articles)})</h2><ul>"
        + "".join(f"<li>{escape(line)}</li>" for line in part.lines)
        + "</ul>"
        for part in parts
    )
    policy = "default-src 'none'"
    return (
        f'<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><meta charset="utf-8"/>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"/><title>{title}</title></head>'
        f"<body><h1>{title}</h1>{body}</body></html>\n"
    )


def _section(title: str, articles: str, lines: Sequence[str] | Iterator[str]) -> Section:
    return Section(title=title, articles=articles, lines=tuple(lines))


def _controller() -> Iterator[str]:
    for what in ("controller and contact", "data protection officer", "processors and sub-processors"):
        yield f"{what}: {BLANK}"


def _purpose() -> Iterator[str]:
    yield "purpose: to notice, and to prove, that audio clips or translation packages issued to contractors leave"
    yield "the evidence serves no other purpose; performance and behaviour cannot be told from it"
    yield f"legal basis, balancing of interests, works agreement: {BLANK}"
    yield f"date and version of the notice that those concerned were given: {BLANK}"


def _people(held: Holdings) -> Iterator[str]:
    yield f"contractors whose workstations are watched; {held.people} appear in what is recorded"
    yield "people who are heard or named in registered clips and packages"
    yield f"whether what is spoken of is special (health, beliefs, ...; Art. 9): {BLANK}"
    yield "people whom a file or message went to, by address"
    yield "those who look at evidence, by account, in the log"
    yield f"number of workstations and people concerned: {BLANK}"


def _watched(running: Running) -> Iterator[str]:
    for name, said in SETTINGS.items():
        if said != TECHNICAL:
            value = running.settings.get(name, "")
            yield f"`{name}` ({said}): {visible(value) or 'not set'}"


def _never(running: Running, held: Holdings) -> Iterator[str]:
    yield from NEVER
    if running.features_days:
        yield "but codes of all speech that leaves are stored, whatever is found in it (keep.features_days)"
    yield "of files in which nothing was found, paths, sizes and times stand in the list of what was read here"
    for name, where in running.protected.items():
        count = held.spared.get(name, 0)
        yield f"what goes to {visible(name)} ({visible(where)}): counted by the month, nothing else; {count} so far"
    yield f"never opened here: {visible(', '.join(running.private)) or 'nothing is named private (files.private)'}"


def _secured(running: Running) -> Iterator[str]:
    yield f"the evidence lies in {visible(running.store)}, readable to its owner alone"
    names, are_enough = ", ".join(map(visible, running.custodians)), len(running.custodians) > 1
    if not running.has_pseudonyms:
        yield "people bear their own names: privacy.pseudonyms is switched off"
    elif are_enough:
        yield "people bear pseudonyms; their names are sealed for the custodians"
    else:
        yield "people bear pseudonyms; their names are not kept, for there are fewer than two custodians"
    if are_enough:
        yield f"content of alerts is sealed for {names}: any two of them together can open it, and that is logged"
    else:
        yield "no content is kept: there are fewer than two custodians"
    yield "every entry is chained and signed (SHA-256, RFC 6962, Ed25519); `earwitness verify` finds any change"
    yield "files are opened by caged processes without network, with bounded memory and time"
    ring = running.settings.get("network.ring_folder")
    where = f" but captured traffic until it was examined, in {visible(ring)}" if ring else ""
    yield f"files are never on a disk in clear{where}"
    yield "in the database in clear: words that matches quote, and codes of speech that was heard"
    yield f"encryption of the disk, access to the machine, backups: {BLANK}"


def _how_long(running: Running, held: Holdings) -> Iterator[str]:
    yield f"content: {running.keep_days} days, unless it is held; then its key is destroyed"
    yield f"names: {running.names_days} days after they were last needed, unless evidence of that person is held"
    yield f"held now: {held.holds}"
    if running.features_days:
        yield f"codes of speech that left: {running.features_days} days"
    yield "the list of files that were read: while they are there; numbers of what was clean, runs of sensors: ever"
    yield f"what is recorded of finds (no content) stays with the log: when the store is ended, {BLANK}"
    if held.recorded:
        yield f"recorded from {iso(held.first)[:10]} to {iso(held.last)[:10]}"


def _who_looks(running: Running, held: Holdings) -> Iterator[str]:
    yield f"custodians: {', '.join(map(visible, running.custodians)) or 'none'}"
    for actor, count in held.actors.items():
        yield f"{visible(actor)}: {count} acts in the log"
    for action, count in held.looked.items():
        yield f"{visible(action)}: {count}"
    told = ", ".join(map(visible, running.witnesses))
    yield f"told hashes of the log, which say nothing of its content: {told or 'nobody'}"
    yield f"recipients of exports and forwarded events, transfers to third countries: {BLANK}"


def _rights() -> Iterator[str]:
    yield "access (Art. 15): `earwitness what-is-kept` says what is kept about a person and who looked at it"
    yield "objection and rectification (Art. 16, 21): `what-is-kept --contest`; whoever decides reads it"
    yield "erasure (Art. 17): content and names by destroying their keys; the log keeps pseudonym and proof"
    yield f"where to turn to: {BLANK}"


def _assessment(running: Running, held: Holdings) -> Iterator[str]:
    yield f"{held.examined} objects were examined, {held.recorded} recorded, {held.alerts} alerted"
    yield f"{held.unread} connections were not read; content of {held.kept} objects is kept"
    reasons = ", ".join(f"{visible(reason)} {count}" for reason, count in held.closed.items())
    yield f"alerts closed so far, by reason: {reasons or 'none'}"
    yield "evaluation or scoring of people: none; automated decisions: none, a person decides on every alert"
    wider = [name for name in _WIDENING if running.settings.get(name)]
    yield f"settings that widen what is seen: {', '.join(wider) or 'none'}"
    yield f"necessity, proportionality, residual risk: {BLANK}"


def _breach() -> Iterator[str]:
    yield "`earwitness report --incident` says what left, how sure, whose data, and when the 72 hours end"
    yield f"supervisory authority and its form: {BLANK}"
