"""What is made from the log, made from entries as they stand: for logs of other machines, and to make it all anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from forensics.store import canaries, cases, grouping, index, states, subjects, suppressions
from forensics.store.packing import Packed, unpacked
from forensics.store.pen import Pen
from forensics.store.shapes import ACT, named

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
                self._observation(id, log, unpacked(values))
            elif shape == "C1":
                self._act(log, seq, named(ACT, values))
        except (msgspec.DecodeError, LookupError, TypeError, ValueError, AttributeError):
            return

    def finish(self) -> None:
        """Index what was taken."""
        index.add(self._pen.connection, self._documents)
        self._documents.clear()

    def _observation(self, id: int, log: int, packed: Packed) -> None:
        seen, alert = packed.observation, packed.alert
        document = index.document(id, packed)
        is_alert = alert is not None and self._alert(id, log, seen["recorded"], packed, alert)
        self._pen.observed(id, seen, alert["severity"] if alert is not None and is_alert else None)
        self._documents.append(document)

    def _alert(self, entry: int, log: int, recorded: float, packed: Packed, alert: Mapping[str, Any]) -> bool:
        """Make the alert of an entry; False where the one that began its incident is of no log that is here."""
        founder = self._founder(log, alert["incident"])
        if founder is None:
            return False
        sql = "SELECT id FROM incidents WHERE log = ? AND seq = ?"
        row = self._pen.connection.execute(sql, founder).fetchone()
        if row is None:
            incident = grouping.start(self._pen, packed, dict(alert), log=founder[0], seq=founder[1]).id
        else:
            incident = grouping.join(self._pen, row["id"], packed, dict(alert)).id
        new = {"state": "new", "owner": "", "reason": "", "note": "", "state_time": recorded}
        said = {name: alert[name] for name in ("severity", "title")}
        self._pen.add("alerts", {"entry": entry, "incident": incident, **said, **new})
        return True

    def _founder(self, log: int, reference: int | str) -> tuple[int, int] | None:
        """Log and number of the entry that began an incident, as an entry of `log` refers to it."""
        return (log, reference) if isinstance(reference, int) else self._entry(reference)

    def _act(self, log: int, seq: int, act: dict[str, Any]) -> None:
        """A decision, or alerts that were put into other incidents: the last one stands."""
        if act["action"] in suppressions.ACTIONS:
            suppressions.take(self._pen.connection, log, seq, act)
        if act["action"] in canaries.ACTIONS:
            canaries.take(self._pen.connection, log, seq, act)
        if isinstance(act["facts"].get(cases.FACTS), dict):
            cases.take(self._pen.connection, self._pen.full_name(log, seq), act)
        moves = act["facts"].get("moves")
        if isinstance(moves, list):
            self._move(log, seq, moves)
        state = act["facts"].get("state")
        about = str(act["about"])
        id = subjects.find(self._pen.connection, about)
        if isinstance(state, dict) and state.keys() >= _STATE and id is not None:
            states.write(self._pen.connection, {"A": "alerts", "I": "incidents"}[about[0]], id, state, act["time"])

    def _move(self, log: int, seq: int, moves: list[list[str]]) -> None:
        """Put alerts where an act says; an incident that the act itself began is made."""
        wanted: dict[int, tuple[str, int | None]] = {}
        for alert, _, to in moves:
            id = subjects.find(self._pen.connection, alert)
            if id is not None:
                wanted[id] = (to, subjects.find(self._pen.connection, to))
        new = [id for id, (to, incident) in wanted.items() if incident is None and self._entry(to[2:]) == (log, seq)]
        begun = grouping.begin(self._pen, new[0], log=log, seq=seq) if new else None
        targets = {id: incident if incident is not None else begun for id, (_, incident) in wanted.items()}
        grouping.put(self._pen, {id: incident for id, incident in targets.items() if incident is not None})

    def _entry(self, name: str) -> tuple[int, int] | None:
        """Log and number of what is named `agent:epoch:seq`, when its log is here."""
        agent, epoch, seq = name.split(":")
        sql = "SELECT id FROM logs WHERE agent = ? AND epoch = ?"
        row = self._pen.connection.execute(sql, (agent, int(epoch))).fetchone()
        return None if row is None else (row["id"], int(seq))
