"""Mends in a rule file what can be mended without deciding anything: spaces, the order of meta, version, date, status.

A rule file is only written when what YARA reads in it is the same afterwards, but for the keys that were added.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from forensics.errors import RuleError
from forensics.rulebook.compiling import inspect
from forensics.rulebook.conditions import MetaText, RuleText, read
from forensics.rulebook.lints.metadata import OPTIONAL, REQUIRED
from forensics.rulebook.source import read_text

ORDER = (
    *("id", "title", "description", "severity", "category", "technique", "author", "created", "version", "status"),
    *("scope", "reference", "replaced_by", "sunset"),
)
"""The keys of meta as the shipped packs have them; others follow in their order."""
assert set(ORDER) == {*REQUIRED, *OPTIONAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """What was done to a file, in words."""

    path: Path
    done: tuple[str, ...]


def mended(text: str, path: Path, *, today: date) -> tuple[str, tuple[str, ...]]:
    """The mended source of a YARA rule file, and what was done. Raises RuleError for one that does not compile.

    The same text when there is nothing to mend, or mending it would change what it means.
    """
    before, _ = inspect(text, path)
    new, done = _spaced(text)
    try:
        rules = read(new).rules
    except (RuleError, IndexError, RecursionError):
        rules = ()
    for rule in reversed(rules):
        if not rule.is_private and rule.metas:
            new, words = _with_meta(new, rule, today)
            done += words
    if new == text:
        return text, ()
    after, _ = inspect(new, path)
    is_same = [(one.name, one.tags) for one in before] == [(one.name, one.tags) for one in after]
    is_same = is_same and all(one.meta.items() <= two.meta.items() for one, two in zip(before, after, strict=True))
    return (new, tuple(done)) if is_same else (text, ())


def mend_file(path: Path, *, today: date) -> Mend | None:
    """Mend a rule file in place; None when nothing was done. Raises RuleError, and the file is as it was."""
    text = read_text(path)
    new, done = mended(text, path, today=today)
    if not done:
        return None
    try:
        _replace(path, new)
    except OSError as error:
        raise RuleError(f"{path}: {error.strerror}") from error
    return Mend(path=path, done=done)


def _spaced(text: str) -> tuple[str, list[str]]:
    """Without spaces at ends of lines, with one line end at the end, line ends as they mostly are."""
    end = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    lines = [line.rstrip(" \t\r") for line in text.split("\n")]
    new = end.join(lines).rstrip("\r\n") + end
    return new, ["spaces and line ends"] if new != text else []


def _with_meta(text: str, rule: RuleText, today: date) -> tuple[str, list[str]]:
    """One rule's meta with what is missing and in order, where each entry has a line of its own."""
    lines = list(_own_lines(text, rule.metas))
    if len(lines) != len(rule.metas):
        return text, []
    keys = [meta.key for meta in rule.metas]
    entries = {meta.key: line for meta, line in zip(rule.metas, lines, strict=True)}
    if len(entries) != len(keys):
        return text, []
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    missing = {"created": f'"{today.isoformat()}"', "version": "1", "status": '"active"'}
    added = [key for key in missing if key not in entries]
    entries |= {key: f"{indent}{key} = {missing[key]}" for key in added}
    ordered = sorted(entries, key=lambda key: ORDER.index(key) if key in ORDER else len(ORDER))
    done = [f"{rule.name}: {', '.join(added)} added"] if added else []
    done += [f"{rule.name}: meta put in order"] if [key for key in ordered if key not in added] != keys else []
    if not done:
        return text, []
    start = text.rindex("\n", 0, rule.metas[0].start) + 1
    end = rule.metas[-1].end
    end_of_line = "\r\n" if text[:start].endswith("\r\n") else "\n"
    return text[:start] + end_of_line.join(entries[key] for key in ordered) + text[end:], done


def _own_lines(text: str, metas: Sequence[MetaText]) -> Iterator[str]:
    """The lines of the entries, as long as each has one for itself and they follow each other without another."""
    at = None
    for meta in metas:
        start = text.rfind("\n", 0, meta.start) + 1
        end = text.find("\n", meta.end)
        line = text[start : end if end >= 0 else len(text)].rstrip("\r")
        is_next = at is None or start == at
        if not is_next or not re.fullmatch(rf"\s*{re.escape(text[meta.start : meta.end])}", line):
            return
        at = end + 1
        yield line


def _replace(path: Path, text: str) -> None:
    """Put the text in the file's place, whole or not at all, with its mode."""
    mode = path.stat().st_mode & 0o777
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            os.fchmod(file.fileno(), mode)
        os.replace(name, path.resolve())
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
