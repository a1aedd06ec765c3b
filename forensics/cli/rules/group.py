"""`earwitness rules` as a group: its commands are loaded when they are asked for."""

from __future__ import annotations

import click

from forensics.cli.commands import Commands

COMMANDS = {
    "list": "forensics.cli.rules.list:list_rules",
    "new": "forensics.cli.rules.new:new",
    "lint": "forensics.cli.rules.lint:lint",
    "test": "forensics.cli.rules.test:test",
    "lock": "forensics.cli.rules.lock:lock",
    "sign": "forensics.cli.rules.sign:sign_packs",
    "verify": "forensics.cli.rules.verify:verify",
    "watch": "forensics.cli.rules.watch:watch",
    "mutate": "forensics.cli.rules.mutate:mutate",
    "explain": "forensics.cli.rules.explain:explain_file",
    "canary": "forensics.cli.rules.canary:canary",
    "print": "forensics.cli.rules.print:print_",
    "bench": "forensics.cli.rules.bench:bench",
    "backtest": "forensics.cli.rules.backtest:backtest",
}


@click.group(cls=Commands, table=COMMANDS)
def rules() -> None:
    """Rule packs: try their samples, look them over, list them. Without PACK: the shipped and the configured ones."""
