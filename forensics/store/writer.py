"""The store as its writers use it: several processes may, each in an epoch of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from forensics.config import Keep, Privacy
from forensics.content import Content
from forensics.custody import notes
from forensics.errors import StoreError
from forensics.model import AlertState, Gap, Observation, Opaque, Return, Scope, SensorHealth, Suppression
from forensics.pseudonyms import PERSON
from forensics.store import (
    backup,
    canaries,
    clear,
    damage,
    features,
    heads,
    merging,
    movements,
    moves,
    people,
    retention,
    saved,
    schema,
    states,
    statistics,
    suppressions,
    watches,
    witnesses,
)
from forensics.store.access import FAILURES
from forensics.store.blobs import Blobs, NotKeptError
from forensics.store.casework import Cases
from forensics.store.group import Group
from forensics.store.pen import Pen
from forensics.store.people import People
from forensics.store.room import Room
from forensics.store.rows import KeptRow, LedgerRow, Recorded
from forensics.store.saved import SavedQuery
from forensics.store.states import CLOSE_REASONS, Decision
from forensics.store.texts import stored

__all__ = ["CLOSE_REASONS", "Group", "LedgerRow", "Recorded", "Store"]

JOURNAL_BYTES = 64 << 20
Seen = TypeVar("Seen", Observation, Opaque)


class Store:
    """An evidence store opened for writing; `actor` is the name its custody entries bear.

    Its methods may be called from several threads, which take turns; inside a `group` they join its transaction.
    """

    def __init__(self, folder: Path, pen: Pen, blobs: Blobs, room: Room) -> None:
        self.folder = folder
        self._room = room
        self.blobs = blobs
        self.cases = Cases(pen)
        self._pen = pen

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        actor: str,
        clock: Callable[[], float] = time.time,
        privacy: Privacy | None = None,
        keep: Keep | None = None,
    ) -> Store:
        """Open the store in `folder`, creating both as needed. `privacy` says how it names people, `keep` how much is
        to stay free.

        On a disk that is full it gives its reserve up. Raises StoreError when the file there is something else, from a
        newer Earwitness, or cannot be written.
        """
        room = Room(folder, keep)
        try:
            store = cls._open(folder, room, actor, clock, privacy or Privacy())
        except StoreError:
            if not (room.is_full() and room.give_up_reserve()):
                raise
            store = cls._open(folder, room, actor, clock, privacy or Privacy())
        store.blobs.sweep()
        room.take_reserve()
        return store

    @classmethod
    def _open(cls, folder: Path, room: Room, actor: str, clock: Callable[[], float], privacy: Privacy) -> Store:
        connection = schema.open_store(folder)
        try:
            connection.execute(f"PRAGMA journal_size_limit = {JOURNAL_BYTES}")
            connection.execute("PRAGMA cache_size = -16000")
            blobs = Blobs(folder, room=room)
            pen = Pen(connection, People(blobs, folder, privacy), actor=actor, clock=clock)
            store = cls(folder, pen, blobs, room)
            store._take_key()
        except (StoreError, *FAILURES) as error:
            connection.close()
            raise StoreError(f"{folder / schema.FILE_NAME}: {error}") from error
        return store

    def close(self) -> None:
        """Sign for what was added, let the database learn what it holds, and close it."""
        try:
            if self._pen.heads is not None:
                self._pen.heads.is_closing = True
                with self._pen.transaction():
                    pass
            with self._pen.transaction():
                statistics.learn(self._pen.connection)
        except (StoreError, *FAILURES):
            pass  # a head more and statistics are a convenience; the evidence is already on the disk
        finally:
            self._pen.connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def group(self) -> Iterator[Group]:
        """One transaction: when the block ends, what it recorded is on the disk; when it fails, nothing of it is."""
        with self._pen.transaction():
            looked = self._room.look(self._pen.clock())
            group = Group(self._pen, self.blobs, looked.step)
            for gap in looked.gaps:
                group.gap(gap)
            yield group
            group.finish()
        self._room.settle(looked, group.lean)

    def told_full(self, gap: Gap) -> bool:
        """Record, on a disk that is full, the gap that says so, with the room a reserve gives; says whether it was."""
        if not (self._room.is_full() and self._room.give_up_reserve()):
            return False
        try:
            with self._pen.transaction():
                Group(self._pen, self.blobs).gap(gap)
        except StoreError:
            return False
        return True

    def keep(self, kept: Mapping[str, Content]) -> None:
        """Write content ahead of the group that records it, so that no transaction waits for large files.

        What cannot be kept is left for `record`, which notes it as a gap.
        """
        for content in kept.values():
            try:
                self.blobs.put(content)
            except NotKeptError:
                continue

    def heartbeat(self, health: SensorHealth, *, process: str = "") -> None:
        """Note how a sensor is doing; `process` tells the one it lives in from every other. Raises StoreError."""
        if words := self._room.words():
            health = replace(health, detail=f"{health.detail}; {words}" if health.detail else words)
        with self._pen.transaction():
            watches.beat(self._pen, health, process)

    def decide(self, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
        """Carry decisions out together, each with its custody entry, all or none; returns those that take them back.

        Raises StoreError for an unknown alert, incident or reason.
        """
        with self._pen.transaction():
            return states.decide(self._pen, decisions)

    def set_alert_state(
        self, alert_id: int, state: AlertState, *, reason: str = "", note: str = "", owner: str | None = None
    ) -> None:
        """Move an alert to a state (see Decision). Raises StoreError."""
        self.decide([Decision(kind="A", id=alert_id, state=state, reason=reason, note=note, owner=owner)])

    def set_incident_state(
        self, incident_id: int, state: AlertState, *, reason: str = "", note: str = "", owner: str | None = None
    ) -> None:
        """Move an incident and its alerts that are not closed to a state (see Decision). Raises StoreError."""
        self.decide([Decision(kind="I", id=incident_id, state=state, reason=reason, note=note, owner=owner)])

    def merge(self, folder: Path) -> Iterator[merging.Taken]:
        """Take over what the store in another folder holds, log by log; the same again adds nothing.

        Raises StoreError when it cannot be read, or where the two tell different stories.
        """
        other = schema.open_readable(folder)
        try:
            yield from merging.merge(self._pen, other)
        finally:
            other.close()

    def told(self, witness: str, head: witnesses.KeptHead) -> None:
        """Note that a witness knows of a head. Raises StoreError."""
        with self._pen.transaction():
            witnesses.told(self._pen, witness, head)

    def tell_anew(self, witness: str) -> None:
        """Note that a witness knows of no head any more. Raises StoreError."""
        with self._pen.transaction():
            witnesses.forget(self._pen, witness)

    def keep_stamp(self, head: witnesses.KeptHead, time: float, authority: str, answer: bytes) -> None:
        """Keep what a time-stamp authority answered of a head. Raises StoreError."""
        with self._pen.transaction():
            witnesses.keep_stamp(self._pen, head, time=time, authority=authority, answer=answer)

    def hold(self, subject: str, reason: str) -> None:
        """Let nothing of a digest (`sha256:...`), alert or incident be destroyed until it is released.

        Raises StoreError when there is no such thing.
        """
        with self._pen.transaction():
            retention.hold(self._pen, subject, reason)

    def release(self, subject: str, reason: str) -> None:
        """End a hold. Raises StoreError when there is none."""
        with self._pen.transaction():
            retention.release(self._pen, subject, reason)

    def shred(self, sha256: str, why: str) -> KeptRow | None:
        """Destroy the shares of the key of kept content, and the content with them; what was recorded of it stays.

        Returns what was destroyed, None for what is not kept or is held by now. Raises StoreError.
        """
        with self._pen.transaction():
            return retention.shred(self._pen, self.blobs, sha256, why)

    def forget_names(self, *, before: float, why: str) -> int:
        """Destroy sealed names of people that were not needed since then (Unix seconds) and are not held; how many.

        None while a damaged store lies beside, which may know more. Raises StoreError.
        """
        count = 0
        if damage.aside(self.folder):
            return 0
        for person, row in people.names(self.folder):
            if row.added < before:
                with self._pen.transaction():
                    count += retention.forget(self._pen, self.blobs, person, row, why)
        return count

    def forget_features(self, *, before: float) -> int:
        """Remove the features that were kept before that time (Unix seconds); how many. Raises StoreError."""
        with self._pen.transaction():
            return features.expire(self._pen, before=before)

    def shred_unnamed(self, *, before: float) -> int:
        """Destroy envelopes from before that time (Unix seconds) that no evidence names; how many. Raises StoreError.

        None while a damaged store lies beside, which may name them.
        """
        if damage.aside(self.folder):
            return 0
        with self._pen.transaction():
            return retention.shred_unnamed(self._pen, self.blobs, before=before)

    def seal_what_is_clear(self) -> int:
        """Seal content that an earlier Earwitness kept in clear, or destroy it where nobody could open it.

        Returns how many files have to stay in clear for want of room. Raises StoreError.
        """
        return clear.put_away(self.folder, self.blobs, self._pen)

    def salvage(self, folder: Path, *, tell: Callable[[backup.Salvaged], None]) -> None:
        """Take what can still be read of a damaged store. Raises StoreError when nothing can."""
        with self._pen.transaction():
            self._pen.note("salvage", "store", str(folder))
        backup.salvage(folder, self._pen, tell=tell, beside=self.folder)

    def begun_anew(self, aside: damage.Aside) -> Gap:
        """Record that a damaged store was put aside; the gap that tells of it. Raises StoreError."""
        last = "" if aside.agent else "; not even the name of its log could be read"
        gap = Gap(
            sensor="store",
            channel="all",
            start=aside.last,
            end=self._pen.clock(),
            cause="the evidence store was damaged and put aside",
            size=1,
            unit="stores",
            detail=f"{aside.why}; it lies in {aside.folder.name}, a new log begins{last}",
        )
        with self.group() as group:
            self._pen.note("put aside", "store", f"{aside.folder.name}: {aside.why}")
            group.gap(gap)
        return gap

    def merge_incidents(self, incident: int, others: Sequence[int], *, note: str = "") -> int:
        """Put the alerts of other incidents into one; returns the act, which `undo` takes back. Raises StoreError."""
        with self._pen.transaction():
            return moves.merge(self._pen, incident, others, note)

    def split_incident(self, incident: int, alerts: Sequence[int], *, note: str = "") -> int:
        """Put some of an incident's alerts into a new one, whose id is returned. Raises StoreError."""
        with self._pen.transaction():
            return moves.split(self._pen, incident, alerts, note)

    def undo(self, act: int, *, note: str = "") -> None:
        """Undo a merge or a split, named by the number of its act. Raises StoreError."""
        with self._pen.transaction():
            moves.undo(self._pen, act, note)

    def save_query(self, name: str, query: str) -> None:
        """Keep a query of a search under a name, in place of one of that name. Raises StoreError."""
        kept = SavedQuery(name=name, query=query, actor=self._pen.actor, time=self._pen.clock())
        with self._pen.transaction():
            saved.save(self._pen.connection, kept)

    def forget_query(self, name: str) -> bool:
        """Remove the query of that name; False when there is none. Raises StoreError."""
        with self._pen.transaction():
            return saved.forget(self._pen.connection, name)

    def suppress(self, scope: Scope, *, until: float, reason: str) -> int:
        """Raise no alerts on what fits the scope until then; returns the id. Raises StoreError."""
        with self._pen.transaction():
            called = replace(scope, user=self._pen.people.of(scope.user))
            return suppressions.add(self._pen, called, until=until, reason=reason)

    def end_suppression(self, id: int, *, reason: str = "") -> None:
        """End a suppression before its time. Raises StoreError."""
        with self._pen.transaction():
            suppressions.end(self._pen, id, reason=reason)

    def named(self, seen: Seen) -> Seen:
        """What was observed, with its user called as evidence calls them. Raises StoreError."""
        return replace(seen, subject=replace(seen.subject, user=self._pen.people.of(seen.subject.user)))

    def looked_for(self, people: Sequence[str]) -> None:
        """Note that somebody looked for these people, given by pseudonym, by their names. Raises StoreError."""
        with self._pen.transaction():
            for person in people:
                self._pen.note("looked for by name", f"{PERSON}{person}")

    def returned(self, package: str, *, but: str) -> Return | None:
        """The last sanctioned return of a package, beside the observation of the key `but`. Raises StoreError."""
        return movements.returned(self._pen.connection, package, but=but)

    def suppressions(self) -> tuple[Suppression, ...]:
        """What is suppressed now. Raises StoreError."""
        return suppressions.active(self._pen)

    def selfcheck_secret(self) -> bytes:
        """What the canaries of this store are made of and sealed with: 32 bytes drawn from its signing key."""
        assert self._pen.heads is not None  # opened stores have one
        return self._pen.heads.drawn("selfcheck")

    def issue_canary(self, canary: canaries.Canary) -> int:
        """Write down what is about to be sent; returns its id. Raises StoreError."""
        with self._pen.transaction():
            return canaries.issue(self._pen, canary)

    def issued_canary(self, sha256: str) -> canaries.Canary | None:
        """The canary with exactly these bytes. Raises StoreError."""
        return canaries.issued(self._pen.connection, sha256)

    def see_canary(self, id: int, sighting: canaries.Sighting) -> canaries.Canary:
        """Write down that a canary was seen. Raises StoreError when it was before."""
        with self._pen.transaction():
            return canaries.see(self._pen, id, sighting)

    def end_canary(self, id: int, outcome: str, reason: str = "") -> canaries.Canary:
        """Say what became of a canary, unless it is said. Raises StoreError."""
        with self._pen.transaction():
            return canaries.end(self._pen, id, outcome, reason)

    def plan_canaries(self, when: float | None) -> None:
        """Note when the next canaries are due, or that none are. Raises StoreError."""
        with self._pen.transaction():
            canaries.plan(self._pen.connection, when)

    def learn(self) -> bool:
        """Let the database learn what it holds, while it is written; says whether there was much new.

        A matter of milliseconds, for which writers wait. Raises StoreError.
        """
        with self._pen.transaction():
            return statistics.learn(self._pen.connection, at_least=statistics.FIRST_WHILE_OPEN)

    def scan_under(self, generation: str, *, what: str = "rules") -> int:
        """Say under which rules (or whatever else, by `what`) files are scanned from now on; returns how many were
        under others.

        Those are taken out of the ledger in the same transaction, so that each is found and scanned once more.
        """
        with self._pen.transaction():
            execute = self._pen.connection.execute
            before = execute("SELECT value FROM meta WHERE name = ?", [what]).fetchone()
            if before is not None and before[0] == generation:
                return 0
            execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [what, stored(generation)])
            return int(execute("DELETE FROM ledger").rowcount)

    def _take_key(self) -> None:
        """Sign heads with the store's key; that a key is new is itself an act."""
        key = heads.key_of(
            self._pen.transaction, self.folder, notes.origin_of(self._pen.log.agent, self._pen.log.epoch)
        )
        self._pen.heads = heads.Heads(self._pen.connection, key, clock=self._pen.clock)
        vkey = self._pen.heads.verifier
        execute = self._pen.connection.execute
        sql = "SELECT 1 FROM acts WHERE about = 'store' AND action = 'signing key' AND detail = ?"
        if execute(sql, [vkey]).fetchone() is None:
            with self._pen.transaction():
                if execute(sql, [vkey]).fetchone() is None:
                    self._pen.note("signing key", "store", vkey)
