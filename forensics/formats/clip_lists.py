"""Lists with a clip a line, as recognisers are trained and scored with: told by how every line begins, read as units.

Kaldi's `text`, `wav.scp`, `segments` and `utt2spk`; NIST's stm, ctm and trn (sclite); HTK's master label files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from forensics.formats.audio_names import is_audio_name
from forensics.model import Unit

KALDI_NAMES = frozenset(("text", "wav.scp", "segments", "utt2spk", "reco2file_and_channel"))
_LEAST_LINES = 3
_TOLD = 40
_NUMBER = r"\d+(?:\.\d+)?"
_STM = re.compile(rf"(\S+) \S+ \S+ ({_NUMBER}) ({_NUMBER}) (?:<[^>]*> )?(\S.*)")
_CTM = re.compile(rf"(\S+) \S+ ({_NUMBER}) ({_NUMBER}) (\S+)(?: {_NUMBER})?")
_TIMES = re.compile(rf"(\S+) (\S+) ({_NUMBER}) ({_NUMBER})")
_TRN = re.compile(r"(\S.*) \(([\w./:-]{2,120})\)")
_PAIR = re.compile(r"(\S{4,160}) (\S.*)")
_CODE = re.compile(r"(?=.*[^\W\d_])(?=.*\d)[\w./:@=+-]+")
_FILE = re.compile(r"[^\s|<>\"']+")
_MLF_FILE = re.compile(r'"([^"]{1,500})"')
_MLF_TIMES = re.compile(r"\d+ \d+ ")


def is_clip_list(lines: Iterable[str], name: str) -> bool:
    """Say whether these first lines are such a list; names count for nothing where the lines are of another shape."""
    plain = [" ".join(line.split()) for line in lines if line.strip() and not line.startswith(";;")][:_TOLD]
    if plain[:1] == ["#!MLF!#"]:
        return True
    least = 1 if name.lower() in KALDI_NAMES or name.lower().endswith((".stm", ".ctm", ".trn")) else _LEAST_LINES
    if len(plain) < least:
        return False
    if all(_STM.fullmatch(line) for line in plain) or all(_CTM.fullmatch(line) for line in plain):
        return True
    firsts = [found[2] for line in plain if (found := _TRN.fullmatch(line))]
    if len(firsts) < len(plain):
        firsts = [found[1] for line in plain if (found := _PAIR.fullmatch(line))]
    moulds = {re.sub(r"\d+", "0", first) for first in firsts}
    is_told = len(firsts) == len(plain) == len(set(firsts)) and all(map(_CODE.fullmatch, firsts))
    return is_told and (least == 1 or len(moulds) == 1)


def read_clip_list(lines: Iterable[str]) -> Iterator[Unit]:
    """A unit a line; the words of a time-marked list are joined clip by clip."""
    clip, words = "", list[str]()
    is_labels = False
    for raw in lines:
        line = " ".join(raw.split())
        if not line or line.startswith(";;"):
            continue
        is_labels = is_labels or line == "#!MLF!#"
        found = _label(line) if is_labels else _word(line)
        if found is None:
            yield from _said(clip, words)
            clip, words = "", []
            if not is_labels:
                yield _unit(line)
            continue
        if found[0] and found[0] != clip:
            yield from _said(clip, words)
            clip, words = found[0], []
        words += filter(None, found[1:])
    yield from _said(clip, words)


def asides(lines: Iterable[str]) -> Iterator[str]:
    """What of the lines is nothing that was said: where clips lie, who speaks, when."""
    for raw in lines:
        line = " ".join(raw.split())
        if found := _STM.fullmatch(line):
            yield line[: found.start(4)].strip()
        elif _TIMES.fullmatch(line) or line.startswith((";;", '"')) or not _unit(line).source:
            yield line


def _said(clip: str, words: list[str]) -> Iterator[Unit]:
    if clip:
        yield Unit(id=clip, source=" ".join(words))


def _word(line: str) -> tuple[str, str] | None:
    """Clip and word of a time-marked line."""
    found = _CTM.fullmatch(line)
    return (found[1], found[4]) if found else None


def _label(line: str) -> tuple[str, str] | None:
    """A clip's name, or one of its labels, of a master label file; None at the end of a clip."""
    if line in (".", "#!MLF!#"):
        return None
    if found := _MLF_FILE.fullmatch(line):
        return re.sub(r"^.*[/*]|\.\w+$", "", found[1]), ""
    return "", _MLF_TIMES.sub("", line).split(" ")[0]


def _unit(line: str) -> Unit:
    if found := _STM.fullmatch(line):
        return Unit(id=found[1], source=found[4])
    if found := _TIMES.fullmatch(line):
        return Unit(id=found[1])
    if found := _TRN.fullmatch(line):
        return Unit(id=found[2], source=found[1])
    clip, _, rest = line.partition(" ")
    audio = next((word for word in _FILE.findall(rest) if is_audio_name(word)), "")
    if audio or _CODE.fullmatch(rest):
        return Unit(id=clip, audio=audio)
    return Unit(id=clip, source=rest)
