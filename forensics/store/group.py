"""One transaction of recording: observations with what was found in them, gaps, custody entries, files done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from forensics.content import Content
from forensics.errors import StoreError
from forensics.model import Analysis, CustodyEntry, Gap, Match, Observation, Opaque, Severity, Verdict
from forensics.store import features, grouping, index
from forensics.store.blobs import Blobs, NotKeptError
from forensics.store.grouping import Grouper
from forensics.store.lean import lean
from forensics.store.log import Entry, KnownError, key_of
from forensics.store.packing import MAX_ITEMS, Packed, items_of, pack, worst_outcome
from forensics.store.pen import Pen
from forensics.store.people import without
from forensics.store.room import Step
from forensics.store.rows import LedgerRow, Recorded
from forensics.store.shapes import OPAQUE, packed, trimmed
from forensics.store.texts import restored, stored, stored_count, stored_integer, stored_time

_HOUR_S = 3600
_GAP_IDENTITY = ("start", "end", "sensor", "channel", "cause", "detail")
PROTECTED = "protected:"
"""How the channel of a tally begins that counts what went a protected way."""
_NAMED = ("item:", "package:")
"""How the items begin that say what was recognised, not in which bytes."""


class Group:
    """What is recorded through it is stored together or not at all; made by `Store.group`."""

    def __init__(self, pen: Pen, blobs: Blobs, step: Step = Step.ALL) -> None:
        """`step` says what is left out while the disk fills."""
        self._pen = pen
        self._step = step
        self.lean = 0
        """How many observations were recorded without all that belongs to them."""
        self._blobs = blobs
        self._documents: list[index.Document] = []
        self._counted: dict[tuple[int, str, str], tuple[int, int]] = {}

    def finish(self) -> None:
        """Index what was recorded and write the tallies; `Store.group` calls it before the transaction ends."""
        self._pen.check()
        index.add(self._pen.connection, self._documents)
        self._documents.clear()
        self._pen.connection.executemany(
            "INSERT INTO tallies VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET objects = objects + excluded.objects, bytes = bytes + excluded.bytes",
            [(*tally, *counts) for tally, counts in self._counted.items()],
        )
        self._counted.clear()

    def record(
        self,
        analysis: Analysis,
        verdict: Verdict,
        *,
        grouper: Grouper,
        kept: Mapping[str, Content] | None = None,
        ledger: LedgerRow | None = None,
    ) -> Recorded:
        """Record an analysis once: an alert, or a sighting when something matched, otherwise only a tally.

        An observation already stored under the same key is left as it is, and its ids are returned; only what alerts
        now and did not, or names clips or packages it did not name (something was registered since), is recorded
        again, beside it. `kept` is content to keep, by digest: what cannot be kept (a full disk) becomes a Gap and the
        rest is recorded. `ledger` marks the file as done. `grouper` is asked only for alerts. Raises StoreError; what
        this call wrote is then undone, what the group held before is not.
        """
        is_several = verdict.is_alert or ledger is not None or bool(kept) or bool(analysis.features)
        with self._pen.step() if is_several else nullcontext():
            if ledger is not None:
                self.remember(ledger, key=analysis.observation.key)
            recorded = self._recorded(analysis, verdict, grouper, kept or {})
            if analysis.features:
                features.keep(self._pen, analysis, recorded.observation_id)
            return recorded

    def _recorded(
        self, analysis: Analysis, verdict: Verdict, grouper: Grouper, kept: Mapping[str, Content]
    ) -> Recorded:
        """Record what raises no alert as a sighting, and an alert once."""
        if not verdict.is_alert:
            return self._sighting(analysis, verdict, grouper, kept)
        known = self._known(analysis.observation)
        while known is not None and (mark := self._news(known, verdict, analysis.matches)):
            analysis = replace(analysis, observation=_beside(analysis.observation, mark))
            known = self._known(analysis.observation)
        if known is not None:
            return known
        recorded = self._keep(analysis, verdict, grouper, kept)
        self._tally(analysis)
        return recorded

    def _sighting(
        self, analysis: Analysis, verdict: Verdict, grouper: Grouper, kept: Mapping[str, Content]
    ) -> Recorded:
        """Record what raises no alert: an entry when something matched or came back, a tally in any case."""
        self._pen.check()
        recorded: Recorded | None = Recorded(observation_id=None, alert_id=None, incident_id=None, is_new=True)
        if verdict.suppressed or verdict.returned[0] or any(match.accepted for match in analysis.matches):
            try:
                recorded = self._keep(analysis, verdict, grouper, kept)
            except KnownError:
                recorded = self._known(analysis.observation)
        elif known := self._known(analysis.observation):
            return known
        if recorded is None:
            raise StoreError("an entry that was there is gone")
        if recorded.is_new:
            self._tally(analysis)
        return recorded

    def gap(self, gap: Gap) -> int:
        """Record an interval a sensor could not see; returns its id. The same gap again is the same entry."""
        with self._pen.step():
            values = _gap_values(gap)
            values["detail"] = self._pen.people.hidden(values["detail"])
            key = key_of("G", packed([values[name] for name in _GAP_IDENTITY]))
            known = self._pen.known(key)
            if known is not None:
                return known
            body = ["G1", stored_time(self._pen.clock()), *values.values()]
            return self._pen.append(body, key=key).id

    def opaque(self, found: Opaque, *, is_named: bool) -> None:
        """Record a connection that was not read, once; one that is not named is only counted."""
        with self._pen.step():
            values = _opaque_values(found)
            key = key_of("Q", values["flow"])
            if self._pen.known(key) is not None:
                return
            if not is_named:
                self._count(found.end, found.protocol or "unknown", "encrypted", found.up + found.down)
                return
            names = self._pen.people.hide(values)
            values["facts"] = {name: without(value, names) for name, value in values["facts"].items()}
            self._pen.append(trimmed(OPAQUE, ["Q1", stored_time(self._pen.clock()), *values.values()]), key=key)

    def spared(self, name: str, month: int) -> None:
        """Count what went a protected way and was not looked at; `month` is when its month began (Unix seconds)."""
        with self._pen.step():
            self._count(month, f"{PROTECTED}{name}", PROTECTED.rstrip(":"), 0)

    def custody(self, entry: CustodyEntry) -> None:
        """Add an act of a person to the log: a read, an export, a note."""
        with self._pen.step():
            self._pen.act(entry)

    def remember(self, row: LedgerRow, *, key: str = "") -> None:
        """Mark a file as read, so that it is not read again while its numbers stay the same."""
        values = (
            stored(row.root),
            stored(row.path),
            stored_integer(row.dev),
            stored_integer(row.ino),
            *(stored_count(number) for number in (row.size, row.mtime_ns, row.ctime_ns)),
            stored(key),
        )
        self._pen.check()
        self._pen.connection.execute("INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def forget(self, root: str, path: str) -> None:
        """Take a file that is gone out of the ledger."""
        self._pen.check()
        self._pen.connection.execute("DELETE FROM ledger WHERE root = ? AND path = ?", (stored(root), stored(path)))

    def _known(self, observation: Observation) -> Recorded | None:
        id = self._pen.known(key_of("O", stored(observation.key)))
        if id is None:
            return None
        row = self._pen.connection.execute("SELECT id, incident FROM alerts WHERE entry = ?", [id]).fetchone()
        alert, incident = (row["id"], row["incident"]) if row is not None else (None, None)
        return Recorded(observation_id=id, alert_id=alert, incident_id=incident, is_new=False)

    def _news(self, known: Recorded, verdict: Verdict, matches: Sequence[Match]) -> str:
        """What tells an alert from what was stored of the same act; empty when it says nothing new.

        News is what was not recognised then, and a rule that did not match then and is no less severe than that alert.
        """
        if known.alert_id is None:
            return "alert"
        execute = self._pen.connection.execute
        row = execute("SELECT items, severity FROM observations WHERE id = ?", [known.observation_id]).fetchone()
        before, least = json.loads(row["items"]), Severity(row["severity"]).rank
        sql = "SELECT rule FROM matches WHERE observation = ? AND accepted"
        rules = {restored(found["rule"]) for found in execute(sql, [known.observation_id])}
        new = sorted(item for item in set(items_of(verdict)).difference(before) if item.startswith(_NAMED))
        grave = {match.rule for match in matches if match.accepted and match.severity.rank >= least}
        new += sorted(f"rule:{rule}" for rule in grave - rules)
        return hashlib.sha256("\0".join(new).encode()).hexdigest()[:16] if new and len(before) < MAX_ITEMS else ""

    def _keep(self, analysis: Analysis, verdict: Verdict, grouper: Grouper, kept: Mapping[str, Content]) -> Recorded:
        pen = self._pen
        whole = pack(analysis, verdict, recorded=pen.clock())
        found = lean(whole, self._step)
        self.lean += found is not whole
        found.rename(pen.people.hide(found.observation))
        versions = pen.versions(analysis.versions)
        digests = self._content(analysis.observation, kept)
        incident = self._incident(found, analysis.observation, verdict, grouper)
        number = pen.reference(incident.log, incident.seq) if incident is not None else 0
        key = key_of("O", stored(analysis.observation.key))
        entry = pen.append(found.body(versions=versions, incident=number, kept=digests), key=key)
        pen.observed(entry.id, found.observation, found.alert["severity"] if found.alert is not None else None)
        self._documents.append(index.document(entry.id, found))
        if incident is None:
            return Recorded(observation_id=entry.id, alert_id=None, incident_id=None, is_new=True)
        alert = self._alert(entry, incident.id, found)
        return Recorded(observation_id=entry.id, alert_id=alert, incident_id=incident.id, is_new=True)

    def _incident(
        self, found: Packed, seen: Observation, verdict: Verdict, grouper: Grouper
    ) -> grouping.Incident | None:
        """The incident that an alert joins or begins; None without an alert."""
        if found.alert is None:
            return None
        offered = grouping.candidates(self._pen, found)
        subject = replace(seen.subject, user=restored(found.observation["user"]))
        chosen = grouper(verdict, replace(seen, subject=subject), offered)
        if chosen is None:
            next_seq = self._pen.log.head.size + 1
            return grouping.start(self._pen, found, found.alert, log=self._pen.log.id, seq=next_seq)
        if chosen not in {key.id for key in offered}:
            raise StoreError(f"incident I{chosen} was chosen, but was not offered")
        return grouping.join(self._pen, chosen, found, found.alert)

    def _alert(self, entry: Entry, incident: int, found: Packed) -> int:
        new = {"state": "new", "owner": "", "reason": "", "note": "", "state_time": self._pen.clock()}
        return self._pen.add("alerts", {"entry": entry.id, "incident": incident, **(found.alert or {}), **new})

    def _content(self, seen: Observation, kept: Mapping[str, Content]) -> list[str]:
        digests = []
        for content in kept.values():
            try:
                path = self._blobs.put(content)
            except NotKeptError as error:
                self._shed(seen, content, str(error))
                continue
            values = (content.sha256, content.size, path, self._pen.clock())
            self._pen.connection.execute("INSERT OR IGNORE INTO content VALUES (?, ?, ?, ?)", values)
            digests.append(content.sha256)
        return sorted(digests)

    def _shed(self, seen: Observation, content: Content, cause: str) -> None:
        gap = Gap(
            sensor="store",
            channel=seen.channel,
            start=seen.time,
            end=seen.time,
            cause=f"content not kept: {cause}",
            size=content.size,
            detail=f"sha256 {content.sha256}",
        )
        self.gap(gap)

    def _tally(self, analysis: Analysis) -> None:
        seen = analysis.observation
        self._count(seen.time, seen.channel, worst_outcome(analysis.outcomes).value, seen.content.size)

    def _count(self, time: float, channel: str, outcome: str, size: int) -> None:
        """One more in the tally of its hour, which is written with the others of the group."""
        hour = int(stored_time(time) // _HOUR_S) * _HOUR_S
        tally = (hour, stored(channel, 100), outcome)
        objects, total = self._counted.get(tally, (0, 0))
        self._counted[tally] = (objects + 1, stored_count(total + stored_count(size)))


def _beside(seen: Observation, mark: str) -> Observation:
    """The same act under another key, beside what was stored of it: evidence is only ever added to."""
    return replace(seen, key=f"{seen.key}+{mark}")


def _opaque_values(found: Opaque) -> dict[str, Any]:
    subject = found.subject
    return {
        "flow": stored(found.flow),
        "start": stored_time(found.start),
        "end": stored_time(found.end),
        "protocol": stored(found.protocol, 100),
        "name": stored(found.name, 1000),
        "source": stored(found.source, 200),
        "destination": stored(found.destination, 200),
        "up": stored_count(found.up),
        "down": stored_count(found.down),
        "host": stored(subject.host),
        "user": stored(subject.user),
        "process": stored(subject.process),
        "pid": stored_integer(subject.pid),
        "method": stored(subject.method, 100),
        "facts": {stored(name, 100): stored(value, 1000) for name, value in found.facts.items()},
    }


def _gap_values(gap: Gap) -> dict[str, Any]:
    return {
        "sensor": stored(gap.sensor, 500),
        "channel": stored(gap.channel, 100),
        "start": stored_time(gap.start),
        "end": stored_time(gap.end),
        "cause": stored(gap.cause, 1000),
        "size": stored_count(gap.size),
        "unit": stored(gap.unit, 100),
        "detail": stored(gap.detail),
    }
