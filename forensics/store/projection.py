"""What is made from the log, made from entries as they stand: for logs of other machines, and to make it all anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from forensics.store import grouping, index, states
from forensics.store.packing import Packed
from forensics.store.pen import Pen
from forensics.store.shapes import ACT, ALERT, ARTIFACT, MATCH, OBSERVATION, named

_STATE = frozenset({"state", "owner", "reason", "note"})


class Projection:
    """Takes entries in the order of their logs, inside a transaction of the pen."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self._documents: list[index.Document] = []

    def take(self, *, id: int, log: int, seq: int, body: str) -> None:
        """Make what follows from one entry. A body of no known shape makes nothing; custody tells of it."""
        try:
            values = msgspec.json.decode(body)
            shape = values[0]
            if shape == "O1":
                self._observation(id, log, seq, named(OBSERVATION, values))
            elif shape == "C1":
                self._act(named(ACT, values))
        except (msgspec.DecodeError, LookupError, TypeError, ValueError, AttributeError):
            return

    def finish(self) -> None:
        """Index what was taken."""
        index.add(self._pen.connection, self._documents)
        self._documents.clear()

    def _observation(self, id: int, log: int, seq: int, seen: dict[str, Any]) -> None:
        packed = Packed(
            observation=seen,
            artifacts=tuple(named(ARTIFACT, each) for each in seen["artifacts"]),
            matches=tuple(named(MATCH, each) for each in seen["matches"]),
            alert=named(ALERT, seen["alert"]) if seen["alert"] else None,
            items=tuple(seen["items"]),
        )
        document = index.document(
            id, observation=seen, artifacts=packed.artifacts, matches=packed.matches, alert=packed.alert
        )
        self._pen.span(id, seen["time"])
        if packed.alert is not None:
            self._alert(id, log, seen["recorded"], packed, packed.alert)
        self._documents.append(document)

    def _alert(self, entry: int, log: int, recorded: float, packed: Packed, alert: Mapping[str, Any]) -> None:
        founder = self._founder(log, alert["incident"])
        if founder is None:
            return
        sql = "SELECT id FROM incidents WHERE log = ? AND seq = ?"
        row = self._pen.connection.execute(sql, founder).fetchone()
        if row is None:
            incident = grouping.start(self._pen, packed, dict(alert), log=founder[0], seq=founder[1]).id
        else:
            incident = grouping.join(self._pen, row["id"], packed, dict(alert)).id
        new = {"state": "new", "owner": "", "reason": "", "note": "", "state_time": recorded}
        said = {name: alert[name] for name in ("severity", "title")}
        self._pen.add("alerts", {"entry": entry, "incident": incident, **said, **new})

    def _founder(self, log: int, reference: int | str) -> tuple[int, int] | None:
        """Log and number of the entry that began an incident, as an entry of `log` refers to it."""
        return (log, reference) if isinstance(reference, int) else self._entry(reference)

    def _act(self, act: dict[str, Any]) -> None:
        """A decision: the last one about an alert or incident stands."""
        state = act["facts"].get("state")
        letter, _, name = str(act["about"]).partition(":")
        if not isinstance(state, dict) or state.keys() < _STATE or letter not in ("A", "I"):
            return
        place = self._entry(name)
        if place is None:
            return
        table, sql = {
            "A": ("alerts", "SELECT a.id FROM alerts a JOIN entries e ON e.id = a.entry WHERE e.log = ? AND e.seq = ?"),
            "I": ("incidents", "SELECT id FROM incidents WHERE log = ? AND seq = ?"),
        }[letter]
        row = self._pen.connection.execute(sql, place).fetchone()
        if row is not None:
            states.write(self._pen.connection, table, row["id"], state, act["time"])

    def _entry(self, name: str) -> tuple[int, int] | None:
        """Log and number of what is named `agent:epoch:seq`, when its log is here."""
        agent, epoch, seq = name.split(":")
        sql = "SELECT id FROM logs WHERE agent = ? AND epoch = ?"
        row = self._pen.connection.execute(sql, (agent, int(epoch))).fetchone()
        return None if row is None else (row["id"], int(seq))
