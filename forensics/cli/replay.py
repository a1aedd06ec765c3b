"""`earwitness replay`: does the same come out again?"""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.opening import Approved, contents, examined, unsealed_option
from forensics.cli.render import json_line
from forensics.errors import InputError
from forensics.hunting import Hunt
from forensics.model import CustodyEntry
from forensics.register.book import Register
from forensics.replaying import Finding, Replayed
from forensics.replaying import replay as made_again
from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook
from forensics.store import reader, remembered
from forensics.store.remembered import Remembered
from forensics.text_safety import visible


@click.command()
@click.argument("id", metavar="ID")
@click.option(
    "--rules",
    "rules",
    multiple=True,
    type=click.Path(path_type=Path),
    help="The packs it was made with.",
)
@unsealed_option
@click.option("--json", "is_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def replay(session: Session, *, id: str, rules: tuple[Path, ...], unsealed: Approved, is_json: bool) -> int:
    """Make the analysis of an alert or observation (A12, O57) again, and show what differs.

    It names the engine, rules and register it was made with and those it is compared with now. With the content, which
    two custodians approved (--unsealed), every finding is made again and compared to the byte; without it, what the
    stored digests, excerpts and codes allow. Noted in the log.

    Exit 0: nothing came out otherwise, 1: something did.
    """
    for path in rules:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
    seen = _remembered(session, id)
    packs = rules or session.config.rules
    hunt = Hunt(
        Rulebook.load([rules_folder() / "starter", *packs]).activated(), Register.load(session.store), session.policy()
    )
    with session.open_store() as store:
        found = contents(session, store, unsealed)
        root = seen.artifacts[0].content.sha256 if seen.artifacts else ""
        if found and root not in found:
            raise InputError(f"O{seen.id}: what was unsealed is not its content, sha256 {root}")
        opened = examined(session, session.store, found, {root: seen}, rules=packs).get(root)
        result = made_again(seen, hunt, opened)
        with store.group() as group:
            detail = "identical" if result.is_identical else "differs" if result.differs else "not all answered"
            entry = CustodyEntry(
                actor=session.actor, action="replay", subject=f"O{seen.id}", detail=detail, time=time.time()
            )
            group.custody(entry)
    _print(seen, result, is_json)
    return int(result.differs)


def _remembered(session: Session, id: str) -> Remembered:
    connection = reader.open_reader(session.store)
    try:
        number = reader.row_id(connection, id)
        found = None if number is None else remembered.one(connection, number)
    finally:
        connection.close()
    if found is None:
        raise InputError(f"{visible(id)}: not an alert or observation of this store, such as A12 or O57")
    return found


def _print(seen: Remembered, result: Replayed, is_json: bool) -> None:
    if is_json:
        json_line(
            {
                "observation": f"O{seen.id}",
                "then": asdict(result.then),
                "now": asdict(result.now),
                "other_versions": result.other_versions,
                "identical": result.is_identical,
                "differs": result.differs,
                "from": "content" if result.is_whole else "what is stored",
                "findings": [asdict(each) for each in result.differences],
            }
        )
        return
    for name, then in asdict(result.then).items():
        now = getattr(result.now, name)
        click.echo(f"{name:<7} {visible(then)}{'' if then == now else f'   now {visible(now)}'}")
    for each in result.differences:
        if each.kind is not Finding.SAME or not each.what.startswith("artifact "):
            detail = f"  {visible(each.detail)}" if each.detail else ""
            click.echo(f"{each.kind.value:<12} {visible(each.what)}{detail}")
    made = "its content" if result.is_whole else "what is stored of it"
    end = (
        "the same, to the byte" if result.is_identical else "other than then" if result.differs else "nothing otherwise"
    )
    click.echo(f"made again from {made}: {end}", err=True)
