"""The register as matchers read it: what was issued, to whom, and the indexes that recognise it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One issued package."""

    id: str
    programme: str
    recipient: str
    issued: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One registered thing. `kind`: clip, text or file; `role` of a text: source, candidate, target."""

    id: str
    kind: str
    package: str
    name: str
    sha256: str = ""
    role: str = ""


class Register:
    """A loaded, read-only register."""
