"""Decodes SILK voice notes (WeChat, QQ, Skype), which FFmpeg cannot, to mono samples at 8 kHz."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.content import Content
from forensics.decoders.base import Budget, Decoder
from forensics.errors import LimitReached, Malformed
from forensics.formats.silk_frames import SilkNote
from forensics.formats.sound_windows import WINDOW_S, Windows
from forensics.model import Artifact, Part


class Silk(Decoder):
    """SILK v3 as messengers send it, with and without the one-byte prefix; played as far as it goes."""

    def accepts(self, artifact: Artifact) -> bool:
        """The magic line says so."""
        return not artifact.is_view and artifact.media_type == "audio/silk"

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the samples; raise Malformed when packets are damaged or the note is cut."""
        note = SilkNote(artifact.content)
        windows = Windows("silk")
        limit: LimitReached | None = None
        try:
            for samples in note.play():
                budget.check_time()
                for part in windows.write(samples):
                    budget.earn_time(WINDOW_S)
                    yield part
                if windows.seconds > budget.limits.audio_seconds:
                    raise LimitReached(f"more than {budget.limits.audio_seconds:g} s of audio")
        except LimitReached as error:
            limit = error
        yield from windows.finish()
        facts = {"audio.seconds": f"{windows.seconds:.3f}", "audio.codec": "silk", "audio.channels": "1"}
        yield Part(name="silk", content=Content.of(b""), media_type="text/plain", is_view=True, facts=facts)
        if limit is not None:
            raise limit
        if note.problems:
            raise Malformed("; ".join(note.problems))
