"""The `--keylog` option: files of TLS secrets, so that what left inside TLS is read too."""

from __future__ import annotations

import os
from pathlib import Path

import click
import msgspec

from forensics.config import Network
from forensics.errors import InputError

keylog_option = click.option(
    "--keylog",
    "keylogs",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TLS secrets a client wrote (SSLKEYLOGFILE): what left inside TLS is read too. May be given again.",
)


def with_keylogs(network: Network, files: tuple[Path, ...]) -> Network:
    """The settings with these files beside those configured."""
    return msgspec.structs.replace(network, keylog=(*network.keylog, *files)) if files else network


def readable(files: tuple[Path, ...]) -> tuple[Path, ...]:
    """The files, for where nothing more can come of one that is missing. Raises InputError."""
    for file in files:
        if not os.access(file, os.R_OK):
            raise InputError(f"{file}: {'cannot be read' if file.exists() else 'no such file'}")
    return files
