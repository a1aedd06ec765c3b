"""Timed and annotated text of one recording after the other; none of these names a package."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from tests.formats.writers.package import Package, Writer


def srt(package: Package) -> str:
    return "".join(f"{n}\n{_clock(n, ',')} --> {_clock(n + 1, ',')}\n{text}\n\n" for n, text in _said(package))


def vtt(package: Package) -> str:
    cues = (f"{_clock(n, '.')} --> {_clock(n + 1, '.')}\n<v Anna>{text}\n\n" for n, text in _said(package))
    return "WEBVTT\n\n" + "".join(cues)


def sbv(package: Package) -> str:
    return "".join(f"0:00:0{n}.000,0:00:0{n + 1}.000\n{text}\n\n" for n, text in _said(package))


def lrc(package: Package) -> str:
    return "[by:anna]\n" + "".join(f"[00:0{n}.00]<00:0{n}.10>{text}\n" for n, text in _said(package))


def ass(package: Package) -> str:
    lines = (
        f"Dialogue: 0,0:00:0{n}.00,0:00:0{n + 1}.00,Default,Anna,0,0,0,,{{\\i1}}{text}{{\\i0}}\n"
        for n, text in _said(package)
    )
    events = "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    return "[Script Info]\nTitle: call\n\n[Events]\n" + events + "".join(lines)


def sami(package: Package) -> str:
    cues = (f"<SYNC Start={n}000><P Class=X>{escape(text)}<br>\n" for n, text in _said(package))
    return "<SAMI><HEAD><TITLE>call</TITLE></HEAD><BODY>\n" + "".join(cues) + "</BODY></SAMI>"


def ttml(package: Package) -> str:
    cues = (f"<p begin='{n}s' end='{n + 1}s'><span>{escape(text)}</span></p>" for n, text in _said(package))
    return (
        "<?xml version='1.0'?>\n<tt xmlns='http://www.w3.org/ns/ttml' xml:lang='x'><body><div>"
        + "".join(cues)
        + "</div></body></tt>"
    )


def textgrid(package: Package) -> str:
    intervals = "".join(
        f'        intervals [{n}]:\n            xmin = {n}\n            xmax = {n + 1}\n            text = "{text}"\n'
        for n, text in _said(package)
    )
    return (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 9\ntiers? <exists>\nsize = 1\n'
        "item []:\n"
        '    item [1]:\n        class = "IntervalTier"\n        name = "Anna"\n        xmin = 0\n        xmax = 9\n'
        f"        intervals: size = {len(package.lines)}\n{intervals}"
    )


def textgrid_short(package: Package) -> str:
    intervals = "".join(f'{n}\n{n + 1}\n"{text}"\n' for n, text in _said(package))
    head = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n9\n<exists>\n1\n"IntervalTier"\n"Anna"\n0\n9\n'
    return head + f"{len(package.lines)}\n{intervals}"


def eaf(package: Package) -> str:
    notes = "".join(
        f"<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID='a{n}'><ANNOTATION_VALUE>{escape(text)}</ANNOTATION_VALUE>"
        "</ALIGNABLE_ANNOTATION></ANNOTATION>"
        for n, text in _said(package)
    )
    return (
        "<?xml version='1.0'?>\n<ANNOTATION_DOCUMENT AUTHOR='anna' FORMAT='3.0'><HEADER>"
        "<MEDIA_DESCRIPTOR MEDIA_URL='file:///home/anna/call%2017.wav' MIME_TYPE='audio/x-wav'/></HEADER>"
        f"<TIER TIER_ID='said' PARTICIPANT='caller'>{notes}</TIER></ANNOTATION_DOCUMENT>"
    )


def trs(package: Package) -> str:
    said = "".join(f"<Sync time='{n}'/>\n{escape(text)}\n" for n, text in _said(package))
    return (
        "<?xml version='1.0'?>\n<!DOCTYPE Trans SYSTEM 'trans-14.dtd'>\n<Trans scribe='anna' audio_filename='call17'>"
        f"<Episode><Section type='report'><Turn startTime='0'>{said}</Turn></Section></Episode></Trans>"
    )


def chat(package: Package) -> str:
    said = "".join(f"*CAL:\t{text} . \x15{n}000_{n}900\x15\n%com:\tcalm\n" for n, text in _said(package))
    return f"@UTF8\n@Begin\n@Participants:\tCAL Caller Adult\n@Media:\tcall17, audio\n{said}@End\n"


def stm(package: Package) -> str:
    return "".join(f"call17 1 caller {n}.00 {n}.90 <o,f0> {text}\n" for n, text in _said(package))


TIMED: dict[str, tuple[str, Writer]] = {
    "srt": ("p.srt", srt),
    "webvtt": ("p.vtt", vtt),
    "sbv": ("p.sbv", sbv),
    "lrc": ("p.lrc", lrc),
    "ass": ("p.ass", ass),
    "sami": ("p.smi", sami),
    "ttml": ("p.ttml", ttml),
    "textgrid": ("p.TextGrid", textgrid),
    "textgrid, short": ("p.TextGrid", textgrid_short),
    "eaf": ("p.eaf", eaf),
    "trs": ("p.trs", trs),
    "chat": ("p.cha", chat),
    "stm": ("p.stm", stm),
}


def _said(package: Package) -> Iterator[tuple[int, str]]:
    return enumerate((line.source for line in package.lines), 1)


def _clock(second: int, point: str) -> str:
    return f"00:00:{second:02d}{point}000"
