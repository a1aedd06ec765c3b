"""registered-audio: the sound of a registered clip, however it was encoded, cut or wrapped.

Where waveforms were kept and there is a key to open them, the best candidates are compared as waveforms too: one that
is there is accepted whatever its codes say; one that is not is judged by its codes, since edited speech hides it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forensics.errors import Malformed, StoreError
from forensics.fingerprints.audio.coherence import HEARD, Coherence, coherent
from forensics.fingerprints.audio.search import AudioMatch, search
from forensics.hearsay import describe, samples_of
from forensics.matchers.base import Matcher
from forensics.model import Artifact, Excerpt, Match, Severity, Sound

COMPARED = 5
"""Candidates below the threshold whose waveforms are compared."""
HEARD_FALSE_ALARM = 4e-4
"""False-alarm probability of a waveform that is heard: none in 7,672 pairs (see forensics/register/README.md)."""
LONGEST_TRACE = 1000
"""Codes of a match that are kept for drawing: 80 s of the clip, more than a window holds."""


@dataclass(frozen=True, slots=True)
class _Hit:
    """A clip found by its codes, and what its waveform says, where it was heard in the recording."""

    found: AudioMatch
    waveform: Coherence | None = None


class AudioMatcher(Matcher):
    """Compares decoded audio with every registered clip."""

    name = "audio"

    def wants(self, artifact: Artifact) -> bool:
        """Decoded samples, while anything is registered."""
        return artifact.media_type == "audio/x-pcm" and len(self.register) > 0

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield the clips found, strongest first, then up to `candidates` below the threshold.

        Raises Malformed at the end when kept waveforms could not be used.
        """
        samples = samples_of(artifact.content)
        broken: dict[str, str] = {}
        wanted = candidates if self.register.references is None else max(candidates, COMPARED)
        far = self.config.audio.far
        tried = search(self.register.audio, samples, candidates=wanted, before_s=artifact.start_s, is_far=far)
        if self.register.references is None:
            hits = [_Hit(found) for found in tried]
        else:
            hits = _chosen((self._compared(hit, samples, broken) for hit in tried), candidates)
        for hit in hits:
            yield self._match(hit, artifact)
        if broken:
            said = "; ".join(f"{item}: {reason}" for item, reason in broken.items())
            raise Malformed(f"kept waveforms were not compared ({said})")

    def waveform(self, item: str, broken: dict[str, str]) -> NDArray[np.int16] | None:
        """The kept waveform of a clip; None when there is none. One that cannot be used is noted in `broken`."""
        try:
            return self.register.waveform(item)
        except (Malformed, StoreError) as error:
            broken[item] = str(error)
            return None

    def _compared(self, hit: AudioMatch, samples: NDArray[np.int16], broken: dict[str, str]) -> _Hit:
        """The hit, accepted and placed exactly when its waveform is in the recording."""
        reference = self.waveform(hit.item, broken)
        if reference is None:
            return _Hit(hit)
        found = coherent(
            samples,
            reference,
            at_s=hit.query_start_s,
            clip_s=hit.clip_start_s,
            duration_s=hit.duration_s,
            speed=hit.speed,
        )
        if found.score < HEARD:
            return _Hit(hit)
        proven = replace(
            hit,
            accepted=True,
            score=max(hit.score, found.score / HEARD),
            query_start_s=max(0.0, found.offset_s),
            speed=found.speed,
            false_alarm=min(hit.false_alarm, HEARD_FALSE_ALARM),
        )
        return _Hit(proven, found)

    def _match(self, heard: _Hit, artifact: Artifact) -> Match:
        hit = replace(heard.found, query_start_s=round(heard.found.query_start_s + artifact.start_s, 3))
        item = self.register.item(hit.item)
        package, programme = self.issue_of(item, artifact) if item else ("", "")
        return Match(
            rule="registered-audio",
            matcher=self.name,
            artifact=artifact.number,
            score=hit.score,
            title=f"Registered clip {hit.item}",
            severity=Severity.HIGH,
            accepted=hit.accepted,
            item=hit.item,
            package=package,
            programme=programme,
            query_start_s=hit.query_start_s,
            clip_start_s=hit.clip_start_s,
            duration_s=hit.duration_s,
            speed=hit.speed,
            category="registered",
            why=(Excerpt(kind="audio", label=hit.item, text=describe(hit, artifact.role)),),
            sound=_sound(heard, item.seconds if item else 0.0),
        )


def _chosen(hits: Iterable[_Hit], candidates: int) -> list[_Hit]:
    """The accepted ones, strongest first, then the strongest of the others."""
    order = sorted(hits, key=lambda hit: (not hit.found.accepted, -hit.found.score))
    accepted = sum(hit.found.accepted for hit in order)
    return order[: accepted + candidates]


def _sound(heard: _Hit, clip_length_s: float) -> Sound:
    hit, waveform = heard.found, heard.waveform
    trace = hit.trace
    return Sound(
        false_alarm=hit.false_alarm,
        pitch=hit.pitch,
        family=hit.family,
        clip_length_s=clip_length_s,
        step_s=trace.step_s,
        issued=trace.issued[:LONGEST_TRACE],
        heard=trace.heard[:LONGEST_TRACE],
        evidence=trace.evidence[:LONGEST_TRACE],
        waves_s=waveform.blocks_s if waveform else 0.0,
        waves=waveform.blocks if waveform else (),
    )
