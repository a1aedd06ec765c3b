"""Lists of clips and their texts, with the columns each kind of them has, in any language or without a heading."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from tests.formats.writers.package import Package, Writer


def csv_english(package: Package) -> str:
    return _table(package, ["package", "id", "audio", "transcript", "option 1", "option 2", "option 3"], ",")


def csv_japanese(package: Package) -> str:
    return _table(package, ["案件", "番号", "音声", "書き起こし", "訳1", "訳2", "訳3"], ",")


def csv_arabic(package: Package) -> str:
    return _table(package, ["حزمة", "رقم", "ملف", "نص", "ترجمة أولى", "ترجمة ثانية", "ترجمة ثالثة"], ";")


def tsv_unnamed(package: Package) -> str:
    return _table(package, [], "\t")


def common_voice(package: Package) -> str:
    rows = [
        ["client_id", "path", "sentence", "up_votes", "down_votes", "age", "gender", "accents", "locale", "segment"]
    ]
    rows += [["c0ffee", line.audio, line.source, "2", "0", "", "", "", package.language, ""] for line in package.lines]
    return _rows(rows, "\t")


def ljspeech(package: Package) -> str:
    return "".join(f"{line.id}|{line.source}|{line.source}\n" for line in package.lines)


def metadata_csv(package: Package) -> str:
    return _rows([["file_name", "transcription"], *([line.audio, line.source] for line in package.lines)], ",")


def manifest(package: Package) -> str:
    clips = [
        {"id": line.id, "audio": line.audio, "transcript": line.source, "candidates": list(line.candidates)}
        | ({"translation": line.chosen} if line.chosen else {})
        for line in package.lines
    ]
    return json.dumps({"package": package.id, "language": package.language, "clips": clips}, ensure_ascii=False)


def json_foreign(package: Package) -> str:
    rows = [
        {"番号": line.id, "音声": line.audio, "原文": line.source, "候補": list(line.candidates), "訳文": line.chosen}
        for line in package.lines
    ]
    return json.dumps({"job": package.id, "一覧": rows}, ensure_ascii=False)


def nemo(package: Package) -> str:
    return "".join(
        json.dumps({"audio_filepath": line.audio, "duration": 4.2, "text": line.source}, ensure_ascii=False) + "\n"
        for line in package.lines
    )


def lhotse(package: Package) -> str:
    """Supervisions of cuts, as `lhotse` writes them."""
    return "".join(
        json.dumps(
            {
                "id": line.id,
                "start": 0.0,
                "duration": 4.2,
                "channel": 0,
                "supervisions": [
                    {"id": f"{line.id}-0", "recording_id": line.id, "start": 0, "duration": 4.2, "text": line.source}
                ],
                "recording": {
                    "id": line.id,
                    "sources": [{"type": "file", "channels": [0], "source": line.audio}],
                    "sampling_rate": 16000,
                },
                "type": "MonoCut",
            },
            ensure_ascii=False,
        )
        + "\n"
        for line in package.lines
    )


def kaldi_text(package: Package) -> str:
    return "".join(f"{line.id} {line.source}\n" for line in package.lines)


def returned_csv(package: Package) -> str:
    return _rows(
        [["package", "id", "translation"], *([package.id, line.id, line.chosen] for line in package.lines)], ","
    )


def returned_jsonl(package: Package) -> str:
    rows = ({"package": package.id, "clip": line.id, "translation": line.chosen} for line in package.lines)
    return "".join(json.dumps(row) + "\n" for row in rows)


LISTED: dict[str, tuple[str, Writer]] = {
    "csv": ("p.csv", csv_english),
    "csv, Japanese heading": ("p.csv", csv_japanese),
    "csv, Arabic heading": ("p.csv", csv_arabic),
    "tsv, no heading": ("p.tsv", tsv_unnamed),
    "common voice": ("validated.tsv", common_voice),
    "ljspeech": ("metadata.csv", ljspeech),
    "metadata.csv": ("metadata.csv", metadata_csv),
    "json": ("manifest.json", manifest),
    "json, Japanese keys": ("manifest.json", json_foreign),
    "nemo": ("manifest.jsonl", nemo),
    "lhotse": ("cuts.jsonl", lhotse),
    "kaldi text": ("text", kaldi_text),
}


def xml_unknown(package: Package) -> str:
    """The export of a tool nobody has heard of."""
    rows = "".join(
        f"<satz datei={quoteattr(line.audio)} kennung={quoteattr(line.id)}><gehört>{escape(line.source)}</gehört>"
        + "".join(f"<vorschlag><i>{escape(text[:9])}</i>{escape(text[9:])}</vorschlag>" for text in line.candidates)
        + "</satz>\n"
        for line in package.lines
    )
    return f"<?xml version='1.0'?>\n<sammlung auftrag='7'><inhalt>{rows}</inhalt></sammlung>"


def json_unknown(package: Package) -> str:
    """Nested by clip, with nothing called what it is elsewhere."""
    clips = {
        line.id: {"ton": {"ort": line.audio}, "vorschläge": list(line.candidates), "satz": line.source}
        for line in package.lines
    }
    return json.dumps({"sammlung": {"inhalt": clips}}, ensure_ascii=False)


LISTED |= {"unknown xml": ("export.dat", xml_unknown), "unknown json": ("export.dat", json_unknown)}
RETURNS: dict[str, tuple[str, Writer]] = {
    "csv": ("r.csv", returned_csv),
    "json": ("r.json", manifest),
    "jsonl": ("r.jsonl", returned_jsonl),
}


def _table(package: Package, heading: Sequence[str], separator: str) -> str:
    rows = [[package.id, line.id, line.audio, line.source, *line.candidates] for line in package.lines]
    return _rows([list(heading), *rows] if heading else rows, separator)


def _rows(rows: Sequence[Sequence[str]], separator: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(rows)
    return out.getvalue()
