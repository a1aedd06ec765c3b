"""`earwitness export`: an incident, an alert, or what a query finds, in a form for others."""

from __future__ import annotations

import socket
import time
from functools import partial
from pathlib import Path

import click

from forensics.cli.context import Session
from forensics.errors import InputError
from forensics.reports.bag import export_bundle
from forensics.reports.casefile import alert_file, alert_number, incident_file, incident_number, query_file
from forensics.reports.exporting import Gather, Task, export_form, send_form
from forensics.reports.forms import FORMS
from forensics.reports.sending import Sender
from forensics.reports.targets import target_of
from forensics.text_safety import visible

BUNDLE = "bundle"
MOST_SECRET_BYTES = 4096


@click.command()
@click.option("--incident", metavar="ID", help="The incident, such as I3.")
@click.option("--alert", metavar="ID", help="One alert, such as A12, instead.")
@click.option("--query", metavar="Q", help="What a query finds (as `earwitness search` takes it), instead.")
@click.option("--out", type=click.Path(path_type=Path), help="A folder that is not there yet.")
@click.option("--to", metavar="URL", help="Send instead: udp://host:514, tcp://host:601, https://host/hook.")
@click.option("--secret", type=click.Path(path_type=Path), help="A file whose secret signs what a webhook gets.")
@click.option("--reason", default="", help="Why, for the log.")
@click.option("--format", "form", type=click.Choice([BUNDLE, *FORMS]), default=BUNDLE, show_default=True)
@click.pass_obj
def export(
    session: Session,
    *,
    incident: str | None,
    alert: str | None,
    query: str | None,
    out: Path | None,
    to: str | None,
    secret: Path | None,
    reason: str,
    form: str,
) -> int:
    """Write an incident, an alert or what a query finds for other programs and other people. No content is in any form.

    A bundle (BagIt) has the report, CASE, DFXML, tables, a timeline, the entries of the log with their proofs, and
    verify.py, which checks all of it with nothing but Python.

    The export is an entry in the chain of custody, with its digest, before it is done. Nothing is written over.
    """
    if (out is None) == (to is None):
        raise click.UsageError("give --out or --to")
    task = Task(store=session.store, actor=session.actor, clock=time.time, reason=reason.strip())
    gather = _gather(incident, alert, query)
    if to is not None:
        done = send_form(task, gather, _sender(to, form, secret))
        click.echo(f"{visible(done.place)}: {done.files} events, sha256 {done.digest}")
        return 0
    place = out or Path()
    done = export_bundle(task, gather, place) if form == BUNDLE else export_form(task, gather, form, place)
    click.echo(f"{visible(done.place)}: {done.files} files, sha256 {done.digest}")
    return 0


def _sender(to: str, form: str, secret: Path | None) -> Sender:
    """Raises InputError, UsageError for what cannot be sent so."""
    target = target_of(to)
    if form not in FORMS or not FORMS[form].is_events or (target.is_webhook and form == "cef"):
        raise click.UsageError("only ocsf, ecs and cef are sent; to a webhook ocsf and ecs")
    return Sender(target=target, form=form, host=socket.gethostname(), secret=_secret(secret) if secret else b"")


def _secret(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            secret = file.read(MOST_SECRET_BYTES).strip()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if not secret:
        raise InputError(f"{path}: is empty")
    return secret


def _gather(incident: str | None, alert: str | None, query: str | None) -> Gather:
    given = [each for each in (incident, alert, query) if each is not None]
    if len(given) != 1:
        raise click.UsageError("give one of --incident, --alert and --query")
    if incident is not None:
        return partial(incident_file, id=incident_number(incident))
    if alert is not None:
        return partial(alert_file, id=alert_number(alert))
    return partial(query_file, query=given[0])
