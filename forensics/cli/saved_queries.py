"""Queries kept under a name: `search --save`, `--saved`, `--saved-list`, `--forget`."""

from __future__ import annotations

import click

from forensics.cli.context import Session
from forensics.cli.records import record
from forensics.cli.render import json_line
from forensics.database import Connection
from forensics.errors import InputError
from forensics.store import saved
from forensics.store.search import compile_query
from forensics.store.terms import Known
from forensics.text_safety import visible


def keep(session: Session, name: str, query: str) -> None:
    """Keep a query, in place of one of that name. Raises QueryError for one that cannot be read, InputError."""
    if not name.strip() or len(name) > saved.LONGEST_NAME:
        raise InputError(f"a kept query has a name of 1 to {saved.LONGEST_NAME} characters")
    compile_query(query, Known(packages=lambda field, value, is_prefix: ()))
    with session.open_store() as store:
        store.save_query(name, query)


def forget(session: Session, name: str) -> int:
    """Remove a kept query. Raises InputError when there is none."""
    with session.open_store() as store:
        if not store.forget_query(name):
            raise _unknown(name)
    return 0


def kept(connection: Connection, name: str) -> str:
    """The query of that name, in parentheses, so that what is added narrows all of it. Raises InputError."""
    query = saved.find(connection, name)
    if query is None:
        raise _unknown(name)
    return f"({query})" if query.strip() else query


def show(connection: Connection, *, is_json: bool) -> int:
    """Print every kept query."""
    for each in saved.listed(connection):
        if is_json:
            json_line(record(each))
        else:
            click.echo(f"{visible(each.name):<20} {visible(each.query)}")
    return 0


def _unknown(name: str) -> InputError:
    return InputError(f"{visible(name)}: no query is kept under that name; `search --saved-list` prints them")
