"""String tables of programs, and a memory of Trados: the texts of a package under keys."""

from __future__ import annotations

import json
import sqlite3
from xml.sax.saxutils import escape

from tests.formats.writers.package import Package, Writer


def properties(package: Package) -> str:
    """Java's: everything beyond ASCII by its number."""
    said = "".join(f"{line.id}={line.source}\n" for line in package.lines)
    return "".join(letter if letter.isascii() else f"\\u{ord(letter):04x}" for letter in said)


def strings(package: Package) -> str:
    return "".join(f'/* {line.id} */\n"{line.id}" = "{line.source}";\n' for line in package.lines)


def resx(package: Package) -> str:
    data = "".join(f"<data name='{line.id}'><value>{escape(line.source)}</value></data>" for line in package.lines)
    return f"<?xml version='1.0'?>\n<root><resheader name='version'><value>2.0</value></resheader>{data}</root>"


def android(package: Package) -> str:
    data = "".join(f"<string name='{line.id}'>{escape(line.source)}</string>" for line in package.lines)
    return f"<?xml version='1.0'?>\n<resources>{data}</resources>"


def qt(package: Package) -> str:
    messages = "".join(
        f"<message id='{line.id}'><source>{escape(line.source)}</source>"
        f"<translation type='unfinished'>{escape(line.candidates[0])}</translation></message>"
        for line in package.lines
    )
    return f"<?xml version='1.0'?>\n<!DOCTYPE TS>\n<TS version='2.1'><context><name>x</name>{messages}</context></TS>"


def arb(package: Package) -> str:
    return json.dumps({"@@locale": package.language} | {line.id: line.source for line in package.lines})


def txml(package: Package) -> str:
    segments = "".join(
        f"<segment segmentId='{n}'><source>{escape(line.source)}</source><target>{escape(line.candidates[0])}</target>"
        "</segment>"
        for n, line in enumerate(package.lines)
    )
    return f"<?xml version='1.0'?>\n<txml version='1.0'><translatable blockId='b'>{segments}</translatable></txml>"


def tbx(package: Package) -> str:
    terms = "".join(
        f"<termEntry><langSet><tig><term>{escape(line.source)}</term></tig></langSet></termEntry>"
        for line in package.lines
    )
    return f"<?xml version='1.0'?>\n<martif type='TBX'><text><body>{terms}</body></text></martif>"


def sdltm(package: Package) -> bytes:
    """A memory of Trados Studio: a database whose cells hold segments as XML."""
    with sqlite3.connect(":memory:") as memory:
        memory.execute("CREATE TABLE translation_units (id INTEGER PRIMARY KEY, source_segment TEXT, user TEXT)")
        for line in package.lines:
            segment = f"<Segment><Elements><Text><Value>{escape(line.source)}</Value></Text></Elements></Segment>"
            memory.execute("INSERT INTO translation_units VALUES (NULL, ?, 'petra')", (segment,))
        memory.commit()
        return memory.serialize()


RESOURCES: dict[str, tuple[str, Writer]] = {
    "properties": ("p.properties", properties),
    "strings": ("p.strings", strings),
    "resx": ("p.resx", resx),
    "android": ("strings.xml", android),
    "qt": ("p.ts", qt),
    "arb": ("p.arb", arb),
    "txml": ("p.txml", txml),
    "tbx": ("p.tbx", tbx),
    "sdltm": ("p.sdltm", sdltm),
}
