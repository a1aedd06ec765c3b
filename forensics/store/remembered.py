"""What is stored of an observation, as the types it was made of; content is there only by size and digest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from forensics.content import Content
from forensics.database import Connection, Row
from forensics.model import Artifact, Direction, Excerpt, Match, Observation, Severity, Subject, Versions
from forensics.store import details
from forensics.store.access import fetch_all, fetch_each, fetch_one, question
from forensics.store.packing import Packed, unpacked
from forensics.store.shapes import Values
from forensics.store.sounds import unpacked_sound
from forensics.store.texts import restored

_SQL = "SELECT e.id, e.body, e.log, a.id AS alert FROM entries e LEFT JOIN alerts a ON a.entry = e.id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """One stored observation. `kept` are digests of content that is still kept, `alert` the id of its alert or None.

    `texts` are the excerpts of text that its matches show, as views; `heard` the matches that say how they were heard.
    """

    id: int
    alert: int | None
    observation: Observation
    artifacts: tuple[Artifact, ...]
    matches: tuple[Match, ...]
    texts: tuple[Artifact, ...]
    kept: tuple[str, ...]
    versions: Versions
    artifact_values: tuple[Values, ...]
    match_values: tuple[Values, ...]
    """Artifacts and matches as they are stored."""

    @property
    def is_kept(self) -> bool:
        """Say whether content of it can be unsealed."""
        return bool(self.kept)

    @property
    def heard(self) -> tuple[Match, ...]:
        """The matches that were heard."""
        return tuple(match for match in self.matches if match.sound is not None and match.accepted)


def each(connection: Connection, *, since: float, until: float) -> Iterator[Remembered]:
    """Every observation of that time, oldest first. Raises StoreError."""
    for row in fetch_each(connection, f"{_SQL} WHERE e.kind = 'O' ORDER BY e.id"):
        found = _remembered(connection, row)
        if since <= found.observation.time < until:
            yield found


@question
def one(connection: Connection, id: int) -> Remembered | None:
    """One observation, or None."""
    row = fetch_one(connection, f"{_SQL} WHERE e.kind = 'O' AND e.id = ?", [id])
    return None if row is None else _remembered(connection, row)


@question
def clean(connection: Connection, *, since: float, until: float) -> int:
    """How many objects of that time left nothing but their number."""
    sql = "SELECT coalesce(sum(objects), 0) FROM tallies WHERE hour >= ? AND hour < ? AND outcome = 'clean'"
    row = fetch_one(connection, sql, [since - 3600, until])
    return int(row[0]) if row is not None else 0


def _remembered(connection: Connection, row: Row) -> Remembered:
    packed = unpacked(json.loads(row["body"]))
    seen = packed.observation
    kept = tuple(digest for digest in seen["kept"] if _is_kept(connection, digest))
    artifacts = tuple(_artifact(values) for values in packed.artifacts)
    return Remembered(
        id=row["id"],
        alert=row["alert"],
        observation=_observation(row["id"], seen, artifacts),
        artifacts=artifacts,
        matches=tuple(_match(values) for values in packed.matches),
        texts=tuple(_texts(packed, artifacts)),
        kept=kept,
        versions=details.versions(connection, row["log"], seen["versions"]),
        artifact_values=packed.artifacts,
        match_values=packed.matches,
    )


def _is_kept(connection: Connection, digest: str) -> bool:
    return bool(fetch_all(connection, "SELECT 1 FROM content WHERE sha256 = ?", [digest]))


def _observation(id: int, seen: Values, artifacts: tuple[Artifact, ...]) -> Observation:
    subject = Subject(
        host=restored(seen["host"]),
        user=restored(seen["user"]),
        process=restored(seen["process"]),
        pid=seen["pid"],
        method=restored(seen["method"]),
    )
    return Observation(
        key=f"O{id}",
        channel=restored(seen["channel"]),
        time=seen["time"],
        name=restored(seen["name"]),
        content=artifacts[0].content if artifacts else Content.recorded(size=0, sha256=""),
        source=restored(seen["source"]),
        destination=restored(seen["destination"]),
        direction=Direction(seen["direction"]),
        is_leaving=bool(seen["is_leaving"]),
        subject=subject,
        sensor=restored(seen["sensor"]),
        capture=restored(seen["capture"]),
    )


def _artifact(values: Values) -> Artifact:
    return Artifact(
        number=values["number"],
        parent=values["parent"],
        path=tuple(restored(part) for part in values["path"]),
        media_type=restored(values["media_type"]),
        content=Content.recorded(size=values["size"], sha256=values["sha256"]),
        facts={restored(name): restored(value) for name, value in values["facts"].items()},
    )


def _match(values: Values) -> Match:
    return Match(
        rule=restored(values["rule"]),
        matcher=restored(values["matcher"]),
        artifact=values["artifact"],
        score=values["score"],
        title=restored(values["title"]),
        severity=Severity(values["severity"]),
        accepted=bool(values["accepted"]),
        item=restored(values["item"]),
        package=restored(values["package"]),
        programme=restored(values["programme"]),
        query_start_s=values["query_start_s"],
        clip_start_s=values["clip_start_s"],
        duration_s=values["duration_s"],
        speed=values["speed"],
        category=restored(values["category"]),
        technique=restored(values["technique"]),
        why=tuple(_excerpt(each) for each in values["why"]),
        sound=unpacked_sound(values["sound"]) if values["sound"] else None,
    )


def _excerpt(values: list[str | int]) -> Excerpt:
    kind, label, offset, length, text = values
    return Excerpt(
        kind=str(kind), label=restored(str(label)), offset=int(offset), length=int(length), text=restored(str(text))
    )


def _texts(packed: Packed, artifacts: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """The texts that matches quote, each once, as views of the artifact they stand in."""
    owners = {artifact.number: artifact for artifact in artifacts}
    seen: set[tuple[int, str]] = set()
    for values in packed.matches:
        owner = owners.get(values["artifact"])
        for kind, label, _, _, text in values["why"]:
            place = (values["artifact"], text)
            if owner is None or kind != "text" or not text.strip() or place in seen:
                continue
            seen.add(place)
            yield Artifact(
                number=owner.number,
                parent=owner.parent,
                path=owner.path,
                media_type="text/plain",
                content=Content.of(restored(text).encode("utf-8", "replace")),
                role=restored(label),
                is_view=True,
                facts=owner.facts,
            )
