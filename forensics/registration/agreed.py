"""The terms something is issued on: what was said on the command line, else what the manifest says."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from forensics.errors import InputError
from forensics.register.terms import Terms
from forensics.registration.sources import storable
from forensics.store import moments
from forensics.text_safety import visible

SCOPES = ("languages", "purposes")


def agreed(terms: Terms, stated: Mapping[str, Sequence[str]]) -> Terms:
    """The terms, what is not said of them taken from a manifest. Raises InputError for a due date that is none."""

    def first(word: str) -> str:
        return storable(next(iter(stated.get(word, ())), ""))

    def all_of(word: str) -> tuple[str, ...]:
        return tuple(storable(text) for text in stated.get(word, ()))

    return replace(
        terms,
        consents=terms.consents or all_of("consent"),
        agreement=terms.agreement or first("agreement"),
        notice=terms.notice or first("notice"),
        due=terms.due or (due(first("due")) if first("due") else 0.0),
        languages=terms.languages or all_of("languages"),
        purposes=terms.purposes or all_of("purposes"),
    )


def due(text: str) -> float:
    """A date (UTC; its day included) or a span from now such as `14d`, in Unix seconds. Raises InputError."""
    date, span = moments.moment(text), moments.span(text) if text[-1:].isalpha() else None
    if span is not None:
        return time.time() + span
    if date is None:
        raise InputError(f"{visible(text)}: no date such as 2026-12-01, nor a span such as 14d")
    return date + 86_400 if len(text.strip()) == len("2026-12-01") else date


def scope(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """`languages=es,en` and `purposes=translation` by name. Raises InputError."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, is_said, values = text.partition("=")
        named = tuple(value.strip() for value in values.split(",") if value.strip())
        if name not in SCOPES or not is_said or not named:
            raise InputError(f"{visible(text)}: a scope is languages=es,en or purposes=translation")
        found[name] = (*found.get(name, ()), *named)
    return found
