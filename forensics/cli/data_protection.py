"""`earwitness data-protection`: the summary for those who answer for people's data."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click
import msgspec

from forensics.cli.context import Session
from forensics.cli.render import json_line
from forensics.config import Config
from forensics.model import CustodyEntry
from forensics.reports import protection
from forensics.reports.protection import Running
from forensics.store import holdings, reader


@click.command("data-protection")
@click.option(
    "--format", "format", default="markdown", show_default=True, type=click.Choice(["markdown", "html", "json"])
)
@click.pass_obj
def data_protection(session: Session, *, format: str) -> int:
    """What is watched, stored, sealed and forgotten here, by whom it was looked at: for a record of processing.

    Generated from the configuration as it stands and the store; what only the controller knows stays a blank. The order
    of lines is fixed, so that `diff` shows what changed since the last one. That it was made is noted in the log.
    """
    with session.open_store() as store:
        connection = reader.open_reader(session.store)
        try:
            held = holdings.holdings(connection)
        finally:
            connection.close()
        names = [person.name for person in store.blobs.custodians.all()]
        parts = protection.sections(_running(session, names), held)
        text = protection.markdown(parts, host=session.config.host_name)
        digest = hashlib.sha256(text.encode()).hexdigest()
        with store.group() as group:
            group.custody(
                CustodyEntry(
                    actor=session.actor,
                    action="data-protection summary",
                    subject="store",
                    detail=f"sha256 {digest}",
                    time=time.time(),
                )
            )
    if format == "json":
        json_line({"host": session.config.host_name, "sections": [asdict(part) for part in parts]})
    else:
        click.echo(protection.html(parts, host=session.config.host_name) if format == "html" else text, nl=False)
    return 0


def _running(session: Session, custodians: list[str]) -> Running:
    config = session.config
    return Running(
        settings=dict(set_values(config)),
        custodians=custodians,
        store=str(session.store),
        host=config.host_name,
        keep_days=config.keep.days,
        names_days=config.privacy.names_days,
        features_days=config.keep.features_days,
        witnesses=[*config.custody.witnesses, *filter(None, [config.custody.tsa])],
        has_pseudonyms=config.privacy.pseudonyms,
        private=config.files.private,
        protected={way.name: way.where for way in session.policy().protected},
    )


def set_values(struct: msgspec.Struct = Config(), prefix: str = "") -> Iterator[tuple[str, str]]:  # noqa: B008 - frozen
    """Every setting by its dotted name, and what it is set to; of lists of structs, all of them in one."""
    for field in msgspec.structs.fields(type(struct)):
        value: Any = getattr(struct, field.name)
        name = f"{prefix}{field.name}"
        if isinstance(value, msgspec.Struct):
            yield from set_values(value, f"{name}.")
        elif isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
            for key in value[0].__struct_fields__:
                yield f"{name}[].{key}", ", ".join(str(getattr(each, key)) for each in value)
        elif isinstance(value, bool):
            yield name, "yes" if value else ""
        else:
            yield name, ", ".join(map(str, value)) if isinstance(value, tuple) else str(value or "")
