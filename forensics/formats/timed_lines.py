"""Reads what is said in files of timed and annotated text: TextGrid, ASS and SSA, SBV, LRC, SAMI, CHAT.

Praat's TextGrid in its long and short form, Advanced SubStation Alpha v4+, Microsoft's SAMI 1.0, TalkBank's CHAT.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from forensics.formats.audio_names import clip_stem, is_audio_name
from forensics.formats.record_columns import is_text
from forensics.model import Unit

TEXTGRID, SSA, SBV, LRC, SAMI, CHAT = (
    *("text/x-textgrid", "text/x-ssa", "text/x-sbv", "text/x-lrc", "application/x-sami", "text/x-chat"),
)
_QUOTED = re.compile(r'"((?:[^"]|"")*+)"')
_TIERS = ("IntervalTier", "TextTier")
_TAGS = re.compile(r"<[^<>]{0,500}>|\{[^{}]{0,500}\}")
_SBV_TIMES = re.compile(r"\d+:\d\d:\d\d\.\d{3},\d+:\d\d:\d\d\.\d{3}")
_LRC_TIME = re.compile(r"\s*[\[<]\d{1,3}:\d\d(?:[.:]\d{1,3})?[\]>]")
_LRC_TAG = re.compile(r"\[([A-Za-z#]{1,20}):(.*)\]")
_SYNC = re.compile(r"<sync\b", re.I)
_CHAT_CODES = re.compile(r"\[[^\[\]]{0,200}\]|\x15[^\x15]{0,40}\x15|&[=~+-]\S{1,60}|\(\.+\)|[<>‡„↑↓]")
_FEW_FIELDS = 9


@dataclass(slots=True)
class Said:
    """What a file says: its segments, the recording it belongs to, and every other line."""

    segments: list[str] = field(default_factory=list)
    audio: str = ""
    asides: list[str] = field(default_factory=list)

    def aside(self, line: str) -> None:
        """Keep a line that is no segment; it may name the recording."""
        if not line.strip():
            return
        self.asides.append(line.strip())
        values = (line, line.partition(":")[2].strip(), line.partition(":")[2].partition(",")[0].strip())
        self.audio = self.audio or next((value for value in values if is_audio_name(value)), "")

    def units(self) -> Iterator[Unit]:
        """One unit a segment, all of the recording where one is named."""
        for number, segment in enumerate(self.segments, 1):
            yield Unit(id=clip_stem(self.audio) or str(number), source=segment, audio=self.audio)


def timed_type(text: str) -> str:
    """Which of these a text is, by how it begins; empty when it is none."""
    head = text[:4000].lstrip()
    if re.match(r'(?:File type = )?"ooTextFile', head):
        return TEXTGRID
    if re.match(r"\[Script Info\]", head, re.I):
        return SSA
    if re.match(r"@(?:UTF8|Font:.*|PID:.*|Begin)\s*\r?\n", head) and "@Begin" in head:
        return CHAT
    lines = [line for line in head.splitlines()[:20] if line.strip()]
    if lines and _SBV_TIMES.fullmatch(lines[0].strip()):
        return SBV
    timed = sum(bool(_LRC_TIME.match(line)) for line in lines)
    tagged = sum(bool(_LRC_TAG.fullmatch(line.strip())) for line in lines)
    return LRC if timed >= 2 and timed + tagged == len(lines) else ""


def read_timed(text: str, kind: str) -> Said:
    """The segments of a text of one of these kinds."""
    said = Said()
    _READERS[kind](text, said)
    return said


def _textgrid(text: str, said: Said) -> None:
    """Every quoted text: behind the kind of a tier stands its name, all others are labels."""
    tier: list[str] = []
    is_name = False
    for number, found in enumerate(_QUOTED.finditer(text)):
        label = found[1].replace('""', '"').strip()
        if number < 2 and label in ("ooTextFile", "TextGrid"):
            continue
        if label in _TIERS:
            _flush(tier, said)
            tier, is_name = [], True
        elif is_name:
            said.aside(f"tier: {label}")
            is_name = False
        elif label:
            tier.append(" ".join(label.split()))
    _flush(tier, said)


def _flush(tier: Sequence[str], said: Said) -> None:
    """A tier of single words is one text."""
    if tier:
        said.segments += tier if is_text(tier) else [" ".join(tier)]


def _ssa(text: str, said: Said) -> None:
    fields = _FEW_FIELDS
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        kind = name.strip().lower()
        if kind == "format" and "Text" in rest:
            fields = rest.count(",")
        elif kind in ("dialogue", "comment") and rest.count(",") >= fields:
            *about, spoken = rest.split(",", fields)
            said.aside(", ".join(each.strip() for each in about[3:5] if each.strip()))
            _put(said, re.sub(r"\\[Nnh]", " ", spoken))
        else:
            said.aside(line)


def _sbv(text: str, said: Said) -> None:
    for block in re.split(r"(?:\r?\n[ \t]*){2,}", text.strip()):
        lines = block.splitlines()
        at = 1 if lines and _SBV_TIMES.fullmatch(lines[0].strip()) else 0
        _put(said, " ".join(lines[at:]))


def _lrc(text: str, said: Said) -> None:
    for line in text.splitlines():
        if found := _LRC_TAG.fullmatch(line.strip()):
            said.aside(f"{found[1]}: {found[2].strip()}")
        else:
            _put(said, _LRC_TIME.sub(" ", line))


def _sami(text: str, said: Said) -> None:
    head, *cues = _SYNC.split(text)
    said.aside(" ".join(html.unescape(re.sub(r"<!--|-->|<[^<>]{0,500}>", " ", head)).split()))
    for cue in cues:
        _put(said, re.sub(r"<br\s*/?>", " ", cue.partition(">")[2], flags=re.I).replace("&nbsp;", " "))


def _chat(text: str, said: Said) -> None:
    """Main lines begin with an asterisk; a line that begins with a tab goes on."""
    for line in re.sub(r"\r?\n\t", " ", text).splitlines():
        speaker, _, spoken = line.partition(":")
        if line.startswith("*"):
            said.aside(speaker)
            _put(said, _CHAT_CODES.sub(" ", spoken))
        else:
            media = re.match(r"@Media:\s*([^,\s]+)", line)
            said.audio = said.audio or (media[1] if media else "")
            said.aside(line)


def _put(said: Said, text: str) -> None:
    plain = " ".join(html.unescape(_TAGS.sub("", text)).split())
    if plain:
        said.segments.append(plain)


_READERS: dict[str, Callable[[str, Said], None]] = {
    TEXTGRID: _textgrid,
    SSA: _ssa,
    SBV: _sbv,
    LRC: _lrc,
    SAMI: _sami,
    CHAT: _chat,
}
KINDS = frozenset(_READERS)
