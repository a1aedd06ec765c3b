"""What a canary is made of: a package that nobody was issued, drawn from a key, so that each store has its own."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from forensics.selfcheck import sound

PROGRAMME: Final = "selfcheck"
MARK_CHARS: Final = 32
_WORDS: Final = 24
_ONSETS: Final = ("b", "br", "d", "f", "g", "gl", "h", "k", "kl", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v")
_RIMES: Final = ("a", "an", "ar", "e", "el", "en", "i", "il", "in", "o", "ol", "on", "or", "u", "um", "ur")
_PLAIN: Final = """This is a test of Earwitness, not somebody's data: nobody spoke in the clip, the words mean nothing.
It was sent to see whether it is seen, and is removed again by itself. It may be deleted.
"""


@dataclass(frozen=True)
class Kit:
    """The self-check's package of one store, made anew from the same secret whenever it is wanted."""

    secret: bytes

    @property
    def package(self) -> str:
        """Its id in the register."""
        return f"selfcheck-{self._drawn('package').hex()[:8]}"

    @property
    def clip(self) -> str:
        """The id of its one clip."""
        return f"{self.package}-c01"

    @property
    def files(self) -> Mapping[str, bytes]:
        """What is registered, by path: the clip, its candidates, a manifest."""
        manifest = {
            "package": self.package,
            "programme": PROGRAMME,
            "clips": [
                {
                    "id": self.clip,
                    "audio": self._audio,
                    "source_language": "zxx",
                    "target_language": "zxx",
                    "transcript": self._source,
                    "candidates": [self._target],
                }
            ],
        }
        return {
            "manifest.json": json.dumps(manifest).encode(),
            self._audio: sound.as_wave(self._voice),
            "candidates.xlf": self._xliff(""),
        }

    def canary(self, nonce: str) -> bytes:
        """The package as it is sent, no two alike: by its bytes no part of it is known, only by its sound and words."""
        seed = self._drawn("canary", nonce)
        heard = sound.as_wave(sound.roughened(self._voice, seed))
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in (
                ("README.txt", _PLAIN.encode()),
                (self._audio, heard),
                ("candidates.xlf", self._xliff(f"earwitness selfcheck {nonce} {self.mark(nonce)}")),
            ):
                file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        return out.getvalue()

    def mark(self, nonce: str) -> str:
        """The token that a canary carries: who has the store's key can say that the store made it."""
        return self._drawn("mark", nonce).hex()[:MARK_CHARS]

    def seal(self, *said: str) -> str:
        """What shows that the store issued a canary as it is written down: nobody can add one without the key."""
        return self._drawn("issued", *said).hex()

    def _drawn(self, *what: str) -> bytes:
        return hmac.new(self.secret, "\0".join(("earwitness selfcheck", *what)).encode(), hashlib.sha256).digest()

    @property
    def _audio(self) -> str:
        return f"audio/{self.clip}.wav"

    @cached_property
    def _voice(self) -> sound.Samples:
        return sound.voice(self._drawn("voice"))

    @cached_property
    def _source(self) -> str:
        return self._sentence("source")

    @cached_property
    def _target(self) -> str:
        return self._sentence("target")

    def _sentence(self, what: str) -> str:
        """Words of no language, as many as a sentence has."""
        words = list(self._words(what))
        return f"{words[0].capitalize()} {' '.join(words[1:])}."

    def _words(self, what: str) -> Iterator[str]:
        for number in range(_WORDS):
            drawn = self._drawn(what, str(number))
            pairs = zip(drawn[1::2], drawn[2::2], strict=False)
            syllables = [_ONSETS[one % len(_ONSETS)] + _RIMES[other % len(_RIMES)] for one, other in pairs]
            yield "".join(syllables[: 2 + drawn[0] % 2])

    def _xliff(self, note: str) -> bytes:
        """The unit of the clip with its proposal, in XLIFF 1.2; nothing in it needs escaping."""
        noted = f"<note>{note}</note>" if note else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">\n'
            f'<file original="{self.package}" datatype="x-audio-transcript" source-language="zxx"'
            f' target-language="zxx"><body>\n<trans-unit id="{self.clip}" resname="{self._audio}">'
            f"<source>{self._source}</source>"
            f'<alt-trans match-quality="90%"><target>{self._target}</target></alt-trans>{noted}'
            "</trans-unit>\n</body></file></xliff>\n"
        ).encode()
