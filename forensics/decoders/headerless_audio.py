"""Tries G.711 and PCM without a header: what a carver found, RTP carried or a name calls sound, and unknown bytes."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached, Malformed
from forensics.formats.raw_sound import Trial, hint_of, open_trial, trials_of
from forensics.formats.sample_guess import PROBE_BYTES
from forensics.formats.sound_views import SoundViews
from forensics.formats.sound_windows import BYTES_PER_SECOND
from forensics.model import Artifact, Part

_CALLED_SOUND = ("audio/x-mulaw", "audio/x-alaw", "audio/pcmu", "audio/pcma", "audio/l16")
_UNKNOWN = "application/octet-stream"


class HeaderlessAudio(Decoder):
    """Bytes that are sound under the format that explains them best, in each way that is likely."""

    def accepts(self, artifact: Artifact) -> bool:
        """Called headerless sound, or of no known type and long enough to tell."""
        is_unknown = artifact.media_type == _UNKNOWN and artifact.content.size >= PROBE_BYTES
        is_called = artifact.media_type in _CALLED_SOUND and artifact.content.size > 0
        return not artifact.is_view and (is_called or is_unknown)

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the samples under each trial, the likeliest as the recording; nothing when it is no sound."""
        trials = trials_of(artifact.content, hint_of(artifact.media_type, artifact.name))
        for number, trial in enumerate(trials):
            budget.check_time()
            yield from _play(artifact.content, trial, "" if number == 0 else str(trial), budget)
        if trials:
            tried = "; ".join(map(str, trials))
            facts = {"audio.codec": trials[0].codec, "audio.rate": str(trials[0].rate), "audio.tried": tried}
            yield Part(name="tried", content=Content.of(b""), media_type="text/plain", is_view=True, facts=facts)


def _play(content: Content, trial: Trial, role: str, budget: Budget) -> Iterator[Part]:
    with open_trial(content, budget.check_time, trial) as media:
        sound = SoundViews(media, budget.limits.audio_seconds, role)
        try:
            for part in sound.play():
                budget.earn_time(part.content.size / BYTES_PER_SECOND)
                yield part
        except LimitReached:
            yield from sound.finish()
            raise
        yield from sound.finish()
        if media.problems and not role:
            raise Malformed("; ".join(media.problems))
