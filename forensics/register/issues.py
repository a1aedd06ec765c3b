"""Who was issued what on which terms, and what was decided about it since: questions of a register's reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final

from forensics.database import Row
from forensics.register.terms import HALT, NAMES, RECALL, WITHDRAWAL, Control, Issued, hashed, parts

_HAS: Final = "SELECT 1 FROM sqlite_schema WHERE name = :value"
_ISSUED: Final = """
SELECT p.id AS package, p.programme AS programme, r.recipient AS recipient, r.issued AS issued,
    t.agreement AS agreement, t.notice AS notice, t.due AS due, t.languages AS languages, t.purposes AS purposes,
    (SELECT group_concat(token, char(10)) FROM consents c WHERE c.package = p.id AND c.generation <= :now) AS consents,
    (SELECT group_concat(language, char(10)) FROM tongues g WHERE g.package = p.id AND g.generation <= :now) AS spoken
FROM packages p JOIN recipients r ON r.package = p.id
LEFT JOIN terms t ON t.package = r.package AND t.recipient = r.recipient AND t.generation <= :now
WHERE p.generation <= :now AND r.generation <= :now
"""
_BARE: Final = """
SELECT p.id AS package, p.programme AS programme, r.recipient AS recipient, r.issued AS issued
FROM packages p JOIN recipients r ON r.package = p.id WHERE p.generation <= :now AND r.generation <= :now
"""
_ORDER: Final = " ORDER BY p.rowid, r.issued"
_CONTROLS: Final = "SELECT act, about, name, since, reason FROM controls WHERE generation <= :now ORDER BY since"
_RECIPIENT: Final = "SELECT 1 FROM recipients WHERE recipient = :value AND generation <= :now LIMIT 1"


class Issues:
    """The issues of one register as they were at its generation; `ask` runs a question with one value."""

    def __init__(self, ask: Callable[[str, str], list[Row]], key: bytes) -> None:
        self._ask = ask
        self._key = key

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """All decisions that stand, the oldest first. Raises StoreError."""
        return tuple(Control(**dict(row)) for row in self._ask(_CONTROLS, "")) if self._has_terms else ()

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], Sequence[Control]]:
        found: dict[tuple[str, str], list[Control]] = {}
        for control in self.controls:
            found.setdefault((control.about, control.name), []).append(control)
        return found

    @cached_property
    def _has_terms(self) -> bool:
        return all(self._ask(_HAS, name) for name in NAMES)

    def of(self, package: str) -> tuple[Issued, ...]:
        """The issues of one package, one for each recipient, the first first."""
        sql = _ISSUED if self._has_terms else _BARE
        return tuple(_issued(row) for row in self._ask(f"{sql} AND p.id = :value {_ORDER}", package))

    def all(self) -> tuple[Issued, ...]:
        """Every issue, in the order of issue."""
        return tuple(_issued(row) for row in self._ask((_ISSUED if self._has_terms else _BARE) + _ORDER, ""))

    def knows(self, recipient: str) -> bool:
        """Say whether anything was issued to somebody (by pseudonym)."""
        return bool(self._ask(_RECIPIENT, recipient))

    def against(self, issues: Iterable[Issued], clips: Iterable[str] = ()) -> tuple[Control, ...]:
        """What was decided against a package (its issues) or clips of it: halts, recalls, withdrawals of consent."""
        if not self.controls:
            return ()
        names: dict[tuple[str, str], None] = {("clip", clip): None for clip in clips}
        for issue in issues:
            names |= dict.fromkeys([("package", issue.package), ("programme", issue.programme)])
            names |= {("consent", token): None for token in issue.consents}
        return tuple(control for name in names for control in self._by_name.get(name, ()))

    def withdrawn(self, issue: Issued) -> Control | None:
        """The first withdrawal of a consent an issue rests on."""
        return next((each for each in self.against([issue]) if each.act == WITHDRAWAL), None)

    def is_recalled(self, issue: Issued) -> bool:
        """Say whether the package was recalled, itself or with its programme."""
        return any(each.act == RECALL for each in self.against([issue]))

    def is_halted(self, programme: str) -> bool:
        """Say whether a programme is halted."""
        return any(each.act == HALT for each in self._by_name.get(("programme", programme), ()))

    def hashed(self, token: str) -> str:
        """A consent token as this register keeps it."""
        return hashed(self._key, token)


def _issued(row: Row) -> Issued:
    values = dict(row)
    return Issued(
        package=values["package"],
        programme=values["programme"],
        recipient=values["recipient"],
        issued=values["issued"],
        agreement=values.get("agreement") or "",
        notice=values.get("notice") or "",
        due=values.get("due") or 0.0,
        languages=parts(values.get("languages")),
        purposes=parts(values.get("purposes")),
        consents=parts(values.get("consents")),
        spoken=parts(values.get("spoken")),
    )
