"""Analyses as the pipeline would hand them over, for the store's tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from forensics.content import Content
from forensics.database import Connection
from forensics.model import (
    Analysis,
    Artifact,
    ByteRange,
    Excerpt,
    IncidentKey,
    Match,
    Observation,
    Outcome,
    OutcomeKind,
    Severity,
    Subject,
    Verdict,
    Versions,
)
from forensics.pseudonyms import pseudonym
from forensics.sealing.custodian import CustodianKey
from forensics.sealing.envelope import opened, read_header
from forensics.sealing.shares import joined
from forensics.store.blobs import Blobs
from forensics.store.custodians import Custodians
from tests.sealing.people import custodians

NOW = 1_700_000_000.0
"""2023-11-14T22:13:20Z."""


def name_custodians(folder: Path, count: int = 3) -> list[CustodianKey]:
    """Give a store people to seal its content for; their private keys."""
    keys = custodians(count)
    for key in keys:
        Custodians(folder).add(key.public)
    return keys


def called(folder: Path, name: str) -> str:
    """What evidence in a store calls somebody."""
    return pseudonym((folder / "people" / "key").read_bytes(), name)


def unsealed(store: Path, path: str, keys: Sequence[CustodianKey], sha256: str) -> bytes:
    """What an envelope holds, opened by the first two of its custodians."""
    with Blobs(store).open(path) as file:
        header = read_header(file)
        shares = {n: keys[n - 1].unseal(header.shares[n - 1], header.purpose(n, sha256)) for n in (1, 2)}
        return b"".join(opened(file, header=header, key=joined(shares)))


def observation(key: str = "key-1", **values: object) -> Observation:
    """A file leaving for a removable medium."""
    settings: dict[str, object] = {
        "key": key,
        "channel": "removable",
        "time": NOW,
        "name": "clip.wav",
        "content": Content.of(b"RIFF" + key.encode("utf-8", "surrogatepass")),
        "source": "file:///home/user1/work/clip.wav",
        "destination": "file:///media/stick/clip.wav",
        "subject": Subject(host="ws-1", user="user1", process="cp", pid=42, method="owner"),
        "missing": (ByteRange(start=3, end=9),),
        "sensor": "files",
    }
    return Observation(**{**settings, **values})  # type: ignore[arg-type]


def match(**values: object) -> Match:
    """A registered clip, heard."""
    settings: dict[str, object] = {
        "rule": "registered-audio",
        "matcher": "audio",
        "artifact": 0,
        "score": 0.97,
        "title": "Registered clip C-001",
        "severity": Severity.HIGH,
        "item": "C-001",
        "package": "PKG-7",
        "query_start_s": 1.5,
        "clip_start_s": 0.25,
        "duration_s": 5.0,
        "why": (Excerpt(kind="audio", label="C-001", text="heard from 0.25 s to 5.25 s"),),
    }
    return Match(**{**settings, **values})  # type: ignore[arg-type]


def analysis(
    seen: Observation | None = None,
    matches: Sequence[Match] | None = None,
    *,
    inside: Mapping[str, OutcomeKind] | None = None,
    media_type: str = "audio/wav",
) -> Analysis:
    """One observation with what is inside it; without `matches`, the clip matched."""
    seen = seen or observation()
    matches = (match(),) if matches is None else tuple(matches)
    artifacts = [Artifact(number=0, parent=None, path=(seen.name,), media_type=media_type, content=seen.content)]
    kind = OutcomeKind.MATCHED if any(found.accepted for found in matches) else OutcomeKind.CLEAN
    outcomes = [Outcome(artifact=0, kind=kind)]
    for number, (name, outcome) in enumerate((inside or {}).items(), 1):
        artifacts.append(
            Artifact(
                number=number,
                parent=0,
                path=(seen.name, name),
                media_type="text/plain",
                content=Content.of(name.encode("utf-8", "surrogatepass")),
                facts={"package.id": "PKG-7"},
            )
        )
        outcomes.append(Outcome(artifact=number, kind=outcome, reason=f"{outcome.value} inside"))
    return Analysis(
        observation=seen,
        artifacts=tuple(artifacts),
        matches=matches,
        outcomes=tuple(outcomes),
        versions=Versions(engine="1.0", rules="r1", index="i1"),
    )


def verdict(**values: object) -> Verdict:
    """An alert about the clip."""
    settings: dict[str, object] = {
        "is_alert": True,
        "severity": Severity.HIGH,
        "title": "Clip C-001 to a removable medium",
        "reason": "registered-audio: Registered clip C-001",
        "items": ("item:C-001", "package:PKG-7"),
    }
    return Verdict(**{**settings, **values})  # type: ignore[arg-type]


QUIET = verdict(is_alert=False, severity=Severity.INFO, title="", reason="nothing matched", items=())


def latest(verdict: Verdict, observation: Observation, incidents: Sequence[IncidentKey]) -> int | None:
    """Join the latest incident that shares an item."""
    fitting = [incident for incident in incidents if set(incident.items) & set(verdict.items)]
    return max(fitting, key=lambda incident: incident.last_time).id if fitting else None


def before_waiting(connection: Connection) -> None:
    """Take a store back to what it was before it kept count of what waits (schema 8), and before there were cases."""
    for table in ("cases", "case_members", "case_notes", "case_tasks"):
        connection.execute(f"DROP TABLE {table}")
    sql = (
        "SELECT type, name FROM sqlite_schema WHERE type = 'trigger' OR name IN ('incidents_state', 'incidents_latest')"
    )
    for kind, name in connection.execute(sql).fetchall():
        connection.execute(f"DROP {kind} {name}")
    connection.execute("ALTER TABLE incidents DROP COLUMN latest")
    connection.execute("DROP TABLE waiting")
    connection.execute("CREATE INDEX incidents_state ON incidents(state, id)")
    connection.execute("PRAGMA user_version = 8")
