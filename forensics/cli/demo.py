"""`earwitness demo`: the main job on a scratch workstation, live."""

from __future__ import annotations

import sys

import click

from forensics.cli.context import Session
from forensics.demo.play import table
from forensics.demo.run import register_packages, run_in_terminal, run_plain, workstation


@click.command()
@click.option("--plain", is_flag=True, help="Print the alerts instead of showing the terminal UI.")
@click.pass_obj
def demo(session: Session, plain: bool) -> int:
    """Register sample packages, start the real monitors on a scratch workstation and play six journeys.

    In a terminal the alerts arrive in the terminal UI (leave it with q); elsewhere they are printed. Ends with a
    table of journey, expected, found and seconds from act to alert. Exit 0 only when all agree, else 1.
    """
    del session  # the demonstration has a store and a configuration of its own
    with workstation(_say) as (scratch, is_live):
        register_packages(scratch, _say)
        if plain or not (sys.stdout.isatty() and sys.stdin.isatty()):
            found = run_plain(scratch, is_live=is_live, say=_say)
        else:
            found = run_in_terminal(scratch, is_live=is_live)
    click.echo()
    click.echo(table(found))
    return 0 if all(each.agrees for each in found) else 1


def _say(text: str) -> None:
    click.echo(text)
