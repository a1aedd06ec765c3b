"""Decodes audio, and the audio tracks of video, to mono samples at 8 kHz; container tags become text."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content, Spool
from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached, Malformed
from forensics.formats.media_streams import MediaFile, Track, open_media
from forensics.formats.mono_pcm import PCM_RATE
from forensics.model import Artifact, Part

_HEADERLESS = {"audio/g722": "g722", "audio/gsm": "gsm", "audio/x-mulaw": "mulaw", "audio/x-alaw": "alaw"}
_NOT_SOUND = frozenset(("audio/silk", "audio/x-pcm", "audio/midi"))
_OTHER_TYPES = frozenset(("application/vnd.rn-realmedia", "application/mxf"))
_BYTES_PER_SECOND = PCM_RATE * 2


class Audio(Decoder):
    """Any audio or video format FFmpeg decodes; a file is played as far as it goes."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type must say audio or video: text and pictures never reach FFmpeg."""
        kind = artifact.media_type
        is_media = kind.startswith(("audio/", "video/")) or kind in _OTHER_TYPES
        return is_media and not artifact.is_view and kind not in _NOT_SOUND and artifact.content.size > 0

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the tags, one view of samples per audio track, and cover pictures."""
        demuxer = _HEADERLESS.get(artifact.media_type, "")
        with open_media(artifact.content, budget.check_time, demuxer=demuxer) as media:
            yield from _tags(media)
            spools = [Spool() for _ in media.tracks]
            limit: LimitReached | None = None
            try:
                _fill(spools, media, int(budget.limits.audio_seconds * _BYTES_PER_SECOND))
            except LimitReached as error:
                limit = error
            for track, spool in zip(media.tracks, spools, strict=True):
                yield _samples(track, spool, len(media.tracks))
            for number, picture in enumerate(media.pictures):
                yield Part(name=f"cover-{number}", content=Content.of(picture))
            if limit is not None:
                raise limit
            problems = _cut(artifact.content) + media.problems
            if problems:
                raise Malformed("; ".join(problems))


def _fill(spools: list[Spool], media: MediaFile, limit_bytes: int) -> None:
    left = limit_bytes
    for number, samples in media.decode():
        spools[number].write(samples[:left])
        left -= len(samples)
        if left < 0:
            raise LimitReached(f"more than {limit_bytes // _BYTES_PER_SECOND} s of audio")


def _tags(media: MediaFile) -> Iterator[Part]:
    lines = [f"{key}: {value}" for key, value in media.tags]
    if lines:
        facts = {"audio.codec": media.tracks[0].codec} if media.tracks else {}
        content = Content.of("\n".join(lines).encode("utf-8", "replace"))
        yield Part(name="tags", content=content, media_type="text/plain", is_view=True, role="metadata", facts=facts)


def _samples(track: Track, spool: Spool, tracks: int) -> Part:
    facts = {
        "audio.seconds": f"{spool.size / _BYTES_PER_SECOND:.3f}",
        "audio.codec": track.codec,
        "audio.rate": str(track.rate),
        "audio.channels": str(track.channels),
    }
    if tracks > 1:
        facts["audio.tracks"] = str(tracks)
    return Part(
        name=f"audio-{track.number}", content=spool.close(), media_type="audio/x-pcm", is_view=True, facts=facts
    )


def _cut(content: Content) -> list[str]:
    """A RIFF header says how long the file is; live recordings leave zero or all ones there."""
    head = content.head(8)
    claimed = int.from_bytes(head[4:8], "little")
    if head[:4] != b"RIFF" or claimed == 0 or claimed >= 0x7FFFFF00 or claimed + 8 <= content.size + 1:
        return []
    return [f"the file is cut: {content.size} of {claimed + 8} bytes"]
