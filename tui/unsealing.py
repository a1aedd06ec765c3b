"""Asks for kept content to be opened, approves, declines and takes out, each after a dialog, through the scribe."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from textual.app import App

from forensics import approving
from forensics.pseudonyms import PERSON
from forensics.store import moments
from forensics.store.people import name_in
from forensics.store.unseals import Unseal
from forensics.store.writer import Store
from forensics.unsealing import MOST_HOURS
from tui import wording
from tui.desk import Desk
from tui.formatting import EMPTY, Safe, crop_middle, safe
from tui.regret import Deed
from tui.scribe import Written
from tui.widgets.lines_dialog import Blank, LinesDialog, needed

SPAN = "24h"
REASON = Blank(id="reason", label=Safe("reason"), hint=Safe("it stands in the log"), check=needed("a reason"))
PASSPHRASE = Blank(id="passphrase", label=Safe("passphrase"), hint=Safe("of the key, where it has one"), is_secret=True)
_HOUR_S = 3600.0


def offer_ask(app: App[None], desk: Desk, what: str) -> None:
    """Ask for what is kept of an alert or a SHA-256, or for the name of a person."""

    def finish(lines: Mapping[str, str] | None) -> None:
        if lines is not None:
            desk.scribe.write(Safe(f"Asked for {safe(lines['what'])}: custodians can approve it"), _asking(desk, lines))

    blanks = (
        Blank(id="what", label=Safe("what"), value=what, hint=Safe("A12, a SHA-256, p-..."), check=needed("an alert")),
        REASON,
        Blank(id="span", label=Safe("for"), value=SPAN, hint=Safe("24h, 3d"), check=_span),
        Blank(id="key", label=Safe("your key"), hint=Safe("where you are a custodian: one of the two yeses")),
        PASSPHRASE,
    )
    facts = (Safe("Two custodians have to approve it; nobody opens it alone."),)
    app.push_screen(LinesDialog(Safe("Ask for kept content"), facts, blanks, doing=Safe("ask")), finish)


def offer_approve(app: App[None], desk: Desk, asked: Unseal) -> None:
    """Say yes, with a key or an approval that one made elsewhere; not for who asked, which is noted."""

    def write(path: str, passphrase: str) -> None:
        def deed(store: Store) -> None:
            sign = approving.signing(Path(path.strip()).expanduser(), lambda: passphrase, now=desk.now())
            approving.approve(store, asked.request, sign, actor=desk.role.actor, now=desk.now())

        desk.scribe.write(Safe(f"Approval of {asked.request[:8]}"), deed)

    def finish(lines: Mapping[str, str] | None) -> None:
        if lines is not None:
            write(lines["key"], lines["passphrase"])

    if _is_over(app, desk, asked):
        return
    if asked.actor == desk.role.actor:
        write("", "")  # is refused, and noted
        return
    hint = Safe("your private key file, or its approval from elsewhere")
    blanks = (Blank(id="key", label=Safe("key"), hint=hint, check=needed("a key or an approval")), PASSPHRASE)
    dialog = LinesDialog(Safe(f"Approve {asked.request[:8]}?"), facts(asked), blanks, doing=Safe("approve"))
    app.push_screen(dialog, finish)


def offer_decline(app: App[None], desk: Desk, asked: Unseal) -> None:
    """Say no, or withdraw what one asked for oneself."""
    if _is_over(app, desk, asked):
        return
    is_own = asked.actor == desk.role.actor
    verb, done = ("withdraw", "Withdrawn") if is_own else ("decline", "Declined")

    def finish(lines: Mapping[str, str] | None) -> None:
        if lines is None:
            return

        def deed(store: Store) -> None:
            approving.decline(store, asked.request, reason=lines["reason"], actor=desk.role.actor, now=desk.now())

        desk.scribe.write(Safe(f"{done}: {asked.request[:8]}"), deed)

    question = Safe(f"{verb.capitalize()} {asked.request[:8]}?")
    app.push_screen(LinesDialog(question, facts(asked), (REASON,), doing=Safe(verb)), finish)


def offer_take(app: App[None], desk: Desk, asked: Unseal) -> None:
    """Write what was approved to a new file; a name is told."""

    def finish(lines: Mapping[str, str] | None) -> None:
        if lines is not None:
            place = Path(lines["file"].strip()).expanduser()
            desk.scribe.write(Safe(f"Opened into {crop_middle(safe(place), 60)}"), _taking(desk, asked, place))

    if asked.actor != desk.role.actor:
        desk.scribe.write(Safe("Opening"), _taking(desk, asked, Path(os.devnull)))  # is refused, and noted
    elif (state := asked.state(desk.now())) not in {"approved", "opened"}:
        said = f"needs {asked.lacks(desk.now())} more approval" if state == "asked" else f"is {state}"
        app.notify(Safe(f"{asked.request[:8]} {said}"), markup=False, timeout=4)
    elif asked.subject.startswith(PERSON):
        desk.scribe.write(EMPTY, _naming(app, desk, asked))
    else:
        name = f"{safe(asked.subject).lower()}-{asked.sha256[:8]}"
        blanks = (Blank(id="file", label=Safe("file"), value=str(Path.cwd() / name), check=_free),)
        told = (*facts(asked), Safe("It is clear there: whoever reads the file hears it."))
        app.push_screen(LinesDialog(Safe(f"Open {asked.request[:8]}"), told, blanks, doing=Safe("open")), finish)


def facts(asked: Unseal) -> Sequence[Safe]:
    """What is decided on."""
    by = f", approved by {safe(' and '.join(asked.approved_by))}" if asked.approved_by else ""
    return (
        Safe(f"who    {safe(asked.actor)}, {wording.moment(asked.time)}"),
        Safe(f"why    {safe(asked.reason, limit=500)}"),
        Safe(f"what   {safe(asked.subject)}, sha256 {asked.sha256}"),
        Safe(f"until  {wording.moment(asked.until)}{by}"),
    )


def _is_over(app: App[None], desk: Desk, asked: Unseal) -> bool:
    """Say so of a request for which nothing can be done any more."""
    state = asked.state(desk.now())
    if state in {"asked", "approved"}:
        return False
    app.notify(Safe(f"{asked.request[:8]} is {state}"), markup=False, timeout=4)
    return True


def _asking(desk: Desk, lines: Mapping[str, str]) -> Deed:
    def deed(store: Store) -> None:
        now, key = desk.now(), lines["key"].strip()
        approving.ask(
            store,
            lines["what"].strip(),
            reason=lines["reason"].strip(),
            hours=(moments.span(lines["span"].strip()) or 0.0) / _HOUR_S,
            actor=desk.role.actor,
            host=socket.gethostname(),
            now=now,
            random=os.urandom,
            own=approving.signing(Path(key).expanduser(), lambda: lines["passphrase"], now=now) if key else None,
        )

    return deed


def _taking(desk: Desk, asked: Unseal, place: Path) -> Deed:
    def deed(store: Store) -> None:
        pieces = approving.bring(store, asked.request, actor=desk.role.actor, now=desk.now())
        approving.write_out(place, pieces)

    return deed


def _naming(app: App[None], desk: Desk, asked: Unseal) -> Callable[[Store], None]:
    def deed(store: Store) -> None:
        pieces = approving.bring(store, asked.request, actor=desk.role.actor, now=desk.now())
        name = safe(name_in(b"".join(pieces)))
        app.post_message(Written(Safe(f"{safe(asked.subject.removeprefix(PERSON))} is {name}")))

    return deed


def _span(text: str) -> Safe:
    seconds = moments.span(text.strip())
    if not seconds or seconds > MOST_HOURS * _HOUR_S:
        return Safe(f"the time is such as 12h or 3d, at most {MOST_HOURS // 24}d")
    return EMPTY


def _free(text: str) -> Safe:
    if not text.strip():
        return Safe("a file is needed")
    return Safe("is there already; nothing is written over") if Path(text.strip()).expanduser().exists() else EMPTY
