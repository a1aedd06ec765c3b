"""Bilingual files of translation tools."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from tests.formats.writers.package import Line, Package, Writer

V1 = 'version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"'


def xliff_1(package: Package) -> str:
    body = "".join(
        f"<trans-unit id={quoteattr(line.id)}{_resname(line)}><source>{escape(line.source)}</source>{_target(line)}"
        + "".join(f"<alt-trans origin='mt'><target>{escape(text)}</target></alt-trans>" for text in line.candidates)
        + "</trans-unit>\n"
        for line in package.lines
    )
    return _file_1(package, body, V1)


def xliff_2(package: Package) -> str:
    body = "".join(
        f"<unit id={quoteattr(line.id)} name={quoteattr(line.audio or line.id)}><mtc:matches>"
        + "".join(
            f"<mtc:match ref='#s1'><source>{escape(line.source)}</source><target>{escape(text)}</target></mtc:match>"
            for text in line.candidates
        )
        + f"</mtc:matches><segment id='s1'><source>{escape(line.source)}</source>{_target(line)}</segment></unit>\n"
        for line in package.lines
    )
    return (
        "<?xml version='1.0'?>\n<xliff version='2.1' xmlns='urn:oasis:names:tc:xliff:document:2.0'"
        f" xmlns:mtc='urn:oasis:names:tc:xliff:matches:2.0' srcLang='{package.language}' trgLang='en'>"
        f"<file id='f1' original={quoteattr(package.id)}>{body}</file></xliff>"
    )


def sdlxliff(package: Package) -> str:
    """Trados Studio: a segment is translated or a draft; the other proposals wait in comments."""
    body = "".join(
        f"<trans-unit id='{number}'{_resname(line)}><source>{escape(line.source)}</source>"
        f"<seg-source><mrk mtype='seg' mid='{number}'>{escape(line.source)}</mrk></seg-source>"
        f"<target><mrk mtype='seg' mid='{number}'>{escape(line.chosen or line.candidates[0])}</mrk></target>"
        + "".join(f"<alt-trans><target>{escape(text)}</target></alt-trans>" for text in line.candidates[1:])
        + f"<sdl:seg-defs><sdl:seg id='{number}' conf='{'Translated' if line.chosen else 'Draft'}'/></sdl:seg-defs>"
        "</trans-unit>\n"
        for number, line in enumerate(package.lines, 1)
    )
    return _file_1(package, body, V1 + " xmlns:sdl='http://sdl.com/FileTypes/SdlXliff/1.0'")


def mxliff(package: Package) -> str:
    body = "".join(
        f"<trans-unit id='{package.id}:{number}' m:confirmed='{int(bool(line.chosen))}' m:created-by='k.t'"
        f"{_resname(line)}><source>{escape(line.source)}</source>{_target(line)}"
        + "".join(
            f"<alt-trans origin='machine-trans'><target>{escape(t)}</target></alt-trans>" for t in line.candidates
        )
        + "</trans-unit>\n"
        for number, line in enumerate(package.lines)
    )
    root = V1 + " xmlns:m='http://www.memsource.com/mxlf/2.0'"
    return _file_1(package, body, root)


def mqxliff(package: Package) -> str:
    body = "".join(
        f"<trans-unit id='{number}' mq:status='{'ManuallyConfirmed' if line.chosen else 'NotStarted'}'"
        f"{_resname(line)}><source>{escape(line.source)}</source>{_target(line)}"
        + "".join(
            f"<mq:insertedmatch><source>{escape(line.source)}</source><target>{escape(text)}</target></mq:insertedmatch>"
            for text in line.candidates
        )
        + "</trans-unit>\n"
        for number, line in enumerate(package.lines, 1)
    )
    return _file_1(package, body, V1 + " xmlns:mq='MQXliff'")


def tmx(package: Package) -> str:
    body = "".join(
        f"<tu tuid={quoteattr(line.id)}><prop type='audio'>{escape(line.audio)}</prop>"
        f"<tuv xml:lang='{package.language}'><seg>{escape(line.source)}</seg></tuv>"
        + "".join(f"<tuv xml:lang='en'><seg>{escape(text)}</seg></tuv>" for text in (line.candidates or (line.chosen,)))
        + "</tu>\n"
        for line in package.lines
    )
    return (
        f"<?xml version='1.0'?>\n<tmx version='1.4'><header srclang='{package.language}'>"
        f"<prop type='package'>{escape(package.id)}</prop></header><body>{body}</body></tmx>"
    )


def po(package: Package) -> str:
    head = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"X-Package: {package.id}\\n"\n\n'
    return head + "\n".join(
        (f"#: {line.audio}\n" if line.audio else "")
        + ("" if line.chosen else "#, fuzzy\n")
        + f'msgctxt "{line.id}"\nmsgid "{line.source}"\nmsgstr "{line.chosen or line.candidates[0]}"\n'
        for line in package.lines
    )


BILINGUAL: dict[str, tuple[str, Writer]] = {
    "xliff 1.2": ("p.xlf", xliff_1),
    "xliff 2.1": ("p.xlf", xliff_2),
    "sdlxliff": ("p.sdlxliff", sdlxliff),
    "mxliff": ("p.mxliff", mxliff),
    "mqxliff": ("p.mqxliff", mqxliff),
    "tmx": ("p.tmx", tmx),
    "po": ("p.po", po),
}
"""By name: what the file is called and who writes it."""


def _file_1(package: Package, body: str, root: str) -> str:
    return (
        f"<?xml version='1.0'?>\n<xliff {root}><file original={quoteattr(package.id)} datatype='plaintext'"
        f" source-language='{package.language}' target-language='en'><body>{body}</body></file></xliff>"
    )


def _resname(line: Line) -> str:
    return f" resname={quoteattr(line.audio)}" if line.audio else ""


def _target(line: Line) -> str:
    return f"<target>{escape(line.chosen)}</target>" if line.chosen else ""
