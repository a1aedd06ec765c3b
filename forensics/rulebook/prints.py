"""Prints: files beside the rules of `fingerprints/*.toml` that hold what a rule knows again, nothing readable.

A rule names its print and the SHA-256 of it, so that whoever reviews, locks or signs the rule has its print with it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from forensics.errors import RuleError
from forensics.rulebook.source import read_bytes

SUFFIX = ".bin"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.bin")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Printed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of `[rule.match]` that names a print: a file in the folder of the rules, and its SHA-256."""

    print: str
    sha256: str

    def read(self, folder: Path) -> bytes:
        """The print. Raises RuleError, in words that follow the name of the rule."""
        if not _NAME.fullmatch(self.print):
            raise RuleError(
                f"names a print {self.print!r} that is no file name of letters, digits and . _ - with {SUFFIX}"
            )
        if not _SHA256.fullmatch(self.sha256):
            raise RuleError("has a sha256 that is no digest")
        data = read_bytes(folder / self.print)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise RuleError(f"has a print {self.print} that is not the one of its sha256: print it anew")
        return data


def toml_of(id: str, kind: str, data: bytes, match: Mapping[str, str | float], *, title: str, severity: str) -> str:
    """A draft of the rule whose print is `data`, as TOML; `match` is what else it asks."""
    named = {"print": file_name(id), "sha256": hashlib.sha256(data).hexdigest()}
    return rule_text(id, kind, {**named, **match}, title=title, severity=severity)


def rule_text(id: str, kind: str, match: Mapping[str, str | float], *, title: str, severity: str) -> str:
    """A draft of a rule of `fingerprints/*.toml`."""
    lines = [
        "[[rule]]",
        *(f"{key} = {_quoted(value)}" for key, value in (("id", id), ("kind", kind), ("title", title))),
        f'severity = "{severity}"\ncategory = "known"\nauthor = ""\ncreated = ""\nversion = 1\nstatus = "draft"',
        "[rule.match]",
        *(f"{key} = {_quoted(value) if isinstance(value, str) else value}" for key, value in match.items()),
    ]
    return "\n".join(lines) + "\n"


def file_name(id: str) -> str:
    """What the print of a rule is called. Raises ValueError for an id that no file can have."""
    name = f"{id}{SUFFIX}"
    if not _NAME.fullmatch(name):
        raise ValueError("the id of a rule with a print is letters, digits and . _ -")
    return name


def _quoted(text: str) -> str:
    plain = re.sub(r"[\x00-\x1f\x7f]", " ", text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
