"""The `earwitness` command: options common to all, commands loaded when they are asked for."""

from __future__ import annotations

import gc
import os
import resource
import sys
from pathlib import Path

import click

from forensics import log
from forensics.cli.commands import Commands, session_of
from forensics.errors import EarwitnessError
from forensics.text_safety import visible

COMMANDS = {
    "register": "forensics.cli.register:register",
    "unregister": "forensics.cli.unregister:unregister",
    "issued": "forensics.cli.issued:issued",
    "programme": "forensics.cli.programme:programme",
    "identify": "forensics.cli.identify:identify",
    "reference-key": "forensics.cli.reference_key:reference_key",
    "scan": "forensics.cli.scan:scan",
    "objects": "forensics.cli.objects:objects",
    "watch": "forensics.cli.watch:watch",
    "tui": "tui.command:tui",
    "search": "forensics.cli.search:search",
    "timeline": "forensics.cli.timeline:timeline",
    "show": "forensics.cli.show:show",
    "incident": "forensics.cli.incident:incident",
    "case": "forensics.cli.case.group:case",
    "suppress": "forensics.cli.suppress:suppress",
    "import": "forensics.cli.import_:import_",
    "backup": "forensics.cli.backup:backup",
    "restore": "forensics.cli.backup:restore",
    "put-aside": "forensics.cli.backup:put_aside",
    "salvage": "forensics.cli.backup:salvage",
    "report": "forensics.cli.report:report",
    "export": "forensics.cli.export:export",
    "audit": "forensics.cli.audit:audit_packages",
    "hunt": "forensics.cli.hunt:hunt",
    "replay": "forensics.cli.replay:replay",
    "what-is-kept": "forensics.cli.what_is_kept:what_is_kept",
    "data-protection": "forensics.cli.data_protection:data_protection",
    "sensors": "forensics.cli.sensors:sensors",
    "coverage": "forensics.cli.coverage:coverage",
    "verify": "forensics.cli.verify:verify",
    "log": "forensics.cli.log:log",
    "prove": "forensics.cli.prove:prove",
    "heads": "forensics.cli.heads:heads",
    "custodian": "forensics.cli.custodian:custodian",
    "unseal": "forensics.cli.unseal:unseal",
    "hold": "forensics.cli.hold:hold",
    "retention": "forensics.cli.retention:retention",
    "rules": "forensics.cli.rules.group:rules",
    "selfcheck": "forensics.cli.selfcheck:selfcheck",
    "doctor": "forensics.cli.doctor:doctor",
    "demo": "forensics.cli.demo:demo",
}


class Root(Commands):
    """The command itself, which then holds as little garbage to look through as can be."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        command = super().get_command(ctx, cmd_name)
        gc.freeze()
        gc.enable()
        return command


@click.group(
    cls=Root, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option("--store", type=click.Path(path_type=Path), help="Folder of the evidence store and the register.")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Configuration file (TOML).")
@click.option("--verbose", is_flag=True, help="Tell on stderr what is being done.")
@click.version_option(package_name="earwitness")
@click.pass_context
def cli(ctx: click.Context, store: Path | None, config_path: Path | None, verbose: bool) -> None:
    """Notice audio clips and translation packages leaving, match them, keep the evidence."""
    log.configure(is_verbose=verbose)
    ctx.obj = session_of(store, config_path)


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


def _say(text: str) -> None:
    """One harmless line: what went wrong may quote a manifest's own words."""
    click.echo(visible(text), err=True)
