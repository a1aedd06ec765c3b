"""One night's evidence, written through the real store with fixed times, for the screens' tests and pictures."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from forensics import triage
from forensics.config import Privacy
from forensics.content import Content
from forensics.model import (
    AlertState,
    Analysis,
    Artifact,
    ByteRange,
    Excerpt,
    Gap,
    Match,
    Observation,
    Outcome,
    OutcomeKind,
    SensorHealth,
    Severity,
    Sound,
    Subject,
    Verdict,
    Versions,
)
from forensics.store.writer import Store

NOW = 1_795_317_240.0
CLEAR = Privacy(pseudonyms=False)
"""People by their names: hostile ones too."""
"""22 November 2026, 03:14 UTC."""
MINUTE, HOUR = 60.0, 3600.0
VERSIONS = Versions(engine="0.1.0", rules="starter 1.4", index="register 12")
GROUPER = partial(triage.group, window_hours=24)
PASSAGE = "Bitte stellen Sie den Wecker im Schlafzimmer auf halb sieben und spielen Sie dazu leise Musik"
HOSTILE = "clip\u202egpj.wav\x1b]52;c;aGk=\x07\x1b[2J\x9b31m[@click=app.quit]x[/] a[/b].wav"


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One artifact of a story: its container path below the observation's name."""

    path: tuple[str, ...]
    media_type: str
    size: int
    kind: OutcomeKind = OutcomeKind.CLEAN
    reason: str = ""
    facts: dict[str, str] = field(default_factory=dict)


def clip_match(item: str, *, artifact: int = 0, **values: object) -> Match:
    """A registered clip, heard."""
    settings: dict[str, object] = {
        "rule": "registered-audio",
        "matcher": "audio",
        "artifact": artifact,
        "score": 0.94,
        "title": f"Registered clip {item}",
        "severity": Severity.HIGH,
        "item": item,
        "package": "TR-2026-014",
        "query_start_s": 12.3,
        "clip_start_s": 0.8,
        "duration_s": 4.8,
        "technique": "T1052.001",
    }
    return Match(**{**settings, **values})  # type: ignore[arg-type]


def heard(seconds: float, **values: object) -> Sound:
    """A clip heard for so many seconds, well but for a moment in the middle, the same codes every time."""
    count = round(seconds / 0.08)
    digests = [Content.of(f"code {number}".encode()).sha256 for number in range(count)]
    issued = [int(digest[:16], 16) for digest in digests]
    noise = [int(digest[16:32], 16) & int(digest[32:48], 16) & int(digest[48:], 16) for digest in digests]
    is_lost = [count // 2 <= number < count // 2 + 6 for number in range(count)]
    codes = [
        code ^ (flips if not lost else flips << 1 ^ code >> 3)
        for code, flips, lost in zip(issued, noise, is_lost, strict=True)
    ]
    settings: dict[str, object] = {
        "false_alarm": 2.7e-7,
        "clip_length_s": 6.0,
        "issued": tuple(issued),
        "heard": tuple(code & (1 << 64) - 1 for code in codes),
        "evidence": tuple(
            -1.5 if lost else 6.0 + int(digest[0], 16) / 2 for digest, lost in zip(digests, is_lost, strict=True)
        ),
    }
    return Sound(**{**settings, **values})  # type: ignore[arg-type]


def digest_match(item: str, *, artifact: int = 0) -> Match:
    """A registered file, byte for byte."""
    sha256 = Content.of(item.encode()).sha256
    return Match(
        rule="registered-digest",
        matcher="digest",
        artifact=artifact,
        score=1.0,
        title=f"Registered file {item}",
        severity=Severity.HIGH,
        item=item,
        package="TR-2026-014",
        why=(Excerpt(kind="digest", label="sha256", text=sha256),),
    )


MANIFEST = Match(
    rule="EW-PKG-001",
    matcher="yara",
    artifact=1,
    score=1.0,
    title="Translator package manifest",
    severity=Severity.HIGH,
    category="package",
    technique="T1560.001",
    why=(
        Excerpt(kind="bytes", label="$package", offset=4, length=24, text='"package": "TR-2026-014"'),
        Excerpt(kind="bytes", label="$clips", offset=118, length=13, text='"clips":\\x20[\\r\\n{'),
    ),
)
TEXT = Match(
    rule="registered-text",
    matcher="text",
    artifact=0,
    score=0.81,
    title="Registered translation",
    severity=Severity.MEDIUM,
    item="C-007:candidate-2",
    package="TR-2026-014",
    why=(Excerpt(kind="text", label="body", offset=1840, length=len(PASSAGE), text=PASSAGE),),
)
DEVICES = Match(
    rule="EW-ID-002",
    matcher="identifiers",
    artifact=0,
    score=1.0,
    title="Device identifiers in a package that promises none",
    severity=Severity.LOW,
    why=(Excerpt(kind="identifier", label="IMEI", offset=402, length=15, text="35-209900-17xxxx-1"),),
)


def write(folder: Path, *, is_hostile: bool = False) -> None:
    """Write the night into `folder`; the same bytes every time, but for the store's own agent id."""
    moments = itertools.chain([NOW - 6 * HOUR], itertools.repeat(NOW - 2 * HOUR))
    key = folder / "people" / "key"
    key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    privacy = CLEAR if is_hostile else Privacy()
    with Store.open(folder, actor="watch", clock=lambda: next(moments), privacy=privacy) as store:
        for number, act in enumerate(_acts()):
            record(store, f"act-{number}", act)
        if is_hostile:
            record(store, "hostile", hostile_act(HOSTILE))
        with store.group() as group:
            for gap in _gaps():
                group.gap(gap)
        for health in sensors(NOW):
            store.heartbeat(health)
    with Store.open(folder, actor="desk", clock=lambda: NOW - HOUR) as store:
        store.set_incident_state(4, AlertState.ACKNOWLEDGED)
        store.set_incident_state(2, AlertState.CLOSED, reason="authorised", note="cleared with the programme office")


@dataclass(frozen=True, kw_only=True)
class Act:
    """One thing that left, as the pipeline and triage would hand it over."""

    seen: Observation
    pieces: Sequence[Piece]
    matches: Sequence[Match]
    verdict: Verdict


def record(store: Store, key: str, act: Act) -> None:
    """Record an act through the writer."""
    seen = act.seen
    artifacts, outcomes = [], []
    paths: dict[tuple[str, ...], int] = {}
    for number, piece in enumerate(act.pieces):
        path = (seen.name, *piece.path)
        paths[path] = number
        artifacts.append(
            Artifact(
                number=number,
                parent=paths.get(path[:-1]) if piece.path else None,
                path=path,
                media_type=piece.media_type,
                content=Content.recorded(size=piece.size, sha256=Content.of(repr(path).encode()).sha256),
                facts=piece.facts,
            )
        )
        outcomes.append(Outcome(artifact=number, kind=piece.kind, reason=piece.reason))
    analysis = Analysis(
        observation=seen,
        artifacts=tuple(artifacts),
        matches=tuple(act.matches),
        outcomes=tuple(outcomes),
        versions=VERSIONS,
    )
    with store.group() as group:
        group.record(analysis, act.verdict, grouper=GROUPER)


def observation(key: str, channel: str, before: float, **values: object) -> Observation:
    """Something leaving `before` seconds before NOW."""
    settings: dict[str, object] = {
        "key": key,
        "channel": channel,
        "time": NOW - before,
        "name": "c001.wav",
        "content": Content.recorded(size=96_044, sha256=Content.of(key.encode()).sha256),
        "subject": Subject(host="ws-17", user="rv17", process="cp", pid=4121, method="owner"),
        "sensor": "files:removable",
    }
    return Observation(**{**settings, **values})  # type: ignore[arg-type]


def alert(severity: Severity, title: str, reason: str, *items: str) -> Verdict:
    """An alert is due."""
    return Verdict(is_alert=True, severity=severity, title=title, reason=reason, items=items)


def hostile_act(name: str, key: str = "hostile") -> Act:
    """A clip whose every text is `name`."""
    seen = observation(
        key,
        "http",
        30,
        name=name,
        source=f"file:///{name}",
        destination=f"http://{name}/{name}",
        subject=Subject(host=name, user=name, process=name, pid=1, method="owner"),
    )
    found = clip_match(
        name,
        rule=name,
        title=name,
        package=name,
        programme=name,
        why=(Excerpt(kind="text", label=name, text=name),),
        sound=heard(4.8, family=(name,), waves=(0.9, -0.8)),
    )
    pieces = [
        Piece(path=(), media_type=name, size=9, kind=OutcomeKind.PARTIAL, reason=name, facts={"audio.codec": name})
    ]
    return Act(seen=seen, pieces=pieces, matches=[found], verdict=alert(Severity.HIGH, name, name, f"item:{name}"))


def _acts() -> list[Act]:
    return [_devices(), _pasted(), _returned(), _copied(), _uploaded(), _mailed(), _unread(), _holiday()]


def _devices() -> Act:
    seen = observation(
        "devices",
        "share",
        5 * HOUR,
        name="batch-3.jsonl",
        source="file:///home/rv04/work/batch-3.jsonl",
        destination="file:///mnt/team/batch-3.jsonl",
        subject=Subject(host="ws-04", user="rv04", process="cp", pid=88),
    )
    return Act(
        seen=seen,
        pieces=[Piece(path=(), media_type="application/jsonl", size=48_210, kind=OutcomeKind.MATCHED)],
        matches=[DEVICES],
        verdict=alert(
            Severity.LOW,
            "Device identifiers in a package that promises none to a network share",
            "EW-ID-002: device identifiers",
            "sha256:" + seen.content.sha256,
        ),
    )


def _copied() -> Act:
    seen = observation(
        "copied",
        "removable",
        52 * MINUTE,
        source="file:///home/rv17/work/TR-2026-014/audio/c001.wav",
        destination="file:///media/rv17/STICK/c001.wav",
    )
    return Act(
        seen=seen,
        pieces=[
            Piece(
                path=(),
                media_type="audio/wav",
                size=96_044,
                kind=OutcomeKind.MATCHED,
                facts={"audio.codec": "pcm_s16le"},
            )
        ],
        matches=[
            digest_match("C-001"),
            clip_match("C-001", score=1.0, query_start_s=0.0, clip_start_s=0.0, duration_s=6.0),
        ],
        verdict=alert(
            Severity.HIGH,
            "Clip C-001 to a removable medium",
            "registered-digest: Registered file C-001; registered-audio: Registered clip C-001",
            "item:C-001",
            "package:TR-2026-014",
        ),
    )


def _uploaded() -> Act:
    seen = observation(
        "uploaded",
        "http",
        41 * MINUTE,
        name="holiday.zip",
        source="10.0.4.17:51514",
        destination="http://drop.example:8080/in/holiday.zip",
        sensor="network:eth0",
        subject=Subject(host="ws-17", user="rv17", process="curl", pid=4290, method="socket"),
        missing=(ByteRange(start=1_048_576, end=1_052_672),),
    )
    matched, clean = OutcomeKind.MATCHED, OutcomeKind.CLEAN
    pieces = [
        Piece(
            path=(), media_type="application/zip", size=1_482_310, kind=OutcomeKind.PARTIAL, reason="4096 bytes missing"
        ),
        Piece(
            path=("manifest.json",),
            media_type="application/json",
            size=4_120,
            kind=matched,
            facts={"package.id": "TR-2026-014", "units": "24", "candidates": "72"},
        ),
        Piece(path=("audio.tar.gz",), media_type="application/gzip", size=1_204_000, kind=clean),
        Piece(
            path=("audio.tar.gz", "c001.opus"),
            media_type="audio/ogg",
            size=38_402,
            kind=matched,
            facts={"audio.codec": "opus", "audio.seconds": "18.1"},
        ),
        Piece(path=("audio.tar.gz", "c002.opus"), media_type="audio/ogg", size=41_870, kind=matched),
        Piece(path=("candidates.xlf",), media_type="application/xliff+xml", size=88_013, kind=clean),
        Piece(
            path=("notes.7z",),
            media_type="application/x-7z-compressed",
            size=20_480,
            kind=OutcomeKind.ENCRYPTED,
            reason="needs a password",
        ),
    ]
    return Act(
        seen=seen,
        pieces=pieces,
        matches=[
            MANIFEST,
            clip_match("C-001", artifact=3),
            clip_match(
                "C-002", artifact=4, score=0.88, query_start_s=0.0, clip_start_s=0.0, duration_s=9.5, speed=1.06
            ),
            clip_match("C-019", artifact=4, score=0.31, accepted=False, title="Registered clip C-019"),
        ],
        verdict=alert(
            Severity.CRITICAL,
            "2 clips of TR-2026-014 by HTTP",
            "registered-audio: Registered clip C-001; EW-PKG-001: Translator package manifest",
            "item:C-001",
            "item:C-002",
            "package:TR-2026-014",
        ),
    )


def _mailed() -> Act:
    seen = observation(
        "mailed",
        "smtp",
        23 * MINUTE,
        name="voice.opus",
        source="10.0.4.21:40012",
        destination="smtp://mail.example:25/friend@elsewhere.example",
        sensor="network:eth0",
        subject=Subject(host="ws-21", user="rev21", process="swaks", pid=771, method="socket"),
    )
    return Act(
        seen=seen,
        pieces=[
            Piece(path=(), media_type="message/rfc822", size=61_000),
            Piece(
                path=("voice.opus",),
                media_type="audio/ogg",
                size=44_100,
                kind=OutcomeKind.MATCHED,
                facts={"audio.codec": "opus", "audio.seconds": "31.5"},
            ),
        ],
        matches=[
            clip_match(
                "C-012",
                artifact=1,
                package="AC-2026-003",
                programme="assistant",
                score=3.91,
                speed=1.05,
                sound=heard(4.8, pitch=1.05, family=("C-044", "C-051")),
            ),
            clip_match(
                "C-019",
                artifact=1,
                score=0.71,
                accepted=False,
                query_start_s=24.0,
                clip_start_s=2.1,
                duration_s=1.2,
                sound=heard(1.2, false_alarm=0.0041, waves_s=2.2, waves=(0.1, 0.24, 0.2)),
            ),
        ],
        verdict=alert(
            Severity.HIGH,
            "Clip C-012 by mail",
            "registered-audio: Registered clip C-012",
            "item:C-012",
            "package:AC-2026-003",
        ),
    )


def _pasted() -> Act:
    seen = observation(
        "pasted",
        "ftp",
        3.5 * HOUR,
        name="Bericht Übersetzung 翻訳メモ.docx",
        source="10.0.4.4:33900",
        destination="ftp://files.example/pub/Bericht.docx",
        sensor="network:eth0",
        subject=Subject(host="ws-04", user="rv04", process="lftp", pid=912, method="socket"),
    )
    docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return Act(
        seen=seen,
        pieces=[Piece(path=(), media_type=docx, size=31_200, kind=OutcomeKind.MATCHED)],
        matches=[TEXT],
        verdict=alert(
            Severity.MEDIUM,
            "Text C-007:candidate-2 by FTP",
            "registered-text: Registered translation",
            "item:C-007",
            "package:TR-2026-014",
        ),
    )


def _returned() -> Act:
    seen = observation(
        "returned",
        "http",
        3 * HOUR,
        name="TR-2026-014.xlf",
        destination="https://returns.example/TR-2026-014",
        subject=Subject(host="ws-17", user="rv17", process="firefox", pid=3003, method="socket"),
    )
    quiet = Verdict(
        is_alert=False,
        severity=Severity.INFO,
        title="",
        reason="sanctioned return (programme office)",
        items=("item:C-001", "package:TR-2026-014", "returned:TR-2026-014", "way:programme office"),
    )
    found = Match(
        rule="registered-text",
        matcher="text",
        artifact=0,
        score=0.99,
        severity=Severity.MEDIUM,
        item="C-001:target-1",
        package="TR-2026-014",
    )
    piece = Piece(path=(), media_type="application/xliff+xml", size=24_800, kind=OutcomeKind.MATCHED)
    return Act(seen=seen, pieces=[piece], matches=[found], verdict=quiet)


def _unread() -> Act:
    seen = observation(
        "unread",
        "cloud_sync",
        2 * MINUTE,
        name="backup.7z",
        source="file:///home/rev21/backup.7z",
        destination="file:///home/rev21/CloudBox/backup.7z",
        subject=Subject(host="ws-21", user="rev21", process="7z", pid=790, method="owner"),
    )
    return Act(
        seen=seen,
        pieces=[
            Piece(
                path=(),
                media_type="application/x-7z-compressed",
                size=8_400_112,
                kind=OutcomeKind.ENCRYPTED,
                reason="names and contents need a password",
            )
        ],
        matches=[],
        verdict=alert(
            Severity.MEDIUM,
            "backup.7z left unread (encrypted) to a cloud-sync folder",
            "names and contents need a password",
            "sha256:" + seen.content.sha256,
        ),
    )


def _holiday() -> Act:
    seen = observation("holiday", "http", 90, name="beach.jpg", destination="https://photos.example/up")
    quiet = Verdict(is_alert=False, severity=Severity.INFO, title="", reason="nothing matched")
    return Act(seen=seen, pieces=[Piece(path=(), media_type="image/jpeg", size=2_400_000)], matches=[], verdict=quiet)


def _gaps() -> list[Gap]:
    return [
        Gap(
            sensor="network:eth0",
            channel="http",
            start=NOW - 42 * MINUTE,
            end=NOW - 41 * MINUTE,
            cause="the capture dropped packets",
            size=4096,
            detail="ring file 88",
        ),
        Gap(
            sensor="files:share",
            channel="share",
            start=NOW - 7 * HOUR,
            end=NOW - 6.5 * HOUR,
            cause="the share was not mounted",
            size=-1,
            unit="events",
        ),
    ]


BUDGET = {"cpu_percent": 93, "cpu_percent_allowed": 100, "read_kib_s": 3174, "read_kib_s_allowed": 204_800}


def sensors(now: float) -> list[SensorHealth]:
    """What the sensors say of themselves."""
    return [
        SensorHealth(
            sensor="files:removable",
            kind="files",
            state="running",
            time=now - 4,
            counters={
                "settled": 1204,
                "vanished": 1,
                "gaps": 0,
                "files": 1311,
                "pending": 0,
                "scanning": 0,
                "lag_s": 0,
                **BUDGET,
            },
        ),
        SensorHealth(
            sensor="files:share",
            kind="files",
            state="running",
            time=now - 3,
            counters={
                "settled": 88,
                "vanished": 0,
                "gaps": 1,
                "files": 90,
                "pending": 2,
                "scanning": 1,
                "lag_s": 2,
                **BUDGET,
            },
        ),
        SensorHealth(
            sensor="network:eth0",
            kind="network",
            state="degraded",
            time=now - 6,
            counters={
                "files": 412,
                "bytes": 1_880_412_000,
                "empty": 3,
                "dropped": 37,
                "gaps": 1,
                "waiting": 2,
                "lag_s": 8,
                "ring_kib": 40_960,
                "ring_kib_allowed": 524_288,
            },
            detail="the kernel dropped 37 packets in the last minute",
        ),
    ]
