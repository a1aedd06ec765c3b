"""Reads gettext PO entries line by line; lines that fit nothing are passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr)(?:\[\d+\])?\s*(".*)')
_ESCAPES = {"n": "\n", "t": "\t", "r": "", '"': '"', "\\": "\\"}


@dataclass(slots=True)
class Entry:
    """One message. The entry with an empty source is the header."""

    source: str = ""
    context: str = ""
    targets: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    is_fuzzy: bool = False

    def header(self) -> dict[str, str]:
        """The fields of the header entry."""
        fields = (line.partition(":") for target in self.targets for line in target.splitlines())
        return {key.strip(): value.strip() for key, _, value in fields if value.strip()}


def read_entries(text: str) -> Iterator[Entry]:
    """Yield the entries in file order, obsolete ones (`#~`) too."""
    entry, keyword = Entry(), ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("#~"):
            line = line[2:].strip()
        if match := _KEYWORD.match(line):
            if match[1] in ("msgid", "msgctxt") and keyword in ("msgstr",):
                yield entry
                entry = Entry()
            keyword = match[1]
            _put(entry, keyword, match[2], is_new=True)
        elif line.startswith('"') and keyword:
            _put(entry, keyword, line, is_new=False)
        elif line.startswith("#"):
            if keyword == "msgstr":
                yield entry
                entry, keyword = Entry(), ""
            _comment(entry, line)
    if keyword:
        yield entry


def _comment(entry: Entry, line: str) -> None:
    if line.startswith("#,"):
        entry.is_fuzzy = "fuzzy" in line
    elif len(line) > 2 and not line.startswith("#|"):
        entry.comments.append(line[2:].strip())


def _put(entry: Entry, keyword: str, quoted: str, *, is_new: bool) -> None:
    text = re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), quoted.strip()[1:].removesuffix('"'))
    match keyword:
        case "msgctxt":
            entry.context += text
        case "msgid":
            entry.source += text
        case "msgstr" if is_new or not entry.targets:
            entry.targets.append(text)
        case "msgstr":
            entry.targets[-1] += text
        case _:
            entry.comments.append(text)
