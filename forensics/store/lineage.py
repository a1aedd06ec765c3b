"""The lineage of an incident: its alerts, the sightings of the same content, and how one came from another."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from forensics.database import Connection, Row
from forensics.lineage.edges import edges
from forensics.lineage.nouns import Means, Piece, Sighting, Trace
from forensics.sound_words import odds
from forensics.store import convert, issued
from forensics.store.access import fetch_all, marks
from forensics.store.rows import ArtifactRow, Lineage, MatchRow

MOST_SIGHTINGS = 300
"""The latest of an incident that are tied together."""
FILE_ID, CAME, CHANGED = "file.id", "file.came", "file.changed"
"""Facts of a file: device and inode, how it came, when it last changed (Unix seconds)."""
OPENED, OPENED_BY = "opened", "opened.by"
"""Facts of any content: the files in evidence that were open to who wrote or sent it, a line each, and to whom."""
RENAMED, FOUND = "renamed", "found by a scan"
INFERENCE = "inference"
"""What observations name as their sensor that were not seen themselves."""
PASSAGE_DOUBT = 0.002
"""The share of unrelated passages of the same kind of talk that the text matcher takes for one (`make bench`)."""
PICTURE_DOUBT = 0.006
"""How often at most another screen of one layout is taken for a registered one (`make bench-pictures`)."""
_LOCKED_RULE = "registered-member"


def lineage(connection: Connection, observations: Sequence[int]) -> Lineage:
    """What is known of how these observations hang together; of very many the latest."""
    ids = sorted(observations)[-MOST_SIGHTINGS:]
    matches = _matches(connection, ids)
    artifacts = _artifacts(connection, ids, {(id, match.artifact_number) for id in ids for match in matches[id]})
    sql = f"SELECT o.* FROM observations o WHERE o.id IN ({marks(len(ids))}) ORDER BY o.id"
    rows = fetch_all(connection, sql, ids)
    sightings = [_sighting(row, artifacts[row["id"]], matches[row["id"]]) for row in rows if artifacts[row["id"]]]
    packages = {match.package: match.programme for found in matches.values() for match in found if match.package}
    return Lineage(
        issues=issued.issues(connection, packages),
        sightings=tuple(sorted(sightings, key=lambda seen: seen.time)),
        edges=edges(sightings),
    )


def _matches(connection: Connection, ids: Sequence[int]) -> Mapping[int, list[MatchRow]]:
    """The accepted matches that name something registered, by observation, in their order."""
    sql = (
        f"SELECT * FROM matches WHERE observation IN ({marks(len(ids))}) AND accepted AND item != ''"
        " ORDER BY observation, number"
    )
    found: dict[int, list[MatchRow]] = defaultdict(list)
    for row in fetch_all(connection, sql, ids):
        found[row["observation"]].append(convert.match_row(row))
    return found


def _artifacts(
    connection: Connection, ids: Sequence[int], wanted: set[tuple[int, int]]
) -> Mapping[int, list[ArtifactRow]]:
    """Of each observation its own content, then those of its artifacts that are wanted."""
    sql = f"SELECT *, 0 AS is_kept FROM artifacts WHERE observation IN ({marks(len(ids))}) ORDER BY number"
    found: dict[int, list[ArtifactRow]] = defaultdict(list)
    for row in fetch_all(connection, sql, ids):
        if row["number"] == 0 or (row["observation"], row["number"]) in wanted:
            found[row["observation"]].append(convert.artifact_row(row))
    return found


def _sighting(row: Row, artifacts: Sequence[ArtifactRow], matches: Sequence[MatchRow]) -> Sighting:
    seen = convert.sighting_row(row)
    facts = artifacts[0].facts
    place = (seen.destination or seen.source) if seen.is_leaving else (seen.source or seen.destination)
    is_inferred = row["sensor"] == INFERENCE
    index = {artifact.number: position for position, artifact in enumerate(artifacts)}
    return Sighting(
        id=f"A{seen.alert_id}" if seen.alert_id else f"O{seen.id}",
        time=_seconds(facts.get(CHANGED, ""), seen.time),
        channel=seen.channel,
        place=place,
        name=seen.name,
        is_leaving=seen.is_leaving,
        is_wire=not place.startswith("file:"),
        is_inferred=is_inferred,
        user=seen.user,
        process=seen.process or facts.get(OPENED_BY, ""),
        file=facts.get(FILE_ID, ""),
        was_renamed=facts.get(CAME) == RENAMED,
        is_found=facts.get(CAME) == FOUND,
        opened=(seen.source,) if is_inferred else tuple(facts.get(OPENED, "").splitlines()),
        pieces=tuple(Piece(name=a.path[-1], sha256=a.sha256, media_type=a.media_type) for a in artifacts),
        traces=tuple(_trace(each, index[each.artifact_number]) for each in matches if each.artifact_number in index),
    )


def _trace(match: MatchRow, piece: int) -> Trace:
    means, doubt, words = known_by(match)
    return Trace(item=match.item, package=match.package, piece=piece, means=means, doubt=doubt, words=words)


def known_by(match: MatchRow) -> tuple[Means, float, str]:
    """By what an item was known, how likely it is something else, and that in words."""
    if match.rule == _LOCKED_RULE:
        name = match.why[0].text.partition(" ")[2] if match.why else ""
        return Means.MEMBER, 1 - match.score, f"{name or 'a member'}, encrypted inside, has its CRC-32 and size"
    if match.matcher == "audio":
        end_s = match.clip_start_s + match.duration_s
        words = f"seconds {match.clip_start_s:.1f} to {end_s:.1f} heard"
        if match.sound is None:
            return Means.SOUND, 1 - match.score, words
        doubt = min(1.0, max(0.0, match.sound.false_alarm))
        return Means.SOUND, doubt, f"{words}, by chance: {odds(doubt)}"
    if match.matcher == "image":
        return Means.LOOK, PICTURE_DOUBT, "what is to be seen in it"
    if match.matcher == "text":
        return Means.WORDS, PASSAGE_DOUBT, "its words"
    return Means.BYTES, 0.0, "the registered bytes"


def _seconds(text: str, otherwise: float) -> float:
    """A fact that is a time; what somebody else wrote into the store is none."""
    try:
        value = float(text)
    except ValueError:
        return otherwise
    return value if math.isfinite(value) else otherwise
