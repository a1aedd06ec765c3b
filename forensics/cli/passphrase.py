"""Passphrases of private keys: from a file's first line, or asked for where nobody can read along."""

from __future__ import annotations

from pathlib import Path

import click

from forensics.errors import ConfigError, InputError
from forensics.sealing import keyfiles

passphrase_option = click.option(
    "--passphrase-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File whose first line is the passphrase; without it you are asked.",
)


def new_passphrase(file: Path | None) -> str:
    """A passphrase for a new key, asked for twice. Raises InputError, ConfigError when it is empty."""
    words = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True) if file is None else _first_line(file)
    if not words:
        raise ConfigError("an empty passphrase closes nothing; --no-passphrase says that you want none")
    return str(words)


def passphrase(file: Path | None) -> str:
    """The passphrase of a key. Raises InputError."""
    return str(click.prompt("Passphrase", hide_input=True, err=True)) if file is None else _first_line(file)


def _first_line(file: Path) -> str:
    text = keyfiles.read(file, is_secret=True)
    try:
        return text.decode("utf-8").partition("\n")[0].removesuffix("\r")
    except UnicodeDecodeError:
        raise InputError(f"{file}: no text in UTF-8") from None
