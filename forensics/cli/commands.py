"""Groups of commands whose modules are loaded when they are asked for, with the options common to all."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from forensics import config as configuration
from forensics.cli.context import Session


class Commands(click.Group):
    """Imports a command's module only when that command is used, so that starting stays quick.

    `--store` and `--config` may stand before or after the command's name.
    """

    def __init__(self, *args: Any, table: Mapping[str, str], **kwargs: Any) -> None:
        """Take `{command: "module:name"}`, in the order of the documentation."""
        super().__init__(*args, **kwargs)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the documentation."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self._table:
            return None
        module, _, name = self._table[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        take_common_options(command)
        return command


def session_of(store: Path | None, config_path: Path | None) -> Session:
    """What a command works with, from the options common to all. Raises ConfigError."""
    config = configuration.load(config_path)
    return Session(config=config, store=store or config.store or configuration.default_store_path())


def take_common_options(command: click.Command) -> None:
    """Let a command (and the commands of a group) take `--store` and `--config` after its name too."""
    for each in command.commands.values() if isinstance(command, click.Group) else (command,):
        if any(option.name == "common_store" for option in each.params):
            continue
        kind = click.Path(path_type=Path)
        for name in ("store", "config"):
            each.params.append(
                click.Option(
                    [f"--{name}", f"common_{name}"],
                    type=kind,
                    expose_value=False,
                    callback=_apply,
                    is_eager=True,
                    help="As before the command.",
                )
            )


def _apply(ctx: click.Context, option: click.Parameter, value: Any) -> None:
    if value is None:
        return
    root = ctx.find_root()
    root.params["config_path" if option.name == "common_config" else "store"] = value
    session = session_of(root.params.get("store"), root.params.get("config_path"))
    root.obj = session
    context: click.Context | None = ctx
    while context is not None:
        context.obj = session
        context = context.parent
