"""What the indexes hold of one observation: names, destination, words, a tag for every field's value, paths.

They are contentless (they repeat no row) and made from the rows' own values, so they can be rebuilt from them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from forensics import ways
from forensics.database import Connection
from forensics.store.packing import Packed, unpacked
from forensics.store.parts import indexed
from forensics.store.tags import DIGITS, PREFIXES, plain, tag

TEXT_BUDGET = 40_000
"""Characters a column may hold: a hostile archive's names must not become the index."""
TAG_BUDGET = 400_000
"""Characters of tags: the digests of as many artifacts as are kept."""
_MANY = 100
"""Texts from which on they are counted one by one."""
_WORDS = "INSERT INTO evidence_fts (rowid, name, destination, words, tags) VALUES (?, ?, ?, ?, ?)"
_PATHS = "INSERT INTO path_trigrams (rowid, paths) VALUES (?, ?)"

Values = Mapping[str, Any]


class Document(NamedTuple):
    """What the indexes take in of one observation: the columns of its words, and the text of its trigrams."""

    id: int
    words: tuple[str, str, str, str]
    paths: str


def document(id: int, found: Packed) -> Document:
    """The indexes' row for one observation."""
    accepted = [match for match in found.matches if match["accepted"]]
    tags = [*_tags(found.observation, found.artifacts, accepted, found.alert)]
    if found.suppressed:
        tags.append(tag("suppressed", found.suppressed))
    words = (
        _column(_names(found.observation, found.artifacts)),
        _column(_uri(found.observation["destination"])),
        _column(_words(found.observation, found.artifacts, accepted, found.alert)),
        " ".join(dict.fromkeys(tags))[:TAG_BUDGET],
    )
    return Document(id, words, indexed(found.observation, found.artifacts))


def add(connection: Connection, documents: Sequence[Document]) -> None:
    """Index observations. Together is cheaper: a savepoint between two of them makes the indexes flush."""
    connection.executemany(_WORDS, [(found.id, *found.words) for found in documents])
    connection.executemany(_PATHS, [(found.id, found.paths) for found in documents])


def rebuild(connection: Connection) -> int:
    """Make the indexes anew from the rows, inside the caller's transaction; returns how many were indexed."""
    connection.execute("DELETE FROM evidence_fts")
    connection.execute("DELETE FROM path_trigrams")
    count = 0
    for row in connection.execute("SELECT id, body FROM entries WHERE kind = 'O' ORDER BY id"):
        add(connection, [document_of(row["id"], json.loads(row["body"]))])
        count += 1
    return count


def document_of(id: int, body: list[Any]) -> Document:
    """The indexes' row for the body of an observation."""
    return document(id, unpacked(body))


def _column(texts: Iterable[str]) -> str:
    """Distinct texts one after another, up to the budget."""
    found = list(dict.fromkeys(texts))
    if len(found) > _MANY:
        found = list(_within(found))
    return plain(" ".join(found)[:TEXT_BUDGET])


def _within(texts: Iterable[str]) -> Iterator[str]:
    """As many of the texts as the budget holds."""
    left = TEXT_BUDGET
    for text in texts:
        if left <= 0:
            return
        yield text
        left -= len(text) + 1


def _uri(uri: str) -> tuple[str, ...]:
    """An address as it is and, where that differs, as people read it."""
    return (uri, unquote(uri)) if "%" in uri else (uri,)


def _names(observation: Values, artifacts: Sequence[Values]) -> Iterator[str]:
    yield observation["name"]
    for artifact in artifacts:
        yield artifact["path"][-1]


def _words(
    observation: Values, artifacts: Sequence[Values], matches: Sequence[Values], alert: Values | None
) -> Iterator[str]:
    if alert is not None:
        yield alert["title"]
    yield observation["reason"]
    for match in matches:
        yield from (match["item"], match["package"], match["title"], match["rule"])
    *_, source = _uri(observation["source"])
    yield from (source, observation["process"])
    for match in matches:
        yield from (match["category"], match["technique"])
        for _, label, _, _, text in match["why"]:
            yield from (label, text)
    for artifact in artifacts:
        yield artifact["reason"]


def _tags(
    observation: Values, artifacts: Sequence[Values], matches: Sequence[Values], alert: Values | None
) -> Iterator[str]:
    for name in {observation["channel"]: None, ways.family(observation["channel"]): None}:
        yield tag("channel", name)
    if alert is not None:
        yield tag("severity", alert["severity"])
    for field in ("user", "host"):
        if name := observation[field]:
            yield tag(field, name)
    if "\\" in observation["user"]:
        yield tag("user", observation["user"].rpartition("\\")[2])
    for match in matches:
        yield from _match_tags(match)
    for artifact in artifacts:
        yield tag("outcome", artifact["outcome"])
        yield tag("size", str(artifact["size"]))
        yield f"{PREFIXES['sha256']}_{artifact['sha256'][:DIGITS]}"
        if kind := artifact["media_type"]:
            yield tag("type", kind)
            yield tag("type", kind.partition("/")[0])
        for package in artifact["facts"].get("package.id", "").splitlines():
            yield tag("package", package)


def _match_tags(match: Values) -> Iterator[str]:
    yield tag("rule", match["rule"])
    if item := match["item"]:
        yield tag("clip", item)
        yield tag("clip", item.partition(":")[0])
    for field in ("package", "programme"):
        if value := match[field]:
            yield tag(field, value)
