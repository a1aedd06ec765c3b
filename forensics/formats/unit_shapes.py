"""Finds translation units in records by what repeats, not by one vendor's names.

A record is one row of a table or one object of a manifest, flattened to columns of text or lists of text. Each
column gets a job from the shape of its values; its name only breaks ties.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from forensics.formats.audio_names import clip_stem, is_audio_name
from forensics.formats.record_columns import Column, Record, Value, columns_of, is_text, mostly, rivals
from forensics.model import Unit

SAMPLE_RECORDS = 200
PACKAGE_KEYS = frozenset(
    (
        *("package", "packageid", "packagename", "pkg", "batch", "batchid", "batchname", "job", "jobid", "task"),
        *("taskid", "shipment", "shipmentid", "assignment", "assignmentid", "workorder", "workorderid", "delivery"),
        "deliveryid",
    )
)
_SOURCE = re.compile(r"source|src|transcript|sentence|utterance|spoken|original|reference|verbatim|heard|prompt", re.I)
_TARGET = re.compile(r"target|tgt|translat(?:ion|ed)|chosen|choice|final|approved|correct|selected|answer|edited", re.I)
_CANDIDATE = re.compile(
    r"hyp|candidate|option|suggest|alternativ|proposal|nbest|n_best|machine|mt_|_mt|draft|guess", re.I
)
_ASIDE = re.compile(r"note|comment|remark|instruction|url|path|file|description|title|date|time", re.I)
_ID = re.compile(r"(?:^|[_\-. ])(?:id|uid|uuid|key|ref|code|no|nr|number|name)$|^(?:clip|utt|segment|utterance)", re.I)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|\d{3}))?")
_LANGUAGE_NAME = re.compile(r"lang|locale|from|to$|src|tgt|source|target", re.I)
_NUMBERED = re.compile(r"^(.*?)[\s_.-]*\d+$")


@dataclass(slots=True)
class Shape:
    """Which column does which job; empty means none does."""

    audio: str = ""
    id: str = ""
    package: str = ""
    source: str = ""
    target: str = ""
    source_language: str = ""
    target_language: str = ""
    candidates: list[str] = field(default_factory=list)

    def has_units(self, package: str = "") -> bool:
        """Say whether these records are translation or transcription units at all.

        A return names neither clip nor source: the identity of a unit, what was chosen for it and the `package` are
        enough, where the package stands in the records or around them.
        """
        is_return = bool(self.target and self.id and (self.package or package))
        return bool(self.audio or self.candidates or is_return or (self.source and self.target))


def shape_of(records: Sequence[Record]) -> Shape:
    """Find the shape of records that belong together; one record is enough, more make it surer."""
    columns = columns_of(records[:SAMPLE_RECORDS])
    shape = Shape()
    texts: list[Column] = []
    for column in columns:
        if column.is_list:
            if is_text([text for texts_ in column.lists for text in texts_]):
                shape.candidates.append(column.name)
        elif not shape.audio and mostly(is_audio_name, column.values):
            shape.audio = column.name
        elif mostly(_is_language, column.values) and _LANGUAGE_NAME.search(column.name):
            _set_language(shape, column.name)
        elif is_text(column.values):
            texts.append(column)
    _set_texts(shape, texts, records[:SAMPLE_RECORDS])
    taken = {shape.audio, shape.source, shape.target, shape.source_language, shape.target_language, *shape.candidates}
    names = [column for column in columns if column.name not in taken and not column.is_list]
    _set_names(shape, names, len(records[:SAMPLE_RECORDS]))
    return shape


def to_units(records: Sequence[Record], shape: Shape, package: str) -> Iterator[Unit]:
    """Yield one unit a record; records without clip and text are passed over."""
    for record in records:
        candidates = tuple(text for name in shape.candidates for text in _texts(record.get(name, ())) if text.strip())
        audio = _one(record, shape.audio)
        unit = Unit(
            id=_one(record, shape.id) or clip_stem(audio),
            source=_one(record, shape.source),
            target=_one(record, shape.target),
            candidates=candidates,
            audio=audio,
            package=_one(record, shape.package) or package,
            source_language=_one(record, shape.source_language),
            target_language=_one(record, shape.target_language),
        )
        if unit.audio or unit.source or unit.target or unit.candidates:
            yield unit


def asides(records: Sequence[Record], shape: Shape) -> Iterator[str]:
    """The values of columns that are no segment, as `name: value` lines: identifiers may stand there."""
    taken = {shape.source, shape.target, *shape.candidates}
    for record in records:
        for name, value in record.items():
            if name not in taken:
                yield "".join(f"{name}: {text}\n" for text in _texts(value) if text)


def is_package_key(name: str) -> bool:
    """Say whether a key or column names the package."""
    return re.sub(r"[^a-z]", "", name.rpartition(".")[2].lower()) in PACKAGE_KEYS


def _set_texts(shape: Shape, texts: list[Column], records: Sequence[Record]) -> None:
    """Numbered families of columns are candidates; then names speak; then what repeats; then order: source, target."""
    stems = [_stem(column.name) for column in texts]
    for column in list(texts):
        stem = _stem(column.name)
        if _CANDIDATE.search(column.name) or (stem and stem != "column" and stems.count(stem) > 1):
            shape.candidates.append(column.name)
            texts.remove(column)
    for pattern, job in ((_TARGET, "target"), (_SOURCE, "source")):
        named = next((column for column in texts if pattern.search(column.name)), None)
        if named:
            setattr(shape, job, named.name)
            texts.remove(named)
    texts = [column for column in texts if not _ASIDE.search(column.name)]
    family = rivals(texts, records)
    if family and family[0] is texts[0] and not shape.source:
        family = family[1:]
    is_family = len(family) >= (2 if shape.audio else 3)
    if is_family:
        shape.candidates += [column.name for column in family]
        texts = [column for column in texts if column not in family]
    for column in texts:
        if not shape.source and (shape.audio or shape.target or is_family):
            shape.source = column.name
        elif not shape.target and (column.is_unnamed or (shape.audio and not shape.candidates)):
            shape.target = column.name


def _stem(name: str) -> str:
    """What is left of `hyp_2` or `Option 3` without the number; empty for names without one."""
    match = _NUMBERED.match(name)
    return match[1].lower() if match else ""


def _set_names(shape: Shape, columns: list[Column], rows: int) -> None:
    """Identities: the package by its name or as the one code of all rows, the unit by unique short values."""
    named_so = [column.name for column in columns if is_package_key(column.name)]
    codes = [column.name for column in columns if column.is_unnamed and column.is_code(rows)]
    shape.package = next(iter((*named_so, *codes)), "")
    unique = [
        column
        for column in columns
        if column.name != shape.package
        and len(set(column.values)) == len(column.values)
        and all(len(value) <= 120 and not re.search(r"\s", value) for value in column.values)
    ]
    named = [column for column in unique if _ID.search(column.name)]
    pick = next(iter(sorted(named, key=_id_rank)), None)
    if pick is None and unique and not shape.audio:
        pick = next((column for column in unique if not all(_is_number(value) for value in column.values)), None)
    shape.id = pick.name if pick else ""


def _id_rank(column: Column) -> int:
    """`id` before `clip_id` before other names; bare numbers last."""
    name = column.name.rpartition(".")[2].lower()
    return (0 if name == "id" else 1 if name.endswith("id") else 2) + 4 * all(_is_number(v) for v in column.values)


def _set_language(shape: Shape, name: str) -> None:
    if re.search(r"target|tgt|^to|_to|trg", name, re.I):
        shape.target_language = shape.target_language or name
    else:
        shape.source_language = shape.source_language or name


def _is_language(value: str) -> bool:
    return bool(_LANGUAGE.fullmatch(value))


def _is_number(value: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(?:\.\d+)?", value))


def _texts(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,)


def _one(record: Record, name: str) -> str:
    value = record.get(name, "") if name else ""
    return " ".join(value) if isinstance(value, tuple) else value.strip()
