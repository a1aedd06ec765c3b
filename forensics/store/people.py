"""The people of a store: in evidence they bear pseudonyms; their names lie sealed for the custodians.

`people/key` makes the pseudonyms (several workstations may share one). `people/p-....<SHA-256>` is the envelope of one
name and a salt: only two custodians together can open it. Without custodians no name is kept: whoever has the key can
then only ask whether somebody they think of is meant.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from forensics.config import Privacy
from forensics.content import Content
from forensics.database import Connection
from forensics.errors import ConfigError, InputError, Malformed, StoreError
from forensics.pseudonyms import KEY_BYTES, Names, is_person, login, owners, pseudonym
from forensics.sealing import keyfiles
from forensics.sealing.custodian import Custodian
from forensics.sealing.envelope import read_header
from forensics.store.blobs import NAMES_FOLDER, Blobs, secret_of
from forensics.store.rows import KeptRow
from forensics.store.texts import restored, stored

KEY_FILE = "key"
PLACES = ("name", "source", "destination", "capture")
"""Fields of an observation that may name the folders of people."""
_TEXTS = (*PLACES, "process", "reason")
_ENVELOPE = re.compile(r"(p-[a-z2-7]{8})\.([0-9a-f]{64})")
_DAY_S = 86_400.0
_LOOK_EVERY_S = 1.0
"""Whether a name is still sealed for the right people is looked at no more often."""
_SALT_BYTES = 16
_MOST_REMEMBERED = 1000
NOBODY = Names({})

Values = dict[str, Any]


class People:
    """Those of one store, as its writers know them. Not for several threads at once."""

    def __init__(self, blobs: Blobs, folder: Path, privacy: Privacy) -> None:
        self._blobs = blobs
        self._folder = folder / NAMES_FOLDER
        self._privacy = privacy
        self._key = b""
        self._known: dict[str, str] = {}
        self._hiding: dict[tuple[tuple[str, str], ...], Names] = {}
        self._sealed: dict[str, object] = {}
        self._looked: dict[str, float] = {}

    def of(self, name: str) -> str:
        """The pseudonym of a name; the name itself where it is nobody's, or names are to stay clear.

        Raises StoreError when there is no key to be had.
        """
        found = self._known.get(name)
        if found is None:
            is_to_hide = self._privacy.pseudonyms and is_person(name)
            found = self._known[name] = pseudonym(self._secret(), name) if is_to_hide else name
        return found

    def meet(self, name: str) -> str:
        """The pseudonym of somebody who is written of now; the name is sealed, where there are custodians."""
        found = self.of(name)
        if found != name:
            self._seal(found, name)
        return found

    def hide(self, seen: Values) -> Names:
        """Put pseudonyms into what was observed (fields as they are stored); returns what stands for which name."""
        user = restored(seen["user"])
        called = self.meet(user)
        seen["user"] = stored(called, 500)
        found = {} if called == user else {login(user): called}
        for field in PLACES:
            if place := seen.get(field):
                for owner in owners(restored(place)):
                    if owner not in found and (instead := self.meet(owner)) != owner:
                        found[owner] = instead
        if not found:
            return NOBODY
        names = self._names(found)
        for field in _TEXTS:
            if text := seen.get(field):
                seen[field] = without(text, names)
        return names

    def hidden(self, text: str) -> str:
        """A stored text with pseudonyms for the people whose folders it names."""
        found = {owner: self.meet(owner) for owner in owners(restored(text))}
        return without(text, self._names({name: instead for name, instead in found.items() if instead != name}))

    def _names(self, found: Mapping[str, str]) -> Names:
        """What hides them, made once for the same people."""
        key = tuple(found.items())
        names = self._hiding.get(key)
        if names is None:
            if len(self._hiding) >= _MOST_REMEMBERED:
                self._hiding.clear()
            names = self._hiding[key] = Names(found)
        return names

    def _secret(self) -> bytes:
        """The key, which the first writer makes, or takes from the file that several stores share."""
        if not self._key:
            path = self._folder / KEY_FILE
            try:
                self._folder.mkdir(mode=0o700, exist_ok=True)
                shared = self._shared()
                key = secret_of(path, lambda: shared or secrets.token_bytes(KEY_BYTES))
            except (OSError, InputError, ConfigError) as error:
                raise StoreError(f"{path}: {error}") from error
            if shared not in (b"", key):
                raise StoreError(f"{path}: is another key than that of privacy.key: everybody would be somebody else")
            self._key = key
        return self._key

    def _shared(self) -> bytes:
        if self._privacy.key is None:
            return b""
        key = keyfiles.read(self._privacy.key, is_secret=True)
        if len(key) < KEY_BYTES:
            raise ConfigError(f"{self._privacy.key}: a key has {KEY_BYTES} random bytes or more")
        return key

    def _seal(self, person: str, name: str) -> None:
        """Keep the name sealed for those who are custodians now; note on its file, once a day, that it was needed."""
        now = time.monotonic()
        if now - self._looked.get(person, -_LOOK_EVERY_S) < _LOOK_EVERY_S:
            return
        self._looked[person] = now
        with contextlib.suppress(StoreError, OSError):
            people = self._blobs.custodians.all()
            if self._sealed.get(person) == (people, day := int(time.time() // _DAY_S)):
                return
            old = self._envelopes(person)
            if any(self._is_for(path, people) for path in old):
                for path in old:
                    os.utime(path)
            elif self._blobs.custodians.are_enough(people):
                self._blobs.put_name(_salted(name), person)
                for path in old:
                    self._blobs.destroy(f"{NAMES_FOLDER}/{path.name}")
            self._sealed[person] = (people, day)

    def _envelopes(self, person: str) -> list[Path]:
        return list(self._folder.glob(f"{person}.*"))

    def _is_for(self, path: Path, people: Sequence[Custodian]) -> bool:
        try:
            with open(path, "rb") as file:
                return read_header(file).custodians == tuple(people)
        except (OSError, Malformed):
            return False


def without(text: str, names: Names) -> str:
    """A stored text with pseudonyms for names; one that names nobody stays as it is, its note of a cut too."""
    if not names or (text.isascii() and not names.may_be_in(text)):
        return text
    clear = restored(text)
    instead = names.hidden(clear)
    return text if instead == clear else stored(instead)


def names(store: Path) -> Iterator[tuple[str, KeptRow]]:
    """The names that are kept, sealed: whose (a pseudonym), and the envelope; `added` is when it was last needed."""
    for path in sorted((store / NAMES_FOLDER).glob("p-*")):
        hit = _ENVELOPE.fullmatch(path.name)
        if hit is not None:
            with contextlib.suppress(OSError):
                status = path.stat()
                relative = f"{NAMES_FOLDER}/{path.name}"
                yield hit[1], KeptRow(sha256=hit[2], size=status.st_size, path=relative, added=status.st_mtime)


def define(connection: Connection, store: Path) -> None:
    """Teach a connection `pseudonym(name)`: the name itself where the key is not here, or it is nobody's."""
    keys: list[bytes] = []

    def of(name: str) -> str:
        if not keys:
            with contextlib.suppress(InputError, ConfigError):  # not made yet, or not for who asks
                keys.append(keyfiles.read(store / NAMES_FOLDER / KEY_FILE, is_secret=True))
        clear = restored(name)
        return pseudonym(keys[0], clear) if keys and is_person(clear) else name

    connection.create_function("pseudonym", 1, of)


def called(store: Path, name: str) -> str:
    """What evidence in a store calls somebody; the name itself where there is no key, or it is nobody's."""
    try:
        key = keyfiles.read(store / NAMES_FOLDER / KEY_FILE, is_secret=True)
    except (InputError, ConfigError):
        return name
    return pseudonym(key, name) if is_person(name) else name


def name_in(data: bytes) -> str:
    """The name that was sealed. Raises InputError for what is no sealed name."""
    try:
        return str(json.loads(data)["name"])
    except (ValueError, TypeError, LookupError) as error:
        raise InputError("what came out is no name") from error


def _salted(name: str) -> Content:
    """The name as it is sealed: the salt keeps its digest from being guessed."""
    record = {"name": name, "salt": secrets.token_hex(_SALT_BYTES)}
    return Content.of(json.dumps(record).encode())
