"""The lock of a pack: which version of each rule says what, so that nothing changes without saying so.

`lock.toml` lies in the pack and is written by `earwitness rules lock`. A rule begins as a draft, which is free; once it
was in force its id is its own for ever: what it says changes with its version, and it is deprecated before it goes.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path

import msgspec

from forensics.errors import RuleError
from forensics.rulebook.contents import contents, together
from forensics.rulebook.pack import Manifest
from forensics.rulebook.rule import Rule
from forensics.rulebook.source import line_of_key, read_text, read_toml

LOCK = "lock.toml"
REMOVED = "removed"
_HEAD = "# Written by `earwitness rules lock`: which version of each rule says what. Not for writing by hand.\n"
_KEY = re.compile(r"unknown field `(.+)`|at `\$\.(\w+)")


class Locked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule as it was locked. `content` is the SHA-256 of what it says; `history` are lines of date, status and
    version, the oldest first."""

    version: int
    status: str
    content: str
    replaced_by: str = ""
    sunset: str = ""
    history: tuple[str, ...] = ()

    @property
    def is_free(self) -> bool:
        """Say whether it was never more than a draft."""
        return self.status == "draft" and all(line.split()[1:2] == ["draft"] for line in self.history)


class Lock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lock.toml says: the pack's id and version, the SHA-256 of all its rules, and each rule by its id."""

    pack: str
    version: str = ""
    content: str = ""
    rules: dict[str, Locked] = {}


class Kind(Enum):
    """What can be wrong between a pack and its lock."""

    CHANGED = "changed without a version"
    SANK = "a version that fell"
    REUSED = "an id used again"
    REMOVED = "removed without notice"
    STALE = "not locked yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a pack is not what its lock says. `rule` is its id; empty for the pack."""

    kind: Kind
    rule: str
    message: str


def read_lock(place: Path) -> Lock | None:
    """The lock of a pack; None without one. Raises RuleError that begins with file and line."""
    path = place / LOCK
    if not path.exists():
        return None
    try:
        return msgspec.convert(read_toml(path), Lock)
    except msgspec.ValidationError as error:
        named = _KEY.search(str(error))
        line = line_of_key(read_text(path), named[1] or named[2]) if named else 1
        raise RuleError(f"{path}:{line}: {error}") from error


def renewed(lock: Lock | None, manifest: Manifest, rules: Sequence[Rule], *, today: date) -> Lock:
    """The lock of a pack as it stands now. Raises RuleError for a file that cannot be read."""
    said = contents(rules)
    before = lock.rules if lock is not None else {}
    entries = {rule.id: _locked(rule, said[rule.id], before.get(rule.id), today) for rule in rules}
    for id, old in before.items():
        if id not in entries and not old.is_free:
            entries[id] = old if old.status == REMOVED else _gone(old, today)
    return Lock(pack=manifest.id, version=manifest.version, content=together(said), rules=dict(sorted(entries.items())))


def faults(
    lock: Lock, manifest: Manifest, rules: Sequence[Rule], *, today: date, unread: AbstractSet[str] = frozenset()
) -> Iterator[Fault]:
    """Everything in which a pack is not what its lock says. Raises RuleError for a file that cannot be read.

    Ids that are `unread`, since their file does not load, are not missed.
    """
    said = contents(rules)
    for rule in rules:
        old = lock.rules.get(rule.id)
        if old is None:
            yield Fault(kind=Kind.STALE, rule=rule.id, message=f"{rule.id} is not in {LOCK}")
        else:
            yield from _of_rule(rule, said[rule.id], old)
    there = unread | {rule.id for rule in rules}
    yield from (fault for id, old in lock.rules.items() if id not in there for fault in _of_missing(id, old, today))
    if (lock.pack, lock.version) != (manifest.id, manifest.version):
        was, now = f"{lock.pack} {lock.version}", f"{manifest.id} {manifest.version}"
        yield Fault(kind=Kind.STALE, rule="", message=f"{LOCK} is of {was}, the pack is {now}")


def write_lock(place: Path, lock: Lock) -> Path:
    """Write the lock into its pack, whole or not at all. Raises RuleError when it cannot."""
    path = place / LOCK
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=place, prefix=f".{LOCK}.")
        with os.fdopen(handle, "wb") as file:
            file.write(text_of(lock).encode())
            os.fchmod(file.fileno(), 0o644)
        os.replace(name, path)
    except (OSError, UnicodeEncodeError) as error:
        with suppress(OSError):
            os.unlink(name)
        reason = error.strerror if isinstance(error, OSError) else "an id that is no text"
        raise RuleError(f"{path}: {reason}") from error
    return path


def text_of(lock: Lock) -> str:
    """The lock as TOML: the same for the same lock, a line for each thing, so that a change reads well as a diff."""
    lines = [_HEAD, *_settings({"pack": lock.pack, "version": lock.version, "content": lock.content})]
    for id, rule in lock.rules.items():
        lines.append(f"\n[rules.{_quoted(id)}]\n")
        lines += _settings({key: value for key, value in msgspec.to_builtins(rule).items() if value != ""})
    return "".join(lines)


def _settings(values: Mapping[str, object]) -> Iterable[str]:
    for key, value in values.items():
        if isinstance(value, (list, tuple)):
            yield f"{key} = [{', '.join(map(_quoted, value))}]\n"
        else:
            yield f"{key} = {_quoted(value)}\n"


def _quoted(value: object) -> str:
    """A number, or a text as TOML writes it: as JSON does, but for the sign that JSON leaves as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _locked(rule: Rule, content: str, old: Locked | None, today: date) -> Locked:
    history = old.history if old is not None else ()
    if old is None or (old.status, old.version) != (rule.status, rule.version):
        history = (*history, f"{today.isoformat()} {rule.status} {rule.version}")
    return Locked(
        version=rule.version,
        status=rule.status,
        content=content,
        replaced_by=str(rule.meta.get("replaced_by", "")),
        sunset=str(rule.meta.get("sunset", "")),
        history=history,
    )


def _gone(old: Locked, today: date) -> Locked:
    line = f"{today.isoformat()} {REMOVED} {old.version}"
    return msgspec.structs.replace(old, status=REMOVED, history=(*old.history, line))


def _of_rule(rule: Rule, content: str, old: Locked) -> Iterator[Fault]:
    is_same = content == old.content
    now = (rule.version, rule.status, str(rule.meta.get("replaced_by", "")), str(rule.meta.get("sunset", "")))
    if old.status == REMOVED and not is_same:
        message = f"the id {rule.id} was a rule that is removed, and is used again for another"
        yield Fault(kind=Kind.REUSED, rule=rule.id, message=message)
    elif rule.version < old.version:
        message = f"{rule.id} has the version {rule.version}, and had {old.version} already"
        yield Fault(kind=Kind.SANK, rule=rule.id, message=message)
    elif not is_same and rule.version == old.version and not old.is_free:
        message = f"{rule.id} says something else than it did, and has the version {rule.version} still"
        yield Fault(kind=Kind.CHANGED, rule=rule.id, message=message)
    elif not is_same or now != (old.version, old.status, old.replaced_by, old.sunset):
        message = f"{rule.id} is {rule.status} in version {rule.version}, locked as {old.status} in {old.version}"
        yield Fault(kind=Kind.STALE, rule=rule.id, message=message)


def _of_missing(id: str, old: Locked, today: date) -> Iterator[Fault]:
    if old.status == REMOVED:
        return
    if old.is_free or (old.status == "deprecated" and not (old.sunset and old.sunset > today.isoformat())):
        yield Fault(kind=Kind.STALE, rule=id, message=f"{id} is gone, and stands in {LOCK} still")
        return
    why = f"before its sunset on {old.sunset}" if old.status == "deprecated" else "without having been deprecated"
    yield Fault(kind=Kind.REMOVED, rule=id, message=f"{id} is gone {why}")
