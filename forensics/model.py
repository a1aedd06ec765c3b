"""The nouns of the house: what was noticed, what left, what was inside, what it matched and what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from forensics.content import Content

CODE_BITS = 64
"""Bits of an acoustic code."""
BEAT_S = 5.0
"""Seconds between two heartbeats of a sensor."""
UNKEPT = "not kept"
"""The fact of an alert's content that says why none of it is kept."""


class Severity(StrEnum):
    """How much a person should hurry."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info up to 4 for critical."""
        return list(Severity).index(self)


class Direction(StrEnum):
    """Which way content moved: `up` from client to server, `down` from server to client."""

    UP = "up"
    DOWN = "down"
    NONE = ""


class OutcomeKind(StrEnum):
    """What became of an artifact; a reading that failed is never `clean`. Ordered from best read to worst."""

    CLEAN = "clean"
    MATCHED = "matched"
    PARTIAL = "partial"
    ENCRYPTED = "encrypted"
    TOO_LARGE = "too_large"
    TIMED_OUT = "timed_out"
    UNREADABLE = "unreadable"
    VANISHED = "vanished"


class AlertState(StrEnum):
    """Where an alert or incident stands."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteRange:
    """`[start, end)` in bytes of an object that were never seen."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """Bytes in the range."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEvent:
    """One raw hint about a path. `kind`: created, closed, moved, found (by a scan), deleted."""

    kind: str
    path: str
    time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One TCP or UDP payload off the wire, decapsulated; `number` is its frame in the capture."""

    time: float
    protocol: str
    source: str
    source_port: int
    destination: str
    destination_port: int
    sequence: int
    flags: int
    payload: bytes
    number: int
    length: int = -1
    """Payload bytes on the wire; larger than `len(payload)` when the capture was cut by a snap length."""
    answered: int = -1
    """The acknowledgment number; negative where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who did it, as far as the system tells. `method` says how it is known; `unknown` is an answer."""

    host: str = ""
    user: str = ""
    process: str = ""
    pid: int = 0
    method: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing seen leaving (or arriving): the unit that is analysed, alerted on and never counted twice.

    `key` is its stable identity: the same act seen again, after a crash or by a second pass, has the same key.
    `source` and `destination` are URIs (file:///media/stick/a.wav, http://host:80/upload, smtp://host:25/a@b.c);
    the host in them is what the sender claimed, `peer` is the far end's own address. `inference` is empty for what was
    seen itself; otherwise it says in words from what it was inferred that this content left.
    `is_leaving` is False for work-folder sightings and for content that only arrives.
    """

    key: str
    channel: str
    time: float
    name: str
    content: Content
    source: str = ""
    destination: str = ""
    direction: Direction = Direction.NONE
    is_leaving: bool = True
    subject: Subject = field(default_factory=Subject)
    missing: tuple[ByteRange, ...] = ()
    sensor: str = ""
    capture: str = ""
    peer: str = ""
    inference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireObject:
    """One file object that crossed the wire, before anything is decided about it.

    `source` and `destination` are `address:port` of the sender and receiver of the bytes; `uri` names the
    far end (http://host/path, smtp://host:port/recipient, ftp://host:port/path); `flow` is a stable key of the
    connection and `position` the object's offset in its stream, so that the pair identifies the object.
    `media_type` is what the sender claimed.
    """

    protocol: str
    direction: Direction
    name: str
    content: Content
    missing: tuple[ByteRange, ...]
    source: str
    destination: str
    uri: str
    time: float
    flow: str
    position: int
    media_type: str = ""
    encoding: str = ""
    """Content encoding still on the bytes (gzip, deflate, br) or empty."""
    is_part: bool = False
    """A part of another object that is given too, such as an attachment of a message: opened with the whole."""

    @property
    def missing_bytes(self) -> int:
        """How many bytes of the object were never seen."""
        return sum(gap.size for gap in self.missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """A connection whose content was not read: who talked, how much, and what its greeting told.

    `source` opened it and sent `up` bytes of payload, `destination` sent `down`. `protocol` is tls, quic, ssh or empty
    when none was recognised; `name` the server's name as the client asked for it (SNI). `facts` are such as `alpn`,
    `version` and `ja4`. `subject` is whose socket it was, where that was seen. With `is_stretch` it is only what one
    side sent without a pause: told while the connection may go on, and counted once more in the whole.
    """

    protocol: str
    source: str
    destination: str
    name: str
    start: float
    end: float
    up: int
    down: int
    flow: str
    facts: Mapping[str, str] = field(default_factory=dict)
    subject: Subject = field(default_factory=Subject)
    is_stretch: bool = False


Seen = WireObject | Opaque
"""What reading the wire gives besides gaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a decoder yields: a child, or (`is_view`) another rendering of the same artifact.

    A view (decoded samples, extracted text) is matched like a child, but what is found in it is credited to
    the artifact it renders, its facts too, and it is no artifact of its own. `media_type` is set for views
    (`audio/x-pcm` is 16-bit little-endian mono at 8,000 Hz; `text/plain` is UTF-8) and may be empty for children.
    `role`: text views say source, target, candidate, note, metadata or body; views of samples leave it empty for
    the recording as a whole and name the signal otherwise (`channel 2`). A long recording comes as several views,
    overlapping windows that begin at `start_s` seconds.
    """

    name: str
    content: Content
    media_type: str = ""
    is_view: bool = False
    role: str = ""
    start_s: float = 0.0
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One translation unit: what was said, what a machine proposed and what a person chose.

    `audio` is the clip's file name as the format gives it; languages are BCP 47 tags; all may be empty.
    """

    id: str
    source: str = ""
    target: str = ""
    candidates: tuple[str, ...] = ()
    audio: str = ""
    package: str = ""
    source_language: str = ""
    target_language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One piece of content at any depth. `path` is the container path, outermost first, ending in its own name.

    `facts` are what decoders said of it, as text: package.id, units, candidates, chosen, audio.seconds,
    audio.codec, encrypted.members ...
    """

    number: int
    parent: int | None
    path: tuple[str, ...]
    media_type: str
    content: Content
    role: str = ""
    is_view: bool = False
    start_s: float = 0.0
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last element of the container path."""
        return self.path[-1]

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages its content names; the fact `package.id` holds one a line, since an id may hold spaces."""
        return tuple(self.facts.get("package.id", "").splitlines())


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """One piece of the *why*. `kind`: digest, bytes, audio, image, text, identifier.

    `label` is the string or field that hit; `offset` and `length` count bytes, or characters of a text view;
    `text` is a short rendering for people, unsanitised: it may hold hostile bytes.
    """

    kind: str
    label: str = ""
    offset: int = 0
    length: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """How a registered clip was heard: what a screen needs to draw an acoustic match and to say how sure it is.

    `false_alarm` is the probability that a recording of this length which holds nothing registered scores as high;
    `pitch` is the recording's over the clip's; `family` are other registered clips in the same place (the same take
    registered again); `clip_length_s` is the whole clip's, 0 where it is not known.

    From the match's first to its last second, one entry for each `step_s` (of the clip) that holds speech: the
    64-bit code `issued`, the code `heard`, whose bits agree where the sound does, and the `evidence` in nats,
    positive for the clip. Where waveforms were compared too, `waves` are correlation coefficients, one each
    `wave_step_s` from the clip's second `waves_s` on.
    """

    false_alarm: float = 1.0
    pitch: float = 1.0
    family: tuple[str, ...] = ()
    clip_length_s: float = 0.0
    step_s: float = 0.08
    issued: tuple[int, ...] = ()
    heard: tuple[int, ...] = ()
    evidence: tuple[float, ...] = ()
    waves_s: float = 0.0
    wave_step_s: float = 0.256
    waves: tuple[float, ...] = ()

    @property
    def agreements(self) -> tuple[float, ...]:
        """The share of the bits that agree, code by code: 1 for the same sound, about one half for another."""
        pairs = zip(self.issued, self.heard, strict=False)
        return tuple(1 - (issued ^ heard).bit_count() / CODE_BITS for issued, heard in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One rule that one artifact satisfied, and why.

    `item` is the register's item (clip or text id), `package` its package and `programme` that package's, all empty
    for rules that name none. The times are seconds: where it begins in the artifact, where in the registered clip,
    how long. `accepted` is False for candidates below the threshold. `sound` says how a clip was heard, if it was.
    """

    rule: str
    matcher: str
    artifact: int
    score: float
    title: str = ""
    severity: Severity = Severity.MEDIUM
    accepted: bool = True
    item: str = ""
    package: str = ""
    programme: str = ""
    query_start_s: float = 0.0
    clip_start_s: float = 0.0
    duration_s: float = 0.0
    speed: float = 1.0
    category: str = ""
    technique: str = ""
    why: tuple[Excerpt, ...] = ()
    sound: Sound | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one artifact, and the reason in words."""

    artifact: int
    kind: OutcomeKind
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Which engine, rules and index made a verdict; `generation` counts the states of rules in a store, from 1."""

    engine: str = ""
    rules: str = ""
    index: str = ""
    generation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """How a recording sounds, for clips that are registered later: the 64-bit codes of its speech, little-endian.

    `artifact` is the number of what was decoded, `start_s` where in it these codes begin.
    """

    artifact: int
    start_s: float
    codes: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """An observation, what was inside, what it matched and what could not be read.

    `artifacts[0]` is the observation's own content; views are not listed. Every artifact has one outcome. `features`
    are there where the configuration has them kept.
    """

    observation: Observation
    artifacts: tuple[Artifact, ...]
    matches: tuple[Match, ...]
    outcomes: tuple[Outcome, ...]
    versions: Versions
    features: tuple[Feature, ...] = ()

    def outcome_of(self, artifact: int) -> Outcome:
        """The outcome of the artifact with that number."""
        return next(outcome for outcome in self.outcomes if outcome.artifact == artifact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What triage says of an analysis: an alert is due (`severity` set) or why none is (`reason`).

    `items` are the register items, packages and content digests that tie alerts of one leak together,
    strongest first, each prefixed: item:, package:, sha256:. A sanctioned return says which package came back, and by
    which way (returned:, way:); a finding against who issued a package names it alone (issuer:).
    """

    is_alert: bool
    severity: Severity
    title: str
    reason: str
    items: tuple[str, ...] = ()
    suppressed: str = ""
    """The suppression that kept an alert from being one, as every machine names it; empty without."""

    @property
    def returned(self) -> tuple[str, str]:
        """The package that came back and the way it took, where this was a sanctioned return; else both empty."""
        found = {kind: rest for kind, _, rest in (item.partition(":") for item in self.items)}
        return found.get("returned", ""), found.get("way", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A sanctioned return that was seen before: when, by which way, and the registered texts that stood in it."""

    time: float
    way: str
    texts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What evidence knows beside an analysis: as whom it knows the sender, and which packages came back already."""

    sender: str = ""
    returns: Mapping[str, Return] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a suppression is about: all that is said must hold. `destination` is the beginning of one.

    `rule`, `item` and `package` must hold of every match, so that no other rule's find is suppressed with it.
    """

    rule: str = ""
    item: str = ""
    package: str = ""
    channel: str = ""
    user: str = ""
    host: str = ""
    destination: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """What a person decided not to be alerted on, until when (Unix seconds) and why."""

    id: int
    name: str
    """As every machine names it: `S:agent:epoch:seq`."""
    scope: Scope
    until: float
    reason: str
    actor: str
    made: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentKey:
    """What triage needs of a stored incident to decide whether an alert belongs to it."""

    id: int
    items: tuple[str, ...]
    host: str
    user: str
    first_time: float
    last_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An interval a sensor could not see. `size` counts bytes or events as `unit` says, -1 when unknown."""

    sensor: str
    channel: str
    start: float
    end: float
    cause: str
    size: int = -1
    unit: str = "bytes"
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorHealth:
    """One sensor's heartbeat. `state`: starting, running, degraded, stopped.

    `channels` are those it watches (`network`: all that cross one); `limit` is what narrows its view, in words, empty
    for nothing. `boot` is CLOCK_BOOTTIME at `time`, in seconds, which neither sleep nor a new time of day disturbs.
    """

    sensor: str
    kind: str
    state: str
    time: float
    counters: Mapping[str, int] = field(default_factory=dict)
    detail: str = ""
    channels: tuple[str, ...] = ()
    limit: str = ""
    boot: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyEntry:
    """One line of the chain of custody: who did what to which evidence."""

    actor: str
    action: str
    subject: str
    detail: str
    time: float
