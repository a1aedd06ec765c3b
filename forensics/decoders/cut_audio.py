"""Plays sound whose beginning is lost: FLAC and AMR frames and Ogg pages get one made of what they say themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import Malformed
from forensics.formats.amr_frames import LINES
from forensics.formats.flac_frames import flac_beginning
from forensics.formats.media_streams import open_media
from forensics.formats.ogg_pages import opus_beginning
from forensics.formats.sound_views import SoundViews
from forensics.formats.sound_windows import BYTES_PER_SECOND
from forensics.model import Artifact, Part

_HEAD_BYTES = 64


class CutAudio(Decoder):
    """What is left of FLAC, AMR, and Opus in Ogg; always partly read, for nobody knows how much is lost."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so."""
        return not artifact.is_view and artifact.media_type in _BEGINNINGS

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the samples, then say that the beginning is lost."""
        content = artifact.content
        beginning = _BEGINNINGS[artifact.media_type](content)
        if not beginning:
            raise Malformed("the beginning is lost, and with it what the sound was coded by")
        whole = budget.collect(_joined(beginning, content))
        with open_media(whole, budget.check_time) as media:
            sound = SoundViews(media, budget.limits.audio_seconds)
            for part in sound.play():
                budget.earn_time(part.content.size / BYTES_PER_SECOND)
                yield part
            yield from sound.finish()
            raise Malformed("; ".join(["the beginning of the sound is lost", *media.problems]))


def _joined(beginning: bytes, content: Content) -> Iterator[bytes]:
    yield beginning
    yield from content.chunks()


def _flac(content: Content) -> bytes:
    return flac_beginning(content.head(_HEAD_BYTES))


_BEGINNINGS: dict[str, Callable[[Content], bytes]] = {
    "audio/x-flac-frames": _flac,
    "audio/x-ogg-pages": opus_beginning,
    "audio/x-amr-frames": lambda _: LINES[False],
    "audio/x-amr-wb-frames": lambda _: LINES[True],
}
