"""`earwitness import`: the logs of other stores, merged into this one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.cli.render import json_line


@click.command("import")
@click.argument("folders", nargs=-1, required=True, metavar="STORE...", type=click.Path(path_type=Path))
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line, for each log.")
@click.pass_obj
def import_(session: Session, *, folders: tuple[Path, ...], is_json: bool) -> int:
    """Merge the evidence of other stores (their folders) into this one.

    Every entry keeps its own number, digest and signed heads, so that `verify` goes on checking it here. Importing the
    same store again adds only what is new. Content that was kept stays where it is sealed.
    """
    with session.open_store() as store:
        for folder in folders:
            for taken in store.merge(folder):
                if is_json:
                    json_line(asdict(taken))
                else:
                    click.echo(f"log {taken.agent}:{taken.epoch}: {taken.added} of {taken.size} entries are new")
    return 0
