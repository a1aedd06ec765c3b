"""The views of a media file: windows of its mix, of further tracks and of the channels that differ, and its facts."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.errors import LimitReached
from forensics.formats.media_streams import MediaFile
from forensics.formats.sound_windows import RATE, Windows
from forensics.model import Part


class SoundViews:
    """The windows of every signal of every track; `role` says how the file was heard, when that is not certain."""

    def __init__(self, media: MediaFile, limit_s: float, role: str = "") -> None:
        self._media = media
        self._limit_s = limit_s
        self._role = role
        self._signals = {
            (track.number, 0): Windows(f"audio-{track.number}", _role(role, track.number)) for track in media.tracks
        }

    def play(self) -> Iterator[Part]:
        """Yield windows as they fill. Raises LimitReached when the tracks together are too long."""
        left = int(self._limit_s * RATE) * 2
        for track, heard in self._media.decode():
            if heard.follows >= 0:
                role = _role(self._role, track, heard.channel)
                self._signals[track, heard.signal] = self._signals[track, heard.follows].fork(role)
            signal = self._signals[track, heard.signal]
            yield from signal.write(heard.samples[:left])
            left -= 0 if heard.signal else len(heard.samples)
            if left < 0:
                raise LimitReached(f"more than {self._limit_s:g} s of audio")

    def finish(self) -> Iterator[Part]:
        """Yield the last windows, those of the whole recording first, and what is known of it."""
        for _, signal in sorted(self._signals.items(), key=lambda each: (each[0][1] > 0, each[0])):
            yield from signal.finish()
        facts = {} if self._role else self._facts()
        yield Part(name="audio", content=Content.of(b""), media_type="text/plain", is_view=True, facts=facts)

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


def _role(role: str, track: int, channel: int = -1) -> str:
    """Empty for the mix of the first track, heard as the file says."""
    names = (
        [role] * bool(role)
        + ([f"track {track + 1}"] if track else [])
        + ([f"channel {channel + 1}"] if channel >= 0 else [])
    )
    return " ".join(names)
