"""Writes decisions off the UI thread, one at a time, through the store's own writer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from textual.message import Message
from textual.message_pump import MessagePump

from forensics.errors import StoreError
from forensics.store import reader
from forensics.store.issued import names_asked
from forensics.store.writer import Store
from tui.formatting import EMPTY, Safe, safe
from tui.regret import Deed


class Written(Message, bubble=False):
    """A decision was written, or (`problem`) could not be; `back` takes it back."""

    def __init__(self, what: Safe, problem: Safe = EMPTY, back: Deed | None = None) -> None:
        super().__init__()
        self.what = what
        self.problem = problem
        self.back = back


class Scribe:
    """Opens the store for writing when the first decision comes and keeps it open until it leaves."""

    def __init__(self, folder: Path, owner: MessagePump, *, actor: str, now: Callable[[], float]) -> None:
        self._folder = folder
        self._owner = owner
        self._actor = actor
        self._now = now
        self._store: Store | None = None
        self._hand = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scribe")

    def note_names(self, query: str) -> None:
        """Note for whom a query looked by name, where there is evidence of them; nothing is said but a problem."""
        if query.strip():
            self._hand.submit(self._note_names, query)

    def write(self, what: Safe, deed: Deed) -> None:
        """Do `deed` and post Written(`what`) to the owner, with what takes it back."""
        self._hand.submit(self._write, what, deed)

    def close(self) -> None:
        """Wait for what was begun and close the store."""
        self._hand.submit(self._leave)
        self._hand.shutdown(wait=True)

    def _write(self, what: Safe, deed: Deed) -> None:
        try:
            if self._store is None:
                self._store = Store.open(self._folder, actor=self._actor, clock=self._now)
            back = deed(self._store)
        except Exception as error:  # noqa: BLE001 - a decision that cannot be written is a notice, never a crash
            self._leave()
            self._owner.post_message(Written(what, safe(str(error) or type(error).__name__)))
            return
        if what:
            self._owner.post_message(Written(what, back=back))

    def _note_names(self, query: str) -> None:
        try:
            connection = reader.open_reader(self._folder)
            try:
                people = names_asked(connection, query)
            finally:
                connection.close()
        except StoreError:
            return  # there is nothing to look in, which the screen says

        def looking(store: Store) -> None:
            store.looked_for(people)

        if people:
            self._write(EMPTY, looking)

    def _leave(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            try:
                store.close()
            except Exception:  # noqa: BLE001 - the store is lost already; the decision's own problem was told
                return
