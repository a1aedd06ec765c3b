"""What the store answers with: frozen rows, ready to be shown or printed.

Every text may hold hostile characters exactly as they were seen; whoever shows one passes it through
`forensics.text_safety.visible`. Times are Unix seconds (UTC).
"""

from __future__ import annotations

from dataclasses import dataclass

from forensics.lineage.nouns import Edge, Sighting
from forensics.model import AlertState, ByteRange, Excerpt, OutcomeKind, Severity, Sound, Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """What a file looked like when it was read: unchanged numbers mean that it need not be read again."""

    root: str
    path: str
    dev: int
    ino: int
    size: int
    mtime_ns: int
    ctime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What recording did. `observation_id` is None when nothing was worth keeping (clean and unmatched)."""

    observation_id: int | None
    alert_id: int | None
    incident_id: int | None
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow:
    """Content that is kept, sealed: `path` is its envelope, relative to the store's folder."""

    sha256: str
    size: int
    path: str
    added: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """What is not destroyed when its time is over: `sha256:...`, an alert or an incident; who said so, and why."""

    subject: str
    since: float
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One line of the queue: the alert and what was observed."""

    id: int
    incident_id: int
    time: float
    severity: Severity
    title: str
    reason: str
    state: AlertState
    owner: str
    channel: str
    name: str
    host: str
    user: str
    process: str
    source: str
    destination: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """The alerts of one leak as one story. `items` are the first hundred that tie it together, strongest first.

    `latest_alert` is the id of its newest alert: it rises whenever something happens in the incident.
    """

    id: int
    latest_alert: int
    title: str
    severity: Severity
    state: AlertState
    owner: str
    alert_count: int
    first_time: float
    last_time: float
    host: str
    user: str
    items: tuple[str, ...]
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingRow:
    """One kept observation, alerted on (`alert_id`) or only seen."""

    id: int
    alert_id: int | None
    time: float
    channel: str
    name: str
    is_leaving: bool
    host: str
    user: str
    process: str
    source: str
    destination: str
    reason: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactRow:
    """One artifact of an observation; `number` and `parent` are its place in the container tree."""

    id: int
    number: int
    parent: int | None
    path: tuple[str, ...]
    media_type: str
    size: int
    sha256: str
    outcome: OutcomeKind
    reason: str
    facts: dict[str, str]
    is_kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRow:
    """One rule that one artifact satisfied, and why."""

    id: int
    artifact_number: int
    rule: str
    matcher: str
    item: str
    package: str
    score: float
    accepted: bool
    severity: Severity
    title: str
    category: str
    technique: str
    query_start_s: float
    clip_start_s: float
    duration_s: float
    speed: float
    why: tuple[Excerpt, ...]
    programme: str = ""
    sound: Sound | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """An interval a sensor could not see; `size` is -1 when unknown."""

    id: int
    sensor: str
    channel: str
    start: float
    end: float
    cause: str
    size: int
    unit: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueRow:
    """A connection that was not read; `up` and `down` count payload bytes, times are Unix seconds."""

    id: int
    start: float
    end: float
    protocol: str
    name: str
    source: str
    destination: str
    up: int
    down: int
    host: str
    user: str
    process: str
    pid: int
    method: str
    facts: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorRow:
    """A sensor's last heartbeat. `is_open` is False once another process watches without this sensor."""

    sensor: str
    kind: str
    state: str
    time: float
    counters: dict[str, int]
    detail: str
    is_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRow:
    """An unbroken run of a sensor in one state; times are Unix seconds, `..._boot` seconds since the machine's start.

    `opened` says why it began: start, process (another one), state, silence (beats are missing before it), clock (the
    time of day was set). `is_open` is True until another run, or another process, ends it.
    """

    id: int
    sensor: str
    kind: str
    channels: tuple[str, ...]
    limit: str
    process: str
    state: str
    opened: str
    first: float
    first_boot: float
    last: float
    last_boot: float
    beats: int
    before: dict[str, int]
    after: dict[str, int]
    detail: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyRow:
    """One line of the chain; `digest` is the SHA-256 of its canonical bytes."""

    id: int
    time: float
    actor: str
    action: str
    subject: str
    detail: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationDetail:
    """Everything the store holds on one observation. `gaps` are those around its time."""

    sighting: SightingRow
    artifacts: tuple[ArtifactRow, ...]
    matches: tuple[MatchRow, ...]
    missing_ranges: tuple[ByteRange, ...]
    versions: Versions
    custody: tuple[CustodyRow, ...]
    gaps: tuple[GapRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDetail:
    """Everything the store holds on one alert. `gaps` are those around its time."""

    alert: AlertRow
    incident: IncidentRow
    artifacts: tuple[ArtifactRow, ...]
    matches: tuple[MatchRow, ...]
    missing_ranges: tuple[ByteRange, ...]
    versions: Versions
    custody: tuple[CustodyRow, ...]
    gaps: tuple[GapRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDetail:
    """One incident: its alerts oldest first, and sightings of the same items that raised no alert."""

    incident: IncidentRow
    alerts: tuple[AlertRow, ...]
    sightings: tuple[SightingRow, ...]
    custody: tuple[CustodyRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A package and to whom it was issued, as far as the register tells."""

    package: str
    programme: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What was issued, where it was seen in the order of time, and which came from which."""

    issues: tuple[Issue, ...]
    sightings: tuple[Sighting, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The numbers of the status bar; `observations` counts everything examined, kept or not."""

    new_alerts: int
    open_incidents: int
    gaps_last_day: int
    observations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """One answer of a search. `kind`: alert or sighting; `id` is the alert's or the observation's.

    `state` is the alert's, empty for a sighting.
    """

    kind: str
    id: int
    time: float
    severity: Severity
    channel: str
    title: str
    name: str
    snippet: str
    state: str = ""
    host: str = ""
    user: str = ""
    destination: str = ""
