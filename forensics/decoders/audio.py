"""Decodes audio, and the audio tracks of video, to samples at 8 kHz; container tags become text."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached, Malformed
from forensics.formats.media_streams import MediaFile, open_media
from forensics.formats.sound_windows import RATE, Windows
from forensics.model import Artifact, Part

_HEADERLESS = {"audio/g722": "g722", "audio/gsm": "gsm", "audio/x-mulaw": "mulaw", "audio/x-alaw": "alaw"}
_NOT_SOUND = frozenset(("audio/silk", "audio/x-pcm", "audio/midi"))
_OTHER_TYPES = frozenset(("application/vnd.rn-realmedia", "application/mxf"))


class Audio(Decoder):
    """Any audio or video format FFmpeg decodes; a file is played as far as it goes."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type must say audio or video: text and pictures never reach FFmpeg."""
        kind = artifact.media_type
        is_media = kind.startswith(("audio/", "video/")) or kind in _OTHER_TYPES
        return is_media and not artifact.is_view and kind not in _NOT_SOUND and artifact.content.size > 0

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the tags, the samples of every audio track and of every channel that differs, and cover pictures."""
        demuxer = _HEADERLESS.get(artifact.media_type, "")
        with open_media(artifact.content, budget.check_time, demuxer=demuxer) as media:
            yield from _tags(media)
            sound = _Sound(media, budget.limits.audio_seconds)
            limit: LimitReached | None = None
            try:
                yield from sound.play()
            except LimitReached as error:
                limit = error
            yield from sound.finish()
            for number, picture in enumerate(media.pictures):
                yield Part(name=f"cover-{number}", content=Content.of(picture))
            if limit is not None:
                raise limit
            problems = _cut(artifact.content) + media.problems
            if problems:
                raise Malformed("; ".join(problems))


class _Sound:
    """The windows of every signal of every track."""

    def __init__(self, media: MediaFile, limit_s: float) -> None:
        self._media = media
        self._limit_s = limit_s
        self._signals = {
            (track.number, 0): Windows(f"audio-{track.number}", _role(track.number)) for track in media.tracks
        }

    def play(self) -> Iterator[Part]:
        """Yield windows as they fill. Raises LimitReached when the tracks together are too long."""
        left = int(self._limit_s * RATE) * 2
        for track, heard in self._media.decode():
            if heard.follows >= 0:
                role = _role(track, heard.channel)
                self._signals[track, heard.signal] = self._signals[track, heard.follows].fork(role)
            signal = self._signals[track, heard.signal]
            yield from signal.write(heard.samples[:left])
            left -= 0 if heard.signal else len(heard.samples)
            if left < 0:
                raise LimitReached(f"more than {self._limit_s:g} s of audio")

    def finish(self) -> Iterator[Part]:
        """Yield the last windows, those of the whole recording first, and what is known of it."""
        for signal in sorted(self._signals.values(), key=lambda each: each.role):
            yield from signal.finish()
        yield Part(name="audio", content=Content.of(b""), media_type="text/plain", is_view=True, facts=self._facts())

    def _facts(self) -> dict[str, str]:
        if not self._media.tracks:
            return {}
        track = self._media.tracks[0]
        facts = {
            "audio.seconds": f"{max(signal.seconds for signal in self._signals.values()):.3f}",
            "audio.codec": track.codec,
            "audio.rate": str(track.rate),
            "audio.channels": str(track.channels),
        }
        separate = len(self._signals) - len(self._media.tracks)
        facts |= {"audio.tracks": str(len(self._media.tracks))} if len(self._media.tracks) > 1 else {}
        return facts | ({"audio.separate": str(separate)} if separate else {})


def _role(track: int, channel: int = -1) -> str:
    """Empty for the mix of the first track."""
    names = ([f"track {track + 1}"] if track else []) + ([f"channel {channel + 1}"] if channel >= 0 else [])
    return " ".join(names)


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
