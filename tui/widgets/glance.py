"""A few lines about the row under the cursor, where the terminal is tall enough."""

from __future__ import annotations

from collections.abc import Callable

from textual.widgets import Static

from forensics.store.rows import AlertRow, IncidentRow
from tui import wording
from tui.formatting import EMPTY, Line, Safe, line, lines, safe
from tui.sections.log import fact

Selected = AlertRow | IncidentRow | None


class Glance(Static):
    """Spells out one alert or incident: when, who, from where, where to, why."""

    DEFAULT_CSS = """
    Glance { height: 8; padding: 0 2; border-top: solid $rule; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now

    def show(self, row: Selected) -> None:
        """Spell out this row."""
        if row is None:
            self.update(EMPTY, layout=False)
        else:
            rows = self._alert(row) if isinstance(row, AlertRow) else self._incident(row)
            self.update(lines(lead + text for lead, text in rows), layout=False)

    def _alert(self, row: AlertRow) -> list[Line]:
        actor = Safe(f"{wording.person(row.user, row.host)}{f', {safe(row.process)}' if row.process else ''}")
        return [
            line((safe(row.title), "bold"), (Safe(f"   alert A{row.id} of incident I{row.incident_id}"), "$quiet")),
            fact("when", Safe(f"{wording.moment(row.time)}, {wording.ago(self._now() - row.time)}")),
            fact("who", actor),
            fact("from", wording.place(row.source) or safe(row.name)),
            fact("to", wording.place(row.destination)),
            fact("about", wording.items(row.items)),
            fact("why", safe(row.reason)),
        ]

    def _incident(self, row: IncidentRow) -> list[Line]:
        since = Safe(f"{wording.moment(row.first_time)} to {wording.clock(row.last_time)}")
        return [
            line((safe(row.title), "bold"), (Safe(f"   incident I{row.id}"), "$quiet")),
            fact("when", since if row.first_time != row.last_time else wording.moment(row.last_time)),
            fact("who", wording.person(row.user, row.host)),
            fact("ways", Safe(", ".join(wording.channel(name) for name in row.channels))),
            fact("about", wording.items(row.items)),
            fact("holds", wording.amount(row.alert_count, "alert")),
        ]
