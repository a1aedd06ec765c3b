"""Analyses as a fleet of workstations would bring them, with the skew of real ones, the same for the same seed.

Of users, hosts, channels, rules, clips and words some are everywhere and most are rare (Zipf); one observation in
twenty raises an alert, one in eight is a container, one in two hundred tells of an old time, and texts are about as
long as those that `scan` of `samples/packages` records.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

from forensics.content import Content
from forensics.model import (
    Analysis,
    Artifact,
    Excerpt,
    Match,
    Observation,
    Outcome,
    OutcomeKind,
    Severity,
    Subject,
    Verdict,
    Versions,
)

START = 1_700_000_000.0
STEP_S = 8.0
"""Between two observations: a million are three months."""
USERS, HOSTS, CLIPS, WORDS = 400, 600, 20_000, 30_000
CHANNELS = ("file", "removable", "http", "smtp", "cloud_sync", "share", "http2", "ftp", "rtp", "imap", "websocket")
RULES = ("registered-audio", "registered-digest", "EW-PKG-CANDIDATES", "EW-PKG-TRANSLATOR-JSON", "registered-text")
KINDS = (("wav", "audio/wav"), ("mp3", "audio/mpeg"), ("json", "application/json"), ("xlf", "application/x-xliff+xml"))
_VERSIONS = Versions(engine="0.1.0", rules="starter", index="bench")
_ONSETS = (*"bcdfghjklmnprstvwz", "br", "ch", "dr", "fl", "gr", "pl", "qu", "sh", "st", "tr")
_VOWELS = (*"aeiou", "ai", "ea", "io", "ou")


class Skew:
    """Draws names, the n-th in rank with a chance of 1/n."""

    def __init__(self, names: Sequence[str], rng: random.Random) -> None:
        self.names = names
        self._rng = rng
        self._weights = list(accumulate(1 / rank for rank in range(1, len(names) + 1)))

    def draw(self, count: int = 1) -> list[str]:
        """So many names, some perhaps the same."""
        return self._rng.choices(self.names, cum_weights=self._weights, k=count)


class Rows:
    """An endless stream of analyses with their verdicts."""

    def __init__(self, seed: int = 6) -> None:
        self._rng = rng = random.Random(seed)
        self.words = Skew(_words(WORDS, seed), rng)
        self.users = Skew([f"user{number}" for number in range(USERS)], rng)
        self.hosts = Skew([f"ws-{number:04}" for number in range(HOSTS)], rng)
        self.channels = Skew(CHANNELS, rng)
        self.rules = Skew(RULES, rng)
        self.clips = Skew([f"TR-{2000 + number // 40}-c{number % 40:02}" for number in range(CLIPS)], rng)
        self.targets = Skew([f"{word}.example" for word in self.words.names[:3000]], rng)

    def stream(self, first: int, count: int) -> Iterator[tuple[Analysis, Verdict]]:
        """Numbers `first` and on."""
        for number in range(first, first + count):
            analysis = self._analysis(number)
            yield analysis, self._verdict(analysis)

    def _analysis(self, number: int) -> Analysis:
        rng = self._rng
        channel, user = self.channels.draw()[0], self.users.draw()[0]
        words = self.words.draw(6)
        ending, kind = KINDS[rng.randrange(4)]
        clip = self.clips.draw()[0]
        name = f"{words[0]}_{words[1]}_{number % 997}.{ending}"
        artifacts = [_artifact(0, None, (name,), kind, number, rng)]
        if rng.random() < 0.125:
            name = f"{words[2]}.zip"
            artifacts = [
                _artifact(0, None, (name,), "application/zip", number, rng),
                *(
                    _artifact(n, 0, (name, f"{words[3]}/{w}.{ending}"), kind, number, rng)
                    for n, w in enumerate(words, 1)
                ),
            ]
        is_file = channel in ("file", "removable", "cloud_sync", "share")
        seen = Observation(
            key=f"{channel}:{number}",
            channel=channel,
            time=START + number * STEP_S - (rng.random() * 3e7 if rng.random() < 0.005 else 0),
            name=name,
            content=artifacts[0].content,
            source=f"file:///home/{user}/{words[4]}/{words[5]}/{name}" if is_file else f"10.0.{number % 250}.7:50412",
            destination=(
                f"file:///media/{words[4]}/{name}"
                if is_file
                else f"http://{self.targets.draw()[0]}/{words[5]}/in%20box/{name}"
            ),
            subject=Subject(
                host=self.hosts.draw()[0], user=user, process=words[5], pid=number % 32_768, method="owner"
            ),
            sensor="files" if is_file else "network",
        )
        matches = tuple(self._match(artifact.number, clip, words) for artifact in artifacts[-1:])
        outcomes = tuple(Outcome(artifact=artifact.number, kind=OutcomeKind.CLEAN) for artifact in artifacts[:-1])
        outcomes += (Outcome(artifact=artifacts[-1].number, kind=OutcomeKind.MATCHED),)
        return Analysis(
            observation=seen, artifacts=tuple(artifacts), matches=matches, outcomes=outcomes, versions=_VERSIONS
        )

    def _match(self, artifact: int, clip: str, words: list[str]) -> Match:
        rule = self.rules.draw()[0]
        is_clip = rule.startswith("registered")
        return Match(
            rule=rule,
            matcher="audio" if is_clip else "yara",
            artifact=artifact,
            score=0.97,
            title=f"Registered clip {clip}" if is_clip else "Review package: clips with several candidates each",
            severity=Severity.HIGH if is_clip else Severity.MEDIUM,
            item=clip if is_clip else "",
            package=clip[:7] if is_clip else "",
            programme="translator" if is_clip else "",
            query_start_s=1.5,
            duration_s=5.0 if is_clip else 0.0,
            category="package",
            technique="T1213",
            why=(Excerpt(kind="text", label=clip, offset=46, length=60, text=" ".join(words)),),
        )

    def _verdict(self, analysis: Analysis) -> Verdict:
        found = analysis.matches[0]
        return Verdict(
            is_alert=self._rng.random() < 0.05,
            severity=self._rng.choice(list(Severity)),
            title=f"{found.title} by {analysis.observation.channel}",
            reason=f"{found.rule}: {found.title}",
            items=(f"item:{found.item}", f"package:{found.package}") if found.item else (),
        )


def _artifact(
    number: int, parent: int | None, path: tuple[str, ...], kind: str, row: int, rng: random.Random
) -> Artifact:
    size = int(2 ** rng.uniform(6, 24))
    return Artifact(
        number=number,
        parent=parent,
        path=path,
        media_type=kind,
        content=Content(data=b"", size=size, sha256=f"{rng.getrandbits(256):064x}"),
        facts={"channel": "file", "file.id": f"65024:{row}"},
    )


@lru_cache(maxsize=1)
def _words(count: int, seed: int) -> tuple[str, ...]:
    """Words that can be said, each once."""
    rng = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(rng.choice((2, 2, 3, 4))))] = None
    return tuple(found)
