"""What the store holds about one person: for that person to see, and to contest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from forensics.database import Connection, Row
from forensics.pseudonyms import PERSON
from forensics.store import convert
from forensics.store.access import fetch_all, fetch_one, marks, question
from forensics.store.cases import ABOUT
from forensics.store.rows import CustodyRow
from forensics.store.tags import tag
from forensics.store.texts import stored

OF_MACHINES = ("signing key", "take over", "watched", "content sealed", "content destroyed", "clear content removed")
"""Acts that are nobody's looking or deciding."""
OF_A_CASE = "(words left out: other people may be in them, and an inquiry may be under way)"
"""Stands for what an act about a case says (GDPR articles 15(4) and 23): who did it, and when, is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCount:
    """What was recorded of a person on one channel. Times are Unix seconds."""

    channel: str
    recorded: int
    alerts: int
    first: float
    last: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """What is kept about a person, and everybody who looked at it or decided about it, oldest first."""

    user: str
    channels: tuple[ChannelCount, ...]
    connections: int
    """Connections of theirs that were not read: names and sizes."""
    contents: int
    """Files whose content is kept, sealed."""
    soundings: int
    """Recordings of which codes of speech are kept, whatever was found in them."""
    accesses: tuple[CustodyRow, ...]


@question
def about(connection: Connection, user: str) -> Personal:
    """What is kept about the user of that name. Raises StoreError."""
    names = names_of(connection, user)
    match = " OR ".join(f'"{tag("user", name)}"' for name in names)
    is_one = f"user IN ({marks(len(names))})"
    own = f"FROM observations WHERE id IN (SELECT rowid FROM evidence_fts WHERE evidence_fts MATCH ?) AND {is_one}"
    sql = f"SELECT channel, count(*), count(alert), min(time), max(time) {own} GROUP BY channel ORDER BY channel"
    channels = tuple(
        ChannelCount(channel=row[0], recorded=row[1], alerts=row[2], first=row[3], last=row[4])
        for row in fetch_all(connection, sql, (match, *names))
    )
    contents = f"SELECT count(DISTINCT k.value) FROM (SELECT kept {own}) o, json_each(o.kept) k"
    kept = f"{contents} WHERE k.value IN (SELECT sha256 FROM content)"
    return Personal(
        user=names[-1],
        channels=channels,
        connections=_number(connection, f"SELECT count(*) FROM opaque WHERE {is_one}", *names),
        contents=_number(connection, kept, match, *names),
        soundings=_number(connection, f"SELECT count(DISTINCT key) FROM features WHERE {is_one}", *names),
        accesses=tuple(_accesses(connection, names)),
    )


@question
def names_of(connection: Connection, user: str) -> tuple[str, ...]:
    """What somebody is called in the store: by name, in what an earlier Earwitness recorded, and by pseudonym."""
    name = stored(user, 500)
    instead = str(fetch_all(connection, "SELECT pseudonym(?)", [name])[0][0])
    return tuple(dict.fromkeys((name, instead)))


def _number(connection: Connection, sql: str, *parameters: str) -> int:
    row = fetch_one(connection, sql, parameters)
    return int(row[0]) if row is not None else 0


def _accesses(connection: Connection, names: Sequence[str]) -> Iterator[CustodyRow]:
    sql = "SELECT * FROM acts ORDER BY id"
    for row in fetch_all(connection, sql):
        if row["action"] not in OF_MACHINES and _is_about(connection, row, names):
            found = convert.custody_row(row)
            yield replace(found, detail=OF_A_CASE) if row["about"].startswith(ABOUT) else found


def _is_about(connection: Connection, act: Row, names: Sequence[str]) -> bool:
    """Say whether an act concerns evidence of this user: an observation, an alert, an incident with one, or all."""
    if act["about"] in [f"{PERSON}{name}" for name in names]:
        return True
    if str(act["about"]).startswith(ABOUT):
        return _is_case_about(connection, str(act["about"]).removeprefix(ABOUT), names)
    letter, _, rest = str(act["about"]).partition(":")
    place = rest.split(":")
    if len(place) != 3 or not place[1].isdecimal() or not place[2].isdecimal():
        return False
    sql = {
        "O": "SELECT 1 FROM observations WHERE agent = ? AND epoch = ? AND seq = ? AND user IN ({})",
        "A": "SELECT 1 FROM observations WHERE agent = ? AND epoch = ? AND seq = ? AND user IN ({})",
        "I": "SELECT 1 FROM observations o JOIN incidents i ON i.id = o.incident JOIN logs l ON l.id = i.log"
        " WHERE o.alert IN (SELECT id FROM alerts WHERE incident = i.id)"
        " AND l.agent = ? AND l.epoch = ? AND i.seq = ? AND o.user IN ({}) LIMIT 1",
    }.get(letter)
    if sql is None:
        return False
    parameters = (place[0], int(place[1]), int(place[2]), *names)
    return bool(fetch_all(connection, sql.format(marks(len(names))), parameters))


def _is_case_about(connection: Connection, case: str, names: Sequence[str]) -> bool:
    """Say whether evidence of this user is in a case."""
    members = fetch_all(connection, "SELECT subject AS about FROM case_members WHERE case_name = ?", [case])
    return any(_is_about(connection, each, names) for each in members if not each["about"].startswith(ABOUT))
