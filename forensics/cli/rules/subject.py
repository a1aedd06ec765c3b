"""What a command of `earwitness rules` is given to look at: a file, or evidence by its id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from forensics.cli.context import Session
from forensics.cli.opening import Approved, contents, lying
from forensics.content import Content
from forensics.errors import InputError
from forensics.matchers.base import Matcher
from forensics.model import Artifact, Match, Observation, Versions
from forensics.pipeline import ENGINE, Pipeline, load_decoders
from forensics.register.book import Register
from forensics.rulebook.book import Rulebook
from forensics.store import reader, remembered
from forensics.store.remembered import Remembered
from forensics.text_safety import visible

_MOST_NAMED = 10
_MOST_BYTES = 32 << 20
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


class Taking(Matcher):
    """Sees the parts of a container while their bytes are at hand, and keeps those of a name."""

    name = "taking"

    def __init__(self, wanted: str) -> None:
        super().__init__(Rulebook.empty(), Register.empty())
        self._wanted = wanted
        self.parts: list[str] = []
        self.found: list[tuple[str, Content]] = []

    def wants(self, artifact: Artifact) -> bool:
        """Every part, and no view of one."""
        return len(artifact.path) > 1 and not artifact.is_view

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Keep a copy of what is wanted; yields nothing."""
        path = "/".join(artifact.path[1:])
        self.parts.append(path)
        is_wanted = fnmatchcase(path, self._wanted) or fnmatchcase(path, f"*/{self._wanted}")
        if is_wanted and artifact.content.size <= _MOST_BYTES and len(self.found) < _MOST_NAMED:
            self.found.append((artifact.name, Content.of(artifact.content.bytes())))
        yield from ()


def part_of(session: Session, observation: Observation, name: str) -> Observation:
    """One part of a container as if it had been seen alone; what is no container, as it is.

    `name`: the part's path within, or how that ends; `*` is any. Raises InputError, that names the parts there are, for
    none or several.
    """
    taking = Taking(name)
    Pipeline(
        decoders=load_decoders(), matchers=[taking], limits=session.config.limits, versions=Versions(engine=ENGINE)
    ).analyse(observation)
    parts, found = taking.parts, taking.found
    if not parts:
        return observation
    if len(found) != 1:
        there = ", ".join([*parts[:_MOST_NAMED], *(["..."] if len(parts) > _MOST_NAMED else [])])
        said = f"{len(found)} parts called {name}" if found else f"no part called {name}"
        raise InputError(visible(f"{observation.name}: {said}; in it are: {there}"))
    return replace(observation, name=found[0][0], content=found[0][1])


class Reading(Matcher):
    """Reads every text that decoders find in a file, and keeps it."""

    name = "reading"

    def __init__(self) -> None:
        super().__init__(Rulebook.empty(), Register.empty())
        self.texts: list[str] = []

    def wants(self, artifact: Artifact) -> bool:
        """Texts, and not what tags say."""
        return artifact.is_view and artifact.media_type == "text/plain" and artifact.role != "metadata"

    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Keep the text; yields nothing."""
        self.texts.append(artifact.content.bytes().decode("utf-8", "replace"))
        yield from ()


def texts_of(session: Session, observation: Observation) -> list[str]:
    """Every text in a file, at any depth."""
    reading = Reading()
    Pipeline(
        decoders=load_decoders(), matchers=[reading], limits=session.config.limits, versions=Versions(engine=ENGINE)
    ).analyse(observation)
    return [text for text in reading.texts if text.strip()]


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
