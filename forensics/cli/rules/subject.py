"""What a command of `earwitness rules` is given to look at: a file, or evidence by its id."""

from __future__ import annotations

import re
from pathlib import Path

from forensics.cli.context import Session
from forensics.cli.opening import Approved, contents, lying
from forensics.content import Content
from forensics.errors import InputError
from forensics.model import Observation
from forensics.store import reader, remembered
from forensics.store.remembered import Remembered
from forensics.text_safety import visible

_EVIDENCE = re.compile(r"[AO]\d+")


def is_evidence(subject: str) -> bool:
    """Say whether this is an id of evidence and no file."""
    return _EVIDENCE.fullmatch(subject) is not None and not Path(subject).is_file()


def observation_of(session: Session, subject: str, channel: str, unsealed: Approved) -> Observation:
    """A file, or what was seen with its bytes: unsealed, or from where it still lies. Raises InputError for neither."""
    path = Path(subject)
    if path.is_file():
        return Observation(key=subject, channel=channel, time=0.0, name=path.name, content=Content.at(path))
    if not _EVIDENCE.fullmatch(subject):
        raise InputError(f"{visible(subject)}: no such file, nor an alert or observation such as A12 or O57")
    seen = _remembered(session, subject)
    content = _content(session, seen, unsealed)
    was = seen.observation
    return Observation(key=was.key, channel=was.channel, time=was.time, name=was.name, content=content)


def _remembered(session: Session, id: str) -> Remembered:
    connection = reader.open_reader(session.store)
    try:
        number = reader.row_id(connection, id)
        found = None if number is None else remembered.one(connection, number)
    finally:
        connection.close()
    if found is None:
        raise InputError(f"{id}: not an alert or observation of this store")
    return found


def _content(session: Session, seen: Remembered, unsealed: Approved) -> Content:
    """What was seen, byte by byte: unsealed, or from where it still lies."""
    if unsealed:
        with session.open_store() as store:
            found = contents(session, store, unsealed)
        wanted = seen.observation.content.sha256
        if wanted not in found:
            raise InputError(f"O{seen.id}: what was unsealed is not its content, sha256 {wanted}")
        return found[wanted]
    if content := lying(seen):
        return content
    kept = "is sealed: unseal it, then --unsealed" if seen.is_kept else "was not kept: give a file with the same bytes"
    raise InputError(f"O{seen.id}: its content no longer lies where it was seen, and {kept}")
