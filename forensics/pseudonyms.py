"""Names of people as pseudonyms: keyed, the same for the same person, and wherever a path names whose it is. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import quote, unquote

KEY_BYTES = 32
PERSON = "person "
"""How the log, and the envelope of a name, say whom they are about: this and the pseudonym."""
NOBODY = frozenset(
    ("", "root", "system", "nobody", "daemon", "unknown", "local service", "network service", "www-data", "messagebus")
)
"""Accounts of machines, which are nobody's names (case folded, without a domain)."""
_DIGITS = 8
_PSEUDONYM = re.compile(rf"p-[a-z2-7]{{{_DIGITS}}}")
_HOME = re.compile(r"(?i:/home/|/Users/|/run/media/|\b[a-z](?::|%3a)[\\/]Users[\\/])([^\s:/\\\"'<>|]+)")
_EVERYBODY = frozenset(("shared", "public", "default", "all users", "default user", "lost+found"))
"""Folders beside those of people."""
_IS_BYTES = re.compile("[^\ud800-\udc7f\udd00-\udfff]*")
"""Of surrogates, only those that Python reads undecodable bytes as."""
_SHORTEST = 3
"""Characters of a name from which on it is looked for as a word; a shorter one only as a folder."""


def is_pseudonym(name: str) -> bool:
    """Say whether this is one already."""
    return _PSEUDONYM.fullmatch(name) is not None


def login(name: str) -> str:
    """The part of an account's name that is the person's: `CORP\\anna` and `anna` are one."""
    return name.rpartition("\\")[2]


def is_person(name: str) -> bool:
    """Say whether an account may be somebody's: not a machine's own, nor a pseudonym."""
    return login(name).strip().casefold() not in NOBODY and not is_pseudonym(name)


def pseudonym(key: bytes, name: str) -> str:
    """`p-` and 40 bits of HMAC-SHA256 in base 32 (RFC 4648), of the login in NFKC and case folded.

    Who has the key can tell whether a name they think of is meant; nobody can read the name from it.
    """
    folded = unicodedata.normalize("NFKC", login(name)).strip().casefold()
    digest = hmac.new(key, b"earwitness person 1\0" + folded.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return f"p-{base64.b32encode(digest)[:_DIGITS].decode().lower()}"


def owners(place: str) -> Sequence[str]:
    """The people whose folders a path or URI leads through, such as /home/anna/x."""
    lowered = place.lower()
    if "home/" not in lowered and "users" not in lowered and "media/" not in lowered:
        return ()
    found = (unquote(hit[1], errors="surrogateescape") for hit in _HOME.finditer(place))
    return [name for name in found if name.casefold() not in _EVERYBODY and is_person(name)]


class Names:
    """What stands for which name, to be put into texts; false when there is nothing to put."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """Take `{name: pseudonym}`."""
        self._forms = tuple((form, each, instead) for name, instead in names.items() for form, each in _forms(name))

    def __bool__(self) -> bool:
        return bool(self._forms)

    def may_be_in(self, text: str) -> bool:
        """Say whether one of the names may stand in a text, quickly."""
        folded = text.casefold()
        for form, _, _ in self._forms:  # noqa: SIM110 - three times as fast as `any`
            if form in folded:
                return True
        return False

    def hidden(self, text: str) -> str:
        """The text with pseudonyms for names, where they stand as words or whole folders."""
        folded = text.casefold()
        for form, pattern, instead in self._forms:
            if form in folded:
                text = pattern.sub(instead, text)  # a pseudonym holds nothing that `sub` reads
        return text


@lru_cache(maxsize=1000)
def _forms(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """How a name may be written, case folded, each with what finds it."""
    return tuple((form.casefold(), _pattern(form)) for form in dict.fromkeys((name, _escaped(name))))


def _escaped(name: str) -> str:
    """The name as it stands in a URI; bytes that were no text stand there as they were."""
    return quote(name.encode("utf-8", "surrogateescape" if _IS_BYTES.fullmatch(name) else "surrogatepass"), safe="")


def _pattern(name: str) -> re.Pattern[str]:
    if len(name) < _SHORTEST:
        return re.compile(rf"(?<=[/\\]){re.escape(name)}(?=[/\\]|$)", re.IGNORECASE)
    return re.compile(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", re.IGNORECASE)
