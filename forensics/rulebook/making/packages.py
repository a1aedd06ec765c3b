"""Translation units as packages of other formats, as tools export them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from forensics.model import Unit

Units = Sequence[Unit]


def as_xliff(units: Units) -> str:
    """XLIFF 1.2; candidates are alt-trans, the clip is a note."""
    body = "".join(_trans_unit(unit, number) for number, unit in enumerate(units, 1))
    source, target = _languages(units)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">\n'
        f'<file original={quoteattr(_package(units))} source-language="{source}" target-language="{target}"'
        f' datatype="plaintext"><body>\n{body}</body></file>\n</xliff>\n'
    )


def as_tmx(units: Units) -> str:
    """TMX 1.4; the target is the choice, else the first candidate."""
    source, target = _languages(units)
    said = "".join(
        f"<tu tuid={quoteattr(unit.id or str(number))}>"
        + (f'<prop type="audio">{escape(unit.audio)}</prop>' if unit.audio else "")
        + f'<tuv xml:lang="{source}"><seg>{escape(unit.source)}</seg></tuv>'
        + "".join(f'<tuv xml:lang="{target}"><seg>{escape(text)}</seg></tuv>' for text in _texts(unit)[:1])
        + "</tu>\n"
        for number, unit in enumerate(units, 1)
    )
    head = '<header creationtool="tool" creationtoolversion="1" segtype="sentence" o-tmf="x" adminlang="en"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">{head} srclang="{source}" datatype="plaintext"/>'
        f"<body>\n{said}</body></tmx>\n"
    )


def as_csv(units: Units) -> str:
    """CSV with a column a candidate."""
    out = io.StringIO()
    most = max((len(unit.candidates) for unit in units), default=0)
    columns = ["id", "audio", "source", *(f"candidate {n + 1}" for n in range(most)), "target"]
    writer = csv.writer(out)
    writer.writerow(columns)
    for unit in units:
        padded = [*unit.candidates, *([""] * (most - len(unit.candidates)))]
        writer.writerow([unit.id, unit.audio, unit.source, *padded, unit.target])
    return out.getvalue()


def as_json(units: Units) -> str:
    """A JSON object with a list of items."""
    items = [
        {
            "id": unit.id,
            **({"audio": unit.audio} if unit.audio else {}),
            "source": unit.source,
            **({"candidates": list(unit.candidates)} if unit.candidates else {}),
            **({"target": unit.target} if unit.target else {}),
        }
        for unit in units
    ]
    return json.dumps({"package": _package(units), "items": items}, ensure_ascii=False, indent=1)


def as_po(units: Units) -> str:
    """gettext; a candidate is a fuzzy translation, the clip a comment."""
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    return head + "\n".join(_message(unit) for unit in units)


def as_srt(units: Units) -> str:
    """Subtitles: a cue a unit, three seconds each, with what was chosen, else the source."""
    return "\n".join(
        f"{number}\n{_clock(3 * number - 3)} --> {_clock(3 * number - 1)}\n{unit.target or unit.source}\n"
        for number, unit in enumerate(units, 1)
    )


PACKAGES: Mapping[str, tuple[Callable[[Units], str], str]] = {
    "csv": (as_csv, ".csv"),
    "json": (as_json, ".json"),
    "po": (as_po, ".po"),
    "srt": (as_srt, ".srt"),
    "tmx": (as_tmx, ".tmx"),
    "xliff": (as_xliff, ".xlf"),
}
"""What writes each format, and the ending of its files."""


def _trans_unit(unit: Unit, number: int) -> str:
    target = f"<target>{escape(unit.target)}</target>" if unit.target else ""
    others = "".join(f"<alt-trans><target>{escape(text)}</target></alt-trans>" for text in unit.candidates)
    note = f"<note>{escape(unit.audio)}</note>" if unit.audio else ""
    source = f"<source>{escape(unit.source)}</source>"
    return f"<trans-unit id={quoteattr(unit.id or str(number))}>{source}{target}{note}{others}</trans-unit>\n"


def _message(unit: Unit) -> str:
    comment = f"#. {unit.audio}\n" if unit.audio else ""
    texts = _texts(unit)
    fuzzy = "#, fuzzy\n" if not unit.target and texts else ""
    context = f"msgctxt {_quoted(unit.id)}\n" if unit.id else ""
    return f"{comment}{fuzzy}{context}msgid {_quoted(unit.source)}\nmsgstr {_quoted(texts[0] if texts else '')}\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _texts(unit: Unit) -> tuple[str, ...]:
    return ((unit.target,) if unit.target else ()) + unit.candidates


def _package(units: Units) -> str:
    return next((unit.package for unit in units if unit.package), "package")


def _languages(units: Units) -> tuple[str, str]:
    source = next((unit.source_language for unit in units if unit.source_language), "en")
    return source, next((unit.target_language for unit in units if unit.target_language), "de")


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d},000"
