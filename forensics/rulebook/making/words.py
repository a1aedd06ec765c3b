"""The words of a text that people wrote, apart from markup, keys, names of files and numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from forensics.rulebook.mutations.base import Sample

_WORD = re.compile(r"(?<![\w\\./@#%&<-])[^\W\d_]{3,40}(?![\w/@=<]|[.-]\w)")
_JSON_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(?P<key>\s*:)?')
_BETWEEN_TAGS = re.compile(r">([^<>]+)<")
_QUOTED = re.compile(r'^(?:msg\w+(?:\[\d+\])?[ \t]+)?"(.*)"[ \t]*$', re.MULTILINE)
_BELOW_HEADING = re.compile(r"(?<=\n)[^\n]+")
_BELOW_HEADERS = re.compile(r"\n\r?\n(.+)", re.DOTALL)
_ANYTHING = re.compile(r".+", re.DOTALL)


def rewritten(sample: Sample, change: Callable[[str], str]) -> Sample | None:
    """The sample with its words put through `change`; None when it is no plain text or has none.

    The file stays of its format and encoding as UTF-8.
    """
    text = sample.plain
    if text is None:
        return None
    out, last = [], 0
    for start, end in _spans(text, sample):
        out += [text[last:start], change(text[start:end])]
        last = end
    return sample.changed("".join([*out, text[last:]]).encode("utf-8", "replace")) if last else None


def word_count(sample: Sample) -> int:
    """How many words people wrote there are."""
    return 0 if sample.plain is None else sum(1 for _ in _spans(sample.plain, sample))


def _spans(text: str, sample: Sample) -> Iterator[tuple[int, int]]:
    regions, group = _regions(text, sample.media_type)
    for region in regions.finditer(text):
        if region.groupdict().get("key"):
            continue
        for word in _WORD.finditer(text, *region.span(group)):
            yield word.span()


def _regions(text: str, media_type: str) -> tuple[re.Pattern[str], int]:
    """What to look for words in, and which group of it."""
    if media_type in ("application/json", "application/x-ndjson") or _is_json(text):
        return _JSON_STRING, 1
    if media_type == "message/rfc822":
        return _BELOW_HEADERS, 1
    if media_type in ("text/csv", "text/tab-separated-values"):
        return _BELOW_HEADING, 0
    if text.lstrip("\ufeff \r\n\t").startswith("<"):
        return _BETWEEN_TAGS, 1
    if media_type in ("text/x-gettext-translation", "text/x-po"):
        return _QUOTED, 1
    return _ANYTHING, 0


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
