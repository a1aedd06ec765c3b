"""`earwitness scan`: files, folders and captures through the whole pipeline."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from forensics.cli.context import Session
from forensics.cli.keylog import keylog_option, readable, with_keylogs
from forensics.cli.passwords import note_passwords, passwords_option, read_passwords
from forensics.cli.reference_access import recorded_access, reference_key_option
from forensics.cli.render import artifact_line, artifact_records, json_line
from forensics.cli.wording import counted, say_what_is_not_kept
from forensics.errors import InputError
from forensics.expiry import seal_what_is_clear
from forensics.model import OutcomeKind
from forensics.recorder import Recorder, Report
from forensics.scan import Scan, Unread
from forensics.text_safety import visible
from forensics.workers import WorkerPool

READ = (OutcomeKind.CLEAN, OutcomeKind.MATCHED)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@reference_key_option
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@keylog_option
@passwords_option
@click.pass_obj
def scan(
    session: Session,
    *,
    paths: tuple[Path, ...],
    reference_key: Path | None,
    is_json: bool,
    keylogs: tuple[Path, ...],
    passwords: Path | None,
) -> int:
    """Scan files, folders and captures; print one line per artifact, alerts included.

    What alerts is kept in the store; scanning the same file again adds nothing. Exit 0: nothing found, 1: alerts.
    """
    network = with_keylogs(session.config.network, readable(keylogs))
    config = msgspec.structs.replace(session.config, network=network)
    alerts = artifacts = unread = 0
    failures: list[InputError] = []
    words = read_passwords(passwords)

    def on_error(error: InputError) -> None:
        failures.append(error)
        click.echo(f"earwitness: {visible(str(error))}", err=True)

    with (
        recorded_access(session, reference_key, "to scan") as access,
        session.open_store() as store,
        WorkerPool(
            session.config,
            session.store,
            reference_key=access.key_file,
            on_opened=access.count,
            passwords=words,
        ) as pool,
    ):
        say_what_is_not_kept(store.blobs.custodians.why_not())
        seal_what_is_clear(store)
        note_passwords(store, words, session.actor, subject="scan")
        recorder = Recorder(store=store, policy=session.policy(), folder=session.store)
        for item in Scan(config=config, pool=pool, recorder=recorder, on_error=on_error).run(paths):
            access.note_due()
            if isinstance(item, Unread):
                unread += item.outcome is not OutcomeKind.CLEAN
                _print_unread(item, is_json)
                if item.gap is not None:
                    recorder.record([], gaps=[item.gap])
                continue
            artifacts += len(item.analysis.artifacts)
            unread += sum(outcome.kind not in READ for outcome in item.analysis.outcomes)
            alerts += item.alert is not None
            _print(item, is_json)
    said = [counted(artifacts, "artifact"), counted(alerts, "alert"), f"{unread} not wholly read"]
    click.echo(", ".join(said), err=True)
    if alerts:
        return 1
    return InputError.exit_code if failures else 0


def _print(report: Report, is_json: bool) -> None:
    if is_json:
        for record in artifact_records(report.analysis, report.alert):
            json_line(record)
        return
    analysis = report.analysis
    for artifact in analysis.artifacts:
        matches = [match for match in analysis.matches if match.artifact == artifact.number]
        click.echo(artifact_line(artifact, analysis, matches))
    if report.alert is not None:
        click.secho(
            f"ALERT {report.alert['id']} {report.alert['severity']}: {visible(report.alert['title'])}", bold=True
        )
    elif report.verdict.items:
        click.echo(f"no alert: {visible(report.verdict.reason)}")


def _print_unread(item: Unread, is_json: bool) -> None:
    if not is_json:
        reason = f"  ({visible(item.reason)})" if item.reason else ""
        click.echo(
            f"{item.outcome.value:<10} {'capture' if item.sha256 else 'file':<10} {visible(item.path[0])}{reason}"
        )
        return
    json_line(
        {
            "path": list(item.path),
            "channel": "file",
            "source": item.source,
            "destination": "",
            "type": item.media_type,
            "size": item.size,
            "sha256": item.sha256,
            "outcome": item.outcome.value,
            "reason": item.reason,
            "matches": [],
            "alert": None,
        }
    )
