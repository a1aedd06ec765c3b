"""Exports of a case file: noted in the chain of custody before they are said to be done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from forensics.database import Connection
from forensics.model import CustodyEntry
from forensics.reports.casefile import CaseFile
from forensics.reports.draft import Draft
from forensics.reports.forms import FORMS
from forensics.reports.sending import Sender
from forensics.store import reader
from forensics.store.writer import Store

SUMS = "SHA256SUMS"
"""What `sha256sum -c` checks an export by that is no bundle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Who exports from which store, when (Unix seconds), and the reason they gave."""

    store: Path
    actor: str
    clock: Callable[[], float]
    reason: str = ""

    def note(self, action: str, case: str, detail: str) -> None:
        """Add an entry to the chain of custody; a signed head covers it when this returns. Raises StoreError."""
        detail = f"{detail}; {self.reason}" if self.reason else detail
        with Store.open(self.store, actor=self.actor, clock=self.clock) as store, store.group() as group:
            entry = CustodyEntry(actor=self.actor, action=action, subject=case, detail=detail, time=self.clock())
            group.custody(entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An export: where it is, how many files or events, and the digest that custody has of it."""

    place: str
    files: int
    digest: str


Gather = Callable[[Connection], CaseFile]


def gathered(task: Task, gather: Gather) -> CaseFile:
    """The case file, from a connection of its own."""
    with closing(reader.open_reader(task.store)) as connection:
        return gather(connection)


def send_form(task: Task, gather: Gather, sender: Sender) -> Done:
    """Send the events of a case file; what is about to go where is noted before anything goes."""
    case = gathered(task, gather)
    texts = "".join(text for _, lines in FORMS[sender.form].files(case) for text in lines)
    events = texts.splitlines()
    digest = hashlib.sha256(texts.encode()).hexdigest()
    task.note("export", case.subject, f"{sender.form} to {sender.target}, {len(events)} events, sha256 {digest}")
    sender.send(events)
    return Done(place=str(sender.target), files=len(events), digest=digest)


def export_form(task: Task, gather: Gather, form: str, place: Path) -> Done:
    """Write a case file in one form as a new folder, with a list of its digests."""
    with Draft(place) as draft:
        case = gathered(task, gather)
        for name, texts in FORMS[form].files(case):
            draft.add(name, texts)
        sums = "".join(f"{digest}  {name}\n" for name, digest in draft.digests.items())
        digest = draft.add(SUMS, [sums])
        task.note("export", case.subject, f"{form}, {SUMS} sha256 {digest}")
        draft.finish()
        return Done(place=str(place), files=len(draft.digests), digest=digest)
