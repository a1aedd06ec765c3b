"""Which screen opens what is under the timeline's cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.app import App

from forensics.reports.lanes import Lane
from forensics.store.rows import SearchHit
from tui.desk import Desk
from tui.screens.detail import DetailScreen
from tui.screens.search import SearchScreen
from tui.screens.sighting import SightingScreen


def enter(app: App[Any], desk: Desk, lane: Lane, rows: Sequence[SearchHit], query: str) -> None:
    """The alert, with those of the same step as its neighbours; the sighting; the search for several; the sensors.

    `query` finds what lies there.
    """
    if lane.kind == "gap":
        app.switch_mode("sensors")
    elif lane.kind == "alert" and rows:
        app.push_screen(DetailScreen(desk, rows[0].id, [row.id for row in rows]))
    elif len(rows) == 1 and rows[0].kind != "alert":
        app.push_screen(SightingScreen(desk, rows[0].id))
    elif rows:
        app.switch_mode("search")
        if isinstance(app.screen, SearchScreen):
            app.screen.begin(query)
