"""`earwitness case` as a group: its commands are loaded when they are asked for."""

from __future__ import annotations

import click

from forensics.cli.commands import Commands

COMMANDS = {
    "new": "forensics.cli.case.new:new",
    "list": "forensics.cli.case.list:list_cases",
    "show": "forensics.cli.case.show:show",
    "add": "forensics.cli.case.add:add",
    "remove": "forensics.cli.case.add:remove",
    "note": "forensics.cli.case.note:note",
    "task": "forensics.cli.case.task:task",
    "done": "forensics.cli.case.task:done",
    "assign": "forensics.cli.case.assign:assign",
    "close": "forensics.cli.case.close:close",
    "reopen": "forensics.cli.case.close:reopen",
    "report": "forensics.cli.case.report:report",
}


@click.group(cls=Commands, table=COMMANDS)
def case() -> None:
    """Investigate alerts and incidents together: notes, tasks, an owner, the first hour, how it ended. All logged."""
