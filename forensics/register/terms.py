"""On what terms packages are issued and what was decided about them since: agreement, consent, halt, recall.

These tables came after registers were in use: a writer adds them, a reader takes their absence as nothing known.
Consent tokens are kept as keyed hashes, so that a register does not tell whose consent it speaks of.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from forensics.database import Connection
from forensics.fingerprints.text.shingles import KEY_BYTES

HALT: Final = "halt"
RECALL: Final = "recall"
WITHDRAWAL: Final = "withdrawal"
TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS terms (package TEXT NOT NULL, recipient TEXT NOT NULL, agreement TEXT NOT NULL,"
    " notice TEXT NOT NULL, due REAL NOT NULL, languages TEXT NOT NULL, purposes TEXT NOT NULL,"
    " generation INTEGER NOT NULL, PRIMARY KEY (package, recipient)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS consents (package TEXT NOT NULL, token TEXT NOT NULL, generation INTEGER NOT NULL,"
    " PRIMARY KEY (package, token)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS tongues (package TEXT NOT NULL, language TEXT NOT NULL, generation INTEGER NOT NULL,"
    " PRIMARY KEY (package, language)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS controls (act TEXT NOT NULL CHECK (act IN ('halt', 'recall', 'withdrawal')),"
    " about TEXT NOT NULL CHECK (about IN ('programme', 'package', 'clip', 'consent')), name TEXT NOT NULL,"
    " since REAL NOT NULL, reason TEXT NOT NULL, generation INTEGER NOT NULL,"
    " PRIMARY KEY (act, about, name)) STRICT, WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS consents_by_token ON consents (token)",
    "CREATE INDEX IF NOT EXISTS packages_by_programme ON packages (programme)",
    "CREATE INDEX IF NOT EXISTS recipients_by_name ON recipients (recipient)",
)
"""`tongues` are the languages that were found in a package, `languages` of `terms` those it may hold."""
NAMES: Final = ("terms", "consents", "tongues", "controls")
_TOKEN_DIGITS: Final = 32
_SEPARATOR: Final = "\n"
_TERMS: Final = (
    "INSERT INTO terms VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET agreement = excluded.agreement,"
    " notice = excluded.notice, due = excluded.due, languages = excluded.languages, purposes = excluded.purposes,"
    " generation = excluded.generation WHERE (agreement, notice, due, languages, purposes) <>"
    " (excluded.agreement, excluded.notice, excluded.due, excluded.languages, excluded.purposes)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms something is issued; empty where nothing is said of it.

    `consents` are tokens in clear, `agreement` the version of the non-disclosure agreement, `notice` that of the
    monitoring notice that was acknowledged, `due` a time (Unix seconds, 0 for none). `languages` (BCP 47) and
    `purposes` are the scope: what the package may hold and serve. `spoken` are the languages that were found in it.
    """

    consents: tuple[str, ...] = ()
    agreement: str = ""
    notice: str = ""
    due: float = 0.0
    languages: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()

    @property
    def is_said(self) -> bool:
        """Say whether anything is said that is kept for each recipient."""
        return bool(self.agreement or self.notice or self.due or self.languages or self.purposes)


NO_TERMS: Final = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A package as it was issued to one recipient (a pseudonym), and on what terms. Times are Unix seconds.

    `consents` are keyed hashes of tokens, `spoken` the languages that were found in the package.
    """

    package: str
    programme: str
    recipient: str
    issued: float
    agreement: str = ""
    notice: str = ""
    due: float = 0.0
    languages: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What was decided: a programme halted; a programme, package or clip recalled; a consent withdrawn (its hash)."""

    act: str
    about: str
    name: str
    since: float
    reason: str


def hashed(key: bytes, token: str) -> str:
    """A consent token as the register keeps it."""
    return hmac.new(key[:KEY_BYTES] + b"consent", token.strip().encode(), hashlib.sha256).hexdigest()[:_TOKEN_DIGITS]


def add(connection: Connection, key: bytes, issue: tuple[str, str], terms: Terms, now: int) -> bool:
    """Add what is said of an issue (package, recipient), inside a transaction of generation `now`.

    Says whether anything was new.
    """
    package, recipient = issue
    before = connection.total_changes
    if terms.is_said:
        scope = (_joined(terms.languages), _joined(terms.purposes))
        values = (package, recipient, terms.agreement, terms.notice, terms.due, *scope, now)
        connection.execute(_TERMS, values)
    consents = [(package, hashed(key, token), now) for token in terms.consents]
    connection.executemany("INSERT OR IGNORE INTO consents VALUES (?, ?, ?)", consents)
    tongues = [(package, language, now) for language in terms.spoken]
    connection.executemany("INSERT OR IGNORE INTO tongues VALUES (?, ?, ?)", tongues)
    return connection.total_changes > before


def decide(connection: Connection, control: Control, now: int) -> bool:
    """Note a decision inside a transaction; False when it stands already, whose time and reason stay."""
    values = (control.act, control.about, control.name, control.since, control.reason, now)
    return connection.execute("INSERT OR IGNORE INTO controls VALUES (?, ?, ?, ?, ?, ?)", values).rowcount > 0


def lift(connection: Connection, act: str, about: str, name: str) -> bool:
    """End a decision inside a transaction; False when there is none."""
    sql = "DELETE FROM controls WHERE act = ? AND about = ? AND name = ?"
    return connection.execute(sql, (act, about, name)).rowcount > 0


def forget(connection: Connection, package: str) -> None:
    """Remove what is said of a package; decisions stay."""
    for table in ("terms", "consents", "tongues"):
        connection.execute(f"DELETE FROM {table} WHERE package = ?", [package])  # noqa: S608 - our own words


def parts(text: str | None) -> tuple[str, ...]:
    """Languages, purposes or tokens as they are stored, one a line."""
    return tuple(text.split(_SEPARATOR)) if text else ()


def _joined(names: Iterable[str]) -> str:
    return _SEPARATOR.join(dict.fromkeys(name.strip().replace(_SEPARATOR, " ") for name in names if name.strip()))
