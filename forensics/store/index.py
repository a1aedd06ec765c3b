"""What the indexes hold of one observation: names, destination, words, a tag for every field's value, paths.

They are contentless (they repeat no row) and made from the rows' own values, so they can be rebuilt from them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

from forensics import ways
from forensics.database import Connection
from forensics.store.packing import Packed, unpacked
from forensics.store.parts import indexed
from forensics.store.tags import DIGITS, PREFIXES, plain, size_tag, tag

TEXT_BUDGET = 40_000
"""Characters a column may hold: a hostile archive's names must not become the index."""
TAG_BUDGET = 400_000
"""Characters of tags: the digests of as many artifacts as are kept."""
_DIGEST = PREFIXES["sha256"]
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
    seen, artifacts = found.observation, found.artifacts
    accepted = [match for match in found.matches if match["accepted"]]
    tags = _tags(seen, artifacts, accepted, found.alert)
    if found.suppressed:
        tags.append(tag("suppressed", found.suppressed))
    words = (
        _column([seen["name"], *(artifact["path"][-1] for artifact in artifacts)]),
        _column(_uri(seen["destination"])),
        _column(_words(seen, artifacts, accepted, found.alert)),
        " ".join(dict.fromkeys(tags))[:TAG_BUDGET],
    )
    return Document(id, words, indexed(seen, artifacts))


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


def _column(texts: Sequence[str]) -> str:
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


def _words(
    observation: Values, artifacts: Sequence[Values], matches: Sequence[Values], alert: Values | None
) -> list[str]:
    texts = [observation["reason"]] if alert is None else [alert["title"], observation["reason"]]
    for match in matches:
        texts += (match["item"], match["package"], match["title"], match["rule"])
    texts += (_uri(observation["source"])[-1], observation["process"])
    for match in matches:
        texts += (match["category"], match["technique"])
        for _, label, _, _, text in match["why"]:
            texts += (label, text)
    texts += [artifact["reason"] for artifact in artifacts]
    return texts


def _tags(
    observation: Values, artifacts: Sequence[Values], matches: Sequence[Values], alert: Values | None
) -> list[str]:
    tags = [*_channel_tags(observation["channel"])]
    if alert is not None:
        tags.append(tag("severity", alert["severity"]))
    for field in ("user", "host"):
        if name := observation[field]:
            tags.append(tag(field, name))
    if "\\" in observation["user"]:
        tags.append(tag("user", observation["user"].rpartition("\\")[2]))
    for match in matches:
        tags += _match_tags(match["rule"], match["item"], match["package"], match["programme"])
    for artifact in artifacts:
        tags += _kind_tags(artifact["outcome"], artifact["media_type"], artifact["size"].bit_length())
        tags.append(f"{_DIGEST}_{artifact['sha256'][:DIGITS]}")
        if packages := artifact["facts"].get("package.id"):
            tags += [tag("package", package) for package in packages.splitlines()]
    return tags


@lru_cache(maxsize=1000)
def _channel_tags(channel: str) -> tuple[str, ...]:
    return tuple(tag("channel", name) for name in dict.fromkeys((channel, ways.family(channel))))


@lru_cache(maxsize=10_000)
def _kind_tags(outcome: str, media_type: str, bits: int) -> tuple[str, ...]:
    types = (media_type, media_type.partition("/")[0]) if media_type else ()
    return (tag("outcome", outcome), size_tag(bits), *(tag("type", kind) for kind in types))


@lru_cache(maxsize=10_000)
def _match_tags(rule: str, item: str, package: str, programme: str) -> tuple[str, ...]:
    tags = [tag("rule", rule)]
    if item:
        tags += (tag("clip", item), tag("clip", item.partition(":")[0]))
    tags += [tag(field, value) for field, value in (("package", package), ("programme", programme)) if value]
    return tuple(tags)
