"""What the commands about cases are given: a case, alerts and incidents, a task."""

from __future__ import annotations

import re
from typing import Literal, cast

import click

from forensics.cli.context import Session
from forensics.errors import InputError
from forensics.store.caseload import CaseDetail, case
from forensics.store.casework import Member
from forensics.store.reader import open_reader
from forensics.text_safety import visible

_CASE = re.compile(r"(?:case-?)?(\d{1,18})", re.IGNORECASE)
_TASK = re.compile(r"T?(\d{1,18})", re.IGNORECASE)
_MEMBER = re.compile(r"([AI])(\d{1,18})", re.IGNORECASE)


class CaseId(click.ParamType[int]):
    """`case-3`, or `3`."""

    name = "case"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the id."""
        hit = _CASE.fullmatch(str(value))
        if hit is None:
            self.fail(f"{visible(str(value))} is no case such as case-3")
        return int(hit[1])


class TaskId(click.ParamType[int]):
    """`T3`, or `3`."""

    name = "task"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the id."""
        hit = _TASK.fullmatch(str(value))
        if hit is None:
            self.fail(f"{visible(str(value))} is no task such as T3")
        return int(hit[1])


class MemberId(click.ParamType[Member]):
    """`A12`, or `I3`."""

    name = "alert or incident"

    def convert(self, value: str | tuple[str, int], param: click.Parameter | None, ctx: click.Context | None) -> Member:
        """Read the id."""
        hit = _MEMBER.fullmatch(value) if isinstance(value, str) else None
        if hit is None:
            self.fail(f"{visible(str(value))} is no id such as A12 or I3")
        return cast(Literal["A", "I"], hit[1].upper()), int(hit[2])


def read_case(session: Session, id: int) -> CaseDetail:
    """One case. Raises InputError where there is none."""
    connection = open_reader(session.store)
    try:
        found = case(connection, id)
    finally:
        connection.close()
    if found is None:
        raise InputError(f"case-{id}: the store holds no such case")
    return found
