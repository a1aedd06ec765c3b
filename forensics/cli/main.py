"""The `earwitness` command: options common to all, commands loaded when they are asked for."""

from __future__ import annotations

import gc
import importlib
import os
import resource
import sys
from pathlib import Path
from typing import Any

import click

from forensics import config as configuration
from forensics import log
from forensics.cli.context import Session
from forensics.errors import EarwitnessError
from forensics.text_safety import visible

COMMANDS = {
    "register": "forensics.cli.register:register",
    "unregister": "forensics.cli.unregister:unregister",
    "identify": "forensics.cli.identify:identify",
    "reference-key": "forensics.cli.reference_key:reference_key",
    "scan": "forensics.cli.scan:scan",
    "objects": "forensics.cli.objects:objects",
    "watch": "forensics.cli.watch:watch",
    "tui": "tui.command:tui",
    "search": "forensics.cli.search:search",
    "show": "forensics.cli.show:show",
    "incident": "forensics.cli.incident:incident",
    "suppress": "forensics.cli.suppress:suppress",
    "import": "forensics.cli.import_:import_",
    "backup": "forensics.cli.backup:backup",
    "restore": "forensics.cli.backup:restore",
    "put-aside": "forensics.cli.backup:put_aside",
    "salvage": "forensics.cli.backup:salvage",
    "report": "forensics.cli.report:report",
    "export": "forensics.cli.export:export",
    "hunt": "forensics.cli.hunt:hunt",
    "replay": "forensics.cli.replay:replay",
    "what-is-kept": "forensics.cli.what_is_kept:what_is_kept",
    "data-protection": "forensics.cli.data_protection:data_protection",
    "coverage": "forensics.cli.coverage:coverage",
    "verify": "forensics.cli.verify:verify",
    "heads": "forensics.cli.heads:heads",
    "custodian": "forensics.cli.custodian:custodian",
    "unseal": "forensics.cli.unseal:unseal",
    "hold": "forensics.cli.hold:hold",
    "retention": "forensics.cli.retention:retention",
    "rules": "forensics.cli.rules:rules",
    "doctor": "forensics.cli.doctor:doctor",
    "demo": "forensics.cli.demo:demo",
}


class Commands(click.Group):
    """Imports a command's module only when that command is used, so that starting stays quick.

    `--store` and `--config` may stand before or after the command's name.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the documentation."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        _take_common_options(command)
        gc.freeze()
        gc.enable()
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--store", type=click.Path(path_type=Path), help="Folder of the evidence store and the register.")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Configuration file (TOML).")
@click.option("--verbose", is_flag=True, help="Tell on stderr what is being done.")
@click.version_option(package_name="earwitness")
@click.pass_context
def cli(ctx: click.Context, store: Path | None, config_path: Path | None, verbose: bool) -> None:
    """Notice audio clips and translation packages leaving, match them, keep the evidence."""
    log.configure(is_verbose=verbose)
    ctx.obj = _session(store, config_path)


def main() -> None:
    """Run the command line; an error a person can mend becomes one line and its exit code.

    Neither this process nor one it starts leaves its memory, with what it examines, on a disk when it crashes.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        code = cli(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except EarwitnessError as error:
        _say(f"earwitness: {error}")
        sys.exit(error.exit_code)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)


def _session(store: Path | None, config_path: Path | None) -> Session:
    config = configuration.load(config_path)
    return Session(config=config, store=store or config.store or configuration.default_store_path())


def _take_common_options(command: click.Command) -> None:
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
    session = _session(root.params.get("store"), root.params.get("config_path"))
    root.obj = session
    context: click.Context | None = ctx
    while context is not None:
        context.obj = session
        context = context.parent


def _say(text: str) -> None:
    """One harmless line: what went wrong may quote a manifest's own words."""
    click.echo(visible(text), err=True)
