"""Parts of names and paths: any run of characters in a file's name, inside containers, in a source or destination.

The words of the other index begin and end where words do; a part may lie anywhere, in any script and case. The index
`path_trigrams` (FTS5, its row id is the observation's) holds which three characters stand together in an observation's
paths, not where: what it offers may fit, and `has_part` looks at the entry itself.

One or two characters make no trigram. Two ordinary ones are looked for with every ordinary third; of the others, which
most paths lack and whole words of some scripts are made of, trigrams that end in MARK say that they occur.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import msgspec

from forensics.database import Connection
from forensics.store.shapes import ARTIFACT, OBSERVATION
from forensics.store.texts import restored, stored

FIELDS = ("path", "name", "to")
"""Where a part may be asked for: all of it, the names alone, the destination alone."""
MARK = "\x1f"
ORDINARY = "abcdefghijklmnopqrstuvwxyz0123456789/:._- \n"
MOST_TRIGRAMS = 24
"""Of a long part, so many are looked for in the index."""
BUDGET = 40_000
"""Characters of an observation that are indexed: a hostile archive's names must not become the index."""
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f]")
_SPECIAL = re.compile(f"[^{re.escape(ORDINARY)}]")
_NAME, _SOURCE, _DESTINATION, _INSIDE = (OBSERVATION.index(n) for n in ("name", "source", "destination", "artifacts"))
_PATH = ARTIFACT.index("path")


def folded(text: str) -> str:
    """A stored text as parts are compared: case folded, composed, without percent signs of addresses or controls."""
    if text.isascii() and "%" not in text and text.isprintable():
        return text.lower()
    if "%" in text:
        text = stored(unquote(restored(text), errors="surrogateescape"))
    return _UNPRINTED.sub(" ", unicodedata.normalize("NFC", text.casefold()))


def indexed(observation: Mapping[str, Any], artifacts: Sequence[Mapping[str, Any]]) -> str:
    """The text whose trigrams the index holds for one observation."""
    texts = [observation["name"], observation["source"], observation["destination"]]
    for artifact in artifacts:
        texts += artifact["path"]
    joined = _lines(list(dict.fromkeys(texts))) + "\n\n"
    return joined if _SPECIAL.search(joined) is None else joined + "".join(_marked(joined))


def _lines(texts: Sequence[str]) -> str:
    """The texts folded, each on a line of its own, as far as the budget goes."""
    plain = "".join(texts)
    if plain.isascii() and len(plain) + len(texts) <= BUDGET and "%" not in plain and plain.isprintable():
        return "\n".join(texts).lower()
    found: list[str] = []
    left = BUDGET
    for text in texts:
        found.append(folded(text[:left]))
        left -= len(text) + 1
        if left <= 0:
            break
    return "\n".join(found)


def _marked(text: str) -> Iterator[str]:
    """The characters that are not ordinary, and the pairs with one in or after them."""
    special = set(_SPECIAL.findall(text))
    yield from (f"{char}{MARK}{MARK}" for char in special)
    pairs = {a + b for (a, b), (_, c) in pairwise(pairwise(text)) if a in special or b in special or c in special}
    yield from (pair + MARK for pair in pairs)


def trigrams(part: str) -> tuple[str, ...]:
    """What the index must hold where a folded part occurs, expressions for MATCH; none when every row may hold it."""
    if len(part) > 2:
        found = list(dict.fromkeys(part[place : place + 3] for place in range(len(part) - 2)))
        return tuple(_quoted(trigram) for trigram in found[:: -(-len(found) // MOST_TRIGRAMS)])
    if len(part) == 2:
        ends = (MARK,) if _SPECIAL.search(part) else (*ORDINARY, MARK)
        return (" OR ".join(_quoted(part + end) for end in ends),)
    return (_quoted(part + MARK * 2),) if _SPECIAL.search(part) else ()


def define(connection: Connection) -> None:
    """Teach a connection `has_part(body, field, part)`: whether an observation's body holds the folded part there."""
    connection.create_function("has_part", 3, _has_part, deterministic=True)


def _has_part(body: str, field: str, part: str) -> bool:
    return any(part in folded(text) for text in _texts(msgspec.json.decode(body), field))


def _texts(body: list[Any], field: str) -> Iterable[str]:
    if field != "to":
        yield body[_NAME]
        for artifact in body[_INSIDE] if len(body) > _INSIDE else ():
            yield from artifact[_PATH]
    if field != "name":
        yield body[_DESTINATION]
    if field == "path":
        yield body[_SOURCE]


def _quoted(trigram: str) -> str:
    return '"' + trigram.replace('"', '""') + '"'
