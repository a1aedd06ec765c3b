"""Exports an alert or an incident from the console: the bundle of `earwitness export`, by the same functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from textual.app import App

from forensics.reports.bag import export_bundle
from forensics.reports.casefile import alert_file, incident_file
from forensics.reports.exporting import Done, Gather, Task
from forensics.reports.proving import export_proof
from tui.desk import Desk
from tui.formatting import EMPTY, Safe, crop_middle, safe
from tui.scribe import Written
from tui.widgets.lines_dialog import Blank, LinesDialog, needed


def offer(app: App[None], desk: Desk, name: str, title: Safe) -> None:
    """Ask for folder and reason, then write the bundle of A3 or I2 in a thread of its own."""

    def finish(lines: Mapping[str, str] | None) -> None:
        if lines is not None:
            place = Path(lines["folder"].strip()).expanduser()
            app.notify(Safe(f"Writing the bundle of {name} ..."), markup=False, timeout=3)
            task = Task(store=desk.store, actor=desk.role.actor, clock=desk.now, reason=lines["reason"].strip())
            work = partial(_export, app, name, partial(export_bundle, task, _gather(name), place))
            app.run_worker(work, thread=True, name="export", exit_on_error=False)

    facts = (title, Safe("A sealed bundle with report, tables, log, proofs and verify.py; no content."))
    dialog = LinesDialog(Safe(f"Export {name}"), facts, _blanks(f"{name.lower()}-bundle"), doing=Safe("export"))
    app.push_screen(dialog, finish)


def offer_proof(app: App[None], desk: Desk, id: int) -> None:
    """Ask for folder and reason, then write the proof of an entry, as `earwitness prove` does."""

    def finish(lines: Mapping[str, str] | None) -> None:
        if lines is not None:
            place = Path(lines["folder"].strip()).expanduser()
            task = Task(store=desk.store, actor=desk.role.actor, clock=desk.now, reason=lines["reason"].strip())
            work = partial(_export, app, f"Proof of entry {id}", partial(export_proof, task, [id], place))
            app.run_worker(work, thread=True, name="export", exit_on_error=False)

    facts = (
        Safe("That the entry stood in the log when a head was signed, and that the"),
        Safe("newest head continues that one; verify.py beside it checks both."),
    )
    dialog = LinesDialog(Safe(f"Prove entry {id}"), facts, _blanks(f"entry-{id}-proof"), doing=Safe("write it"))
    app.push_screen(dialog, finish)


def _blanks(folder: str) -> tuple[Blank, ...]:
    return (
        Blank(id="folder", label=Safe("folder"), value=str(Path.cwd() / folder), check=_free),
        Blank(id="reason", label=Safe("reason"), hint=Safe("it stands in the log"), check=needed("a reason")),
    )


def _export(app: App[None], name: str, write: Callable[[], Done]) -> None:
    try:
        done = write()
    except Exception as error:  # noqa: BLE001 - an export that fails is a notice, never a crash
        app.post_message(Written(Safe(f"Export of {name}"), safe(str(error) or type(error).__name__)))
        return
    where = crop_middle(safe(done.place), 60)
    app.post_message(Written(Safe(f"{name} exported: {done.files} files in {where}; verify.py there checks them")))


def _gather(name: str) -> Gather:
    return partial(alert_file if name.startswith("A") else incident_file, id=int(name[1:]))


def _free(text: str) -> Safe:
    """Complain of a folder that is none, or is there already: nothing is written over."""
    if not text.strip():
        return Safe("a folder is needed")
    place = Path(text.strip()).expanduser()
    if place.exists():
        return Safe("is there already; nothing is written over")
    return EMPTY if place.parent.is_dir() else Safe("the folder above it is not there")
