"""`earwitness watch`: the live monitor, until stopped."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
import msgspec

from forensics.cli.backup import begin_anew
from forensics.cli.context import Session
from forensics.cli.ending import Ending
from forensics.cli.keylog import keylog_option, with_keylogs
from forensics.cli.passwords import note_passwords, passwords_option, read_passwords, stamp_of
from forensics.cli.printing import Printer
from forensics.cli.reference_access import NOTE_EVERY_S, recorded_access, reference_key_option
from forensics.cli.render import artifact_line, artifact_records, gap_record, opaque_line, opaque_record
from forensics.cli.selfcheck import canary_line, canary_record
from forensics.cli.wording import counted, say_what_is_not_kept
from forensics.config import ROLES, Config, Folder
from forensics.model import Gap, Opaque
from forensics.monitor import Monitor
from forensics.recorder import Report
from forensics.reloading import Reloaded
from forensics.text_safety import visible


class FolderType(click.ParamType[Folder]):
    """`ROLE:PATH` as a watched folder."""

    name = "role:path"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Folder:
        """Split at the first colon; an unknown role is a usage error that lists the roles."""
        role, _, path = str(value).partition(":")
        if role not in ROLES or not path:
            self.fail(f"{value!r} is not ROLE:PATH with a role of {', '.join(ROLES)}", param, ctx)
        return Folder(role=role, path=Path(path).expanduser().absolute())


@click.command()
@click.option("--folder", "folders", multiple=True, type=FolderType(), help="Watch a folder; may be given again.")
@click.option("--interface", "interfaces", multiple=True, help="Watch a network interface; may be given again.")
@click.option(
    "--json",
    "is_json",
    is_flag=True,
    help="One JSON object a line: artifacts as `scan` prints them, gaps, connections not read, own canaries.",
)
@reference_key_option
@keylog_option
@passwords_option
@click.pass_obj
def watch(
    session: Session,
    *,
    folders: tuple[Folder, ...],
    interfaces: tuple[str, ...],
    is_json: bool,
    reference_key: Path | None,
    keylogs: tuple[Path, ...],
    passwords: Path | None,
) -> int:
    """Watch folders and interfaces, match what leaves, keep the evidence; until SIGTERM or Ctrl-C.

    Folders and interfaces come from the configuration or from these flags; media, shares and sync folders come by
    themselves (files.media, files.sync). With a list of passwords that is new or has changed, files that were examined
    before are examined again. Exit 0: nothing alerted, 1: alerts.
    """
    config = _configured(session.config, folders, interfaces, keylogs)
    if not (config.folders or config.network.interfaces or config.files.media or config.files.sync):
        raise click.UsageError("nothing to watch: give --folder or --interface, or name them in the configuration")
    words, stamp = read_passwords(passwords), stamp_of(passwords)
    alerts = 0
    printer = Printer()

    def on_report(report: Report) -> None:
        nonlocal alerts
        if report.recorded.is_new or not report.verdict.is_alert:
            alerts += report.alert is not None
            printer.put(_lines(report, is_json))

    def on_gap(gap: Gap) -> None:
        printer.put([_gap_line(gap, is_json)])

    def on_opaque(flow: Opaque) -> None:
        printer.put([_opaque_line(flow, is_json)])

    def on_rules(reloaded: Reloaded) -> None:
        printer.put([_rules_line(reloaded, is_json)])

    if gap := begin_anew(session):
        on_gap(gap)
    with Ending() as ending, recorded_access(session, reference_key, "to watch") as access:
        if words:
            with session.open_store() as store:
                note_passwords(store, words, session.actor, subject="watch")
        monitor = Monitor(
            config=config,
            folder=session.store,
            policy=session.policy(),
            actor=session.actor,
            on_report=on_report,
            on_gap=on_gap,
            on_opaque=on_opaque,
            on_rules=on_rules,
            reference_key=access.key_file,
            on_opened=access.count,
            passwords=words,
            passwords_stamp=stamp,
        )
        monitor.start()
        ending.on_hangup(monitor.reload_rules)
        click.echo(f"watching {monitor.describe()}; evidence in {visible(str(session.store))}", err=True)
        say_what_is_not_kept(monitor.why_not_kept())
        while not ending.wait(NOTE_EVERY_S):
            access.note_due()
        monitor.stop()
    printer.close()
    if printer.skipped:
        click.echo(f"{counted(printer.skipped, 'line')} not printed, since nobody read; the store has them", err=True)
    click.echo(f"stopped; {counted(alerts, 'alert')}", err=True)
    return 1 if alerts else 0


def _configured(
    config: Config, folders: tuple[Folder, ...], interfaces: tuple[str, ...], keylogs: tuple[Path, ...]
) -> Config:
    network = with_keylogs(config.network, tuple(file.expanduser().absolute() for file in keylogs))
    if interfaces:
        network = msgspec.structs.replace(network, interfaces=interfaces)
    return msgspec.structs.replace(config, folders=folders or config.folders, network=network)


def _lines(report: Report, is_json: bool) -> list[str]:
    """What is printed of a report: every artifact as JSON, or for people what alerted or could not be read."""
    analysis = report.analysis
    if is_json:
        records = [json.dumps(record) for record in artifact_records(analysis, report.alert)]
        return records + ([json.dumps({"canary": canary_record(report.canary)})] if report.canary else [])
    if report.canary is not None:
        return [canary_line(report.canary)]
    lines = []
    if report.alert is not None:
        alert = report.alert
        words = f"ALERT {alert['id']} ({alert['incident']}) {alert['severity']}: {visible(alert['title'])}"
        lines.append(click.style(words, bold=True))
    elif report.verdict.items:
        return [f"no alert: {visible(analysis.observation.name)}: {visible(report.verdict.reason)}"]
    for artifact in analysis.artifacts:
        matches = [match for match in analysis.matches if match.artifact == artifact.number]
        if report.alert is not None or analysis.outcome_of(artifact.number).kind != "clean":
            lines.append(artifact_line(artifact, analysis, matches))
    return lines


def _opaque_line(flow: Opaque, is_json: bool) -> str:
    if is_json:
        return json.dumps(opaque_record(flow))
    return f"NOT READ {opaque_line(flow)}"


def _rules_line(reloaded: Reloaded, is_json: bool) -> str:
    if is_json:
        return json.dumps({"rules": asdict(reloaded)})
    return f"RULES {visible(str(reloaded))}"


def _gap_line(gap: Gap, is_json: bool) -> str:
    if is_json:
        return json.dumps(gap_record(gap))
    return f"GAP {gap.channel}: {visible(gap.cause)} {visible(gap.detail)}"
