"""The command line within this process, with what it printed: for commands that start nothing and watch nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
from click.testing import CliRunner

from forensics.cli.main import cli
from forensics.errors import EarwitnessError


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a command."""

    returncode: int
    stdout: str
    stderr: str
    output: bytes


def earwitness(*arguments: str | Path, text: str = "") -> Done:
    """Run one command as `main` does."""
    result = CliRunner().invoke(cli, [str(each) for each in arguments], input=text, standalone_mode=False)
    code, said = result.return_value if isinstance(result.return_value, int) else 0, result.stderr
    if isinstance(result.exception, EarwitnessError):
        code, said = result.exception.exit_code, f"{said}earwitness: {result.exception}"
    elif isinstance(result.exception, click.ClickException):
        code, said = result.exception.exit_code, f"{said}{result.exception.format_message()}"
    elif isinstance(result.exception, click.Abort):
        code = 130
    elif result.exception is not None:
        raise result.exception
    return Done(returncode=code, stdout=result.stdout, stderr=said, output=result.stdout_bytes)
