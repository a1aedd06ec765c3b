"""Decodes audio, and the audio tracks of video, to samples at 8 kHz; container tags become text."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached, Malformed
from forensics.formats.media_streams import MediaFile, open_media
from forensics.formats.raw_sound import Trial, open_trial, relabelled
from forensics.formats.sound_views import SoundViews
from forensics.formats.sound_windows import BYTES_PER_SECOND
from forensics.model import Artifact, Part

_HEADERLESS = {"audio/g722": "g722", "audio/gsm": "gsm"}
_NOT_SOUND = frozenset(
    (
        *("audio/silk", "audio/x-pcm", "audio/midi", "audio/x-mulaw", "audio/x-alaw", "audio/l16"),
        *("audio/x-flac-frames", "audio/x-ogg-pages", "audio/x-amr-frames", "audio/x-amr-wb-frames"),
    )
)
_OTHER_TYPES = frozenset(("application/vnd.rn-realmedia", "application/mxf"))


class Audio(Decoder):
    """Any audio or video format FFmpeg decodes; a file is played as far as it goes."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type must say audio or video: text and pictures never reach FFmpeg."""
        kind = artifact.media_type
        is_media = kind.startswith(("audio/", "video/")) or kind in _OTHER_TYPES
        return is_media and not artifact.is_view and kind not in _NOT_SOUND and artifact.content.size > 0

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the samples of every audio track and of every channel that differs, then the tags and cover pictures.

        Sound comes first: the first text that is compared has a large register's text index built, which may take
        all the time there is.
        """
        demuxer = _HEADERLESS.get(artifact.media_type, "")
        with open_media(artifact.content, budget.check_time, demuxer=demuxer) as media:
            sound = SoundViews(media, budget.limits.audio_seconds)
            limit: LimitReached | None = None
            try:
                for part in sound.play():
                    budget.earn_time(part.content.size / BYTES_PER_SECOND)
                    yield part
            except LimitReached as error:
                limit = error
            except Malformed:
                yield from _tags(media)
                raise
            yield from sound.finish()
            yield from _tags(media)
            for number, picture in enumerate(media.pictures):
                yield Part(name=f"cover-{number}", content=Content.of(picture))
            if limit is not None:
                raise limit
            problems = _cut(artifact.content) + media.problems
            if trial := relabelled(artifact.content, media):
                yield from _replayed(artifact.content, trial, media, budget)
                problems.append(f"the header says {media.tracks[0].codec}, the samples are {trial.codec}")
            if problems:
                raise Malformed("; ".join(problems))


def _replayed(content: Content, trial: Trial, media: MediaFile, budget: Budget) -> Iterator[Part]:
    """The samples once more, not as the header says."""
    with open_trial(content, budget.check_time, trial, skip=media.first_byte) as again:
        sound = SoundViews(again, budget.limits.audio_seconds, f"as {trial}")
        with contextlib.suppress(LimitReached):
            yield from sound.play()
        yield from sound.finish()


def _tags(media: MediaFile) -> Iterator[Part]:
    lines = [f"{key}: {value}" for key, value in media.tags]
    if lines:
        facts = {"audio.codec": media.tracks[0].codec} if media.tracks else {}
        content = Content.of("\n".join(lines).encode("utf-8", "replace"))
        yield Part(name="tags", content=content, media_type="text/plain", is_view=True, role="metadata", facts=facts)


def _cut(content: Content) -> list[str]:
    """A RIFF header says how long the file is; live recordings leave zero or all ones there."""
    head = content.head(8)
    claimed = int.from_bytes(head[4:8], "little")
    if head[:4] != b"RIFF" or claimed == 0 or claimed >= 0x7FFFFF00 or claimed + 8 <= content.size + 1:
        return []
    return [f"the file is cut: {content.size} of {claimed + 8} bytes"]
