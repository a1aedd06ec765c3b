"""Retro-hunt: what is stored of earlier observations is compared with rules and clips that came later.

Of an observation its digests, names, facts, excerpts and the codes of what was heard are stored; content only where it
was kept, sealed. What needs more than that is said to be unanswered, never clean. Old verdicts stay as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from forensics import triage
from forensics.content import Content
from forensics.errors import EarwitnessError
from forensics.fingerprints.audio.codes import Codes
from forensics.fingerprints.audio.likeness import CODE_S, GRID_S, LEAST_CODES, LIKE, Likeness, lay, likeness, spoken
from forensics.matchers.digest import DigestMatcher
from forensics.matchers.text import TextMatcher
from forensics.matchers.yara import YaraMatcher
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
from forensics.pipeline import ENGINE, IDENTIFYING
from forensics.policy import Policy
from forensics.register.book import Register
from forensics.rulebook.book import Rulebook
from forensics.store.features import Sounding
from forensics.store.remembered import Remembered

MOST_CLIPS = 20_000
"""Clips whose codes are laid along everything that was heard; more take too long."""
NOT_KEPT, SEALED = "its content was not kept", "its content is sealed: unseal it, then --unsealed"
SOUND_ALONE = "only how it sounded is kept, not its bytes and texts, nor what another pitch or speed would be"
CUT = "its list of locked members was too long to be stored whole"
TOO_MANY = f"sound: more than {MOST_CLIPS} clips are registered; name the new ones with --clips"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an observation shows to the rules and clips of today that it did not show then."""

    remembered: Remembered
    matches: tuple[Match, ...]
    verdict: Verdict

    @property
    def would_alert(self) -> bool:
        """Say whether an alert would have been raised at the time."""
        return self.verdict.is_alert


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a hunt looked at, and why it could not answer for how many."""

    looked_at: int = 0
    listened_to: int = 0
    alerts: int = 0
    seen: int = 0
    unanswered: Counter[str] = field(default_factory=Counter)


class Hunt:
    """Rules and a register, to be compared with what is remembered."""

    def __init__(self, rulebook: Rulebook, register: Register, policy: Policy) -> None:
        self.tally = Tally()
        self.versions = Versions(engine=ENGINE, rules=rulebook.version, index=register.version)
        self._rulebook, self._register, self._policy = rulebook, register, policy
        self._digest = DigestMatcher(rulebook, register)
        self._over_text = (TextMatcher(rulebook, register), YaraMatcher(rulebook, register))
        active = [rule for rule in rulebook.rules if rule.is_active]
        self._needs_bytes = any(rule.scope != "text" for rule in active)
        self._needs_text = any(rule.scope == "text" for rule in active) or len(register) > 0

    def listen(self, sounding: Sounding) -> Found | None:
        """Compare how something sounded that is not stored otherwise."""
        self.tally.listened_to += 1
        remembered = _unstored(sounding)
        lacks = [SOUND_ALONE] * (self._needs_bytes or self._needs_text)
        matches = list(self._in_sounding(sounding, lacks))
        found = self._found(remembered, matches, remembered.artifacts)
        if found is None or not found.would_alert:
            self.tally.unanswered.update(set(lacks))
        if found is not None:
            self.tally.alerts += found.would_alert
            self.tally.seen += not found.would_alert
        return found

    def look(
        self, remembered: Remembered, *, opened: Analysis | None = None, sounding: Sounding | None = None
    ) -> Found | None:
        """Compare one observation; `opened` is what its unsealed content showed to these rules, `sounding` how it
        sounded, where that is kept."""
        self.tally.looked_at += 1
        lacks: list[str] = []
        matches = list(self.matches(remembered, lacks, opened=opened))
        if sounding is not None and opened is None:
            matches += self._in_sounding(sounding, lacks)
        found = self._found(remembered, matches, opened.artifacts if opened is not None else remembered.artifacts)
        if found is None or not found.would_alert:
            self.tally.unanswered.update(set(lacks))
        if found is not None:
            self.tally.alerts += found.would_alert
            self.tally.seen += not found.would_alert
        return found

    def matches(self, remembered: Remembered, lacks: list[str], *, opened: Analysis | None = None) -> Iterator[Match]:
        """What rules and register say of what is stored; `lacks` is told what could not be answered."""
        if opened is not None:
            yield from (match for match in opened.matches if match.accepted and self._is_ours(match))
            return
        for artifact in remembered.artifacts:
            yield from self._by_digest(artifact, lacks)
        for view in remembered.texts:
            for matcher in self._over_text:
                if matcher.wants(view):
                    yield from (match for match in matcher.match(view) if match.accepted)
        yield from self._by_sound(remembered, lacks)
        if self._lacks_content(remembered):
            lacks.append(SEALED if remembered.is_kept else NOT_KEPT)

    def _is_ours(self, match: Match) -> bool:
        return match.matcher in IDENTIFYING or self._rulebook.rule(match.rule) is not None

    def _lacks_content(self, remembered: Remembered) -> bool:
        """Say whether the rules would have looked at more than what is stored."""
        kinds = {artifact.media_type.partition("/")[0] for artifact in remembered.artifacts}
        return self._needs_bytes or self._needs_text or (len(self._register) > 0 and bool(kinds & {"audio", "video"}))

    def _by_digest(self, artifact: Artifact, lacks: list[str]) -> Iterator[Match]:
        if not self._digest.wants(artifact):
            return
        try:
            yield from (match for match in self._digest.match(artifact) if match.accepted)
        except ValueError:
            lacks.append(CUT)

    def _by_sound(self, remembered: Remembered, lacks: list[str]) -> Iterator[Match]:
        if not remembered.heard or not len(self._register):
            return
        if len(self._register.audio) > MOST_CLIPS:
            lacks.append(TOO_MANY)
            return
        for match in remembered.heard:
            if match.sound is not None and len(match.sound.heard) >= LEAST_CODES:
                heard = np.array(match.sound.heard, np.uint64)
                for id, clip in self._clips:
                    like = likeness(heard, spoken(clip))
                    yield from self._alike(id, like, match.artifact, match.query_start_s, match.item)

    def _in_sounding(self, sounding: Sounding, lacks: list[str]) -> Iterator[Match]:
        """The clips in how something sounded."""
        if len(self._register) and len(self._register.audio) > MOST_CLIPS:
            lacks.append(TOO_MANY)
            return
        for artifact, start_s, codes in sounding.codes if len(self._register) else ():
            heard = np.frombuffer(codes, "<u8").astype(np.uint64)
            for id, clip in self._clips:
                like = lay(heard, clip)
                yield from self._alike(id, like, artifact, start_s + like.heard_at * GRID_S, "what left")

    def _alike(self, id: str, like: Likeness, artifact: int, start_s: float, known_as: str) -> Iterator[Match]:
        if like.share >= LIKE:
            item = self._register.item(id)
            package = item.package if item else ""
            issue = self._register.package(package)
            said = (
                f"{like.share:.0%} of the bits of {like.codes} codes that were heard as {known_as}, "
                f"{like.codes * CODE_S:.1f} s of speech"
            )
            yield Match(
                rule="registered-audio",
                matcher="audio",
                artifact=artifact,
                score=like.share / LIKE,
                title=f"Registered clip {id}",
                severity=Severity.HIGH,
                item=id,
                package=package,
                programme=issue.programme if issue else "",
                query_start_s=start_s,
                duration_s=like.codes * CODE_S,
                category="registered",
                why=(Excerpt(kind="audio", label=id, text=said),),
            )

    @cached_property
    def _clips(self) -> list[tuple[str, Codes]]:
        """The clips that are registered, each with its codes."""
        index = self._register.audio
        found = []
        for number, segment in enumerate(index.segments):
            ordinals = np.arange(len(segment))
            for ordinal in ordinals[index.is_live(number, ordinals)]:
                found.append((segment.id(int(ordinal)), segment.clip(int(ordinal))))
        return found

    def _found(self, remembered: Remembered, matches: Sequence[Match], artifacts: tuple[Artifact, ...]) -> Found | None:
        known = {(match.rule, match.item) for match in remembered.matches if match.accepted}
        new = _distinct(match for match in matches if (match.rule, match.item) not in known)
        if not new:
            return None
        analysis = Analysis(
            observation=remembered.observation,
            artifacts=artifacts,
            matches=new,
            outcomes=tuple(Outcome(artifact=artifact.number, kind=OutcomeKind.MATCHED) for artifact in artifacts),
            versions=self.versions,
        )
        try:
            verdict = triage.decide(analysis, self._policy, self._register)
        except (EarwitnessError, ValueError) as error:
            verdict = Verdict(is_alert=True, severity=Severity.INFO, title="", reason=f"could not be judged: {error}")
        return Found(remembered=remembered, matches=new, verdict=verdict)


def _unstored(sounding: Sounding) -> Remembered:
    """Something that left only how it sounded, as if it were stored."""
    whole = Content.recorded(size=0, sha256=sounding.sha256)
    numbers = sorted({0, *(artifact for artifact, _, _ in sounding.codes)})
    observation = Observation(
        key="",
        channel=sounding.channel,
        time=sounding.time,
        name=sounding.name,
        content=whole,
        destination=sounding.destination,
        subject=Subject(host=sounding.host, user=sounding.user),
    )
    return Remembered(
        id=0,
        alert=None,
        observation=observation,
        artifacts=tuple(
            Artifact(
                number=number, parent=0 if number else None, path=(sounding.name,), media_type="audio", content=whole
            )
            for number in numbers
        ),
        matches=(),
        texts=(),
        kept=(),
        versions=Versions(),
        artifact_values=(),
        match_values=(),
    )


def said(hunt: Hunt, *, clean: int) -> str:
    """What a hunt came to, for the log; `clean` objects left nothing that it could look at."""
    tally, versions = hunt.tally, hunt.versions
    parts = [
        f"rules {versions.rules}, register {versions.index}",
        f"{tally.looked_at} looked at and {tally.listened_to} listened to",
        f"{tally.alerts} would have alerted, {tally.seen} more would have been seen",
        *(f"{count} not answered: {why}" for why, count in tally.unanswered.items()),
        *([f"{clean} not answered: clean then, and nothing is kept of them"] if clean else []),
    ]
    return "; ".join(parts)


def _distinct(matches: Iterable[Match]) -> tuple[Match, ...]:
    """One match for each rule and item, the strongest."""
    best: dict[tuple[str, str], Match] = {}
    for match in matches:
        known = best.get((match.rule, match.item))
        if known is None or match.score > known.score:
            best[match.rule, match.item] = match
    return tuple(best.values())
