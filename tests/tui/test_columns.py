"""Rows of lists: any text, any width, exactly one line of that width."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from forensics.model import AlertState, Severity
from forensics.store.rows import AlertRow, IncidentRow, SearchHit
from forensics.text_safety import has_hidden
from tests.tui.night_shift import NOW
from tui.columns import AlertColumns, HitColumns, IncidentColumns
from tui.widgets.row_list import Cell

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
WIDTHS = st.integers(50, 200)
ALERT = AlertRow(
    id=1,
    incident_id=1,
    time=NOW - 60,
    severity=Severity.HIGH,
    title="Clip C-001 by HTTP",
    reason="",
    state=AlertState.NEW,
    owner="",
    channel="http",
    name="a.wav",
    host="ws-1",
    user="rv17",
    process="curl",
    source="",
    destination="http://drop.example:8080/in/a.wav",
    items=("item:C-001",),
)
INCIDENT = IncidentRow(
    id=1,
    latest_alert=1,
    title="Clip C-001 by HTTP",
    severity=Severity.HIGH,
    state=AlertState.CLOSED,
    owner="lee",
    alert_count=1234,
    first_time=NOW,
    last_time=NOW,
    host="ws-1",
    user="",
    items=(),
    channels=("removable", "http", "smtp", "ftp"),
)
HIT = SearchHit(
    kind="sighting",
    id=1,
    time=NOW,
    severity=Severity.INFO,
    channel="http",
    title="",
    name="a.wav",
    snippet="found here",
)


def text_of(cells: list[Cell]) -> str:
    return "".join(text for text, _ in cells)


@given(ANY_TEXT, WIDTHS)
def test_alerts_are_one_harmless_line(text: str, width: int) -> None:
    row = replace(ALERT, title=text, name=text, user=text, host=text, channel=text, destination=f"http://{text}/{text}")
    shown = text_of(list(AlertColumns(lambda: NOW).cells(row, width)))
    assert cell_len(shown) <= width
    assert not has_hidden(shown)


@given(ANY_TEXT, WIDTHS)
def test_incidents_are_one_harmless_line(text: str, width: int) -> None:
    row = replace(INCIDENT, title=text, user=text, channels=(text, "http", text))
    shown = text_of(list(IncidentColumns(lambda: NOW).cells(row, width)))
    assert cell_len(shown) <= width
    assert not has_hidden(shown)


@given(ANY_TEXT, WIDTHS, st.sampled_from(["alert", "sighting"]))
def test_hits_are_one_harmless_line(text: str, width: int, kind: str) -> None:
    row = replace(HIT, kind=kind, title=text, name=text, snippet=text)
    shown = text_of(list(HitColumns(lambda: NOW).cells(row, width)))
    assert cell_len(shown) <= width
    assert not has_hidden(shown)


def test_an_alert_says_what_left_and_where_to() -> None:
    shown = text_of(list(AlertColumns(lambda: NOW).cells(ALERT, 119)))
    assert "Clip C-001 by HTTP  → drop.example:8080/in/a.wav" in shown
    assert shown.startswith(" H  1m   new            http      rv17@ws-1 ")


def test_at_eighty_columns_an_incident_has_room_for_its_title_and_marks_a_cut() -> None:
    columns = IncidentColumns(lambda: NOW)
    title = "backup.7z left unread (encrypted) to a cloud-sync folder"
    for width, room in ((78, 49), (79, 50), (109, 56)):
        shown = text_of(list(columns.cells(replace(INCIDENT, title=title, user="rv17"), width)))
        head = text_of(list(columns.head(width)))
        what = shown[head.index("WHAT LEFT") :].rstrip()
        assert what == title if len(title) <= room else what == title[: room - 1] + "…"
        assert len(what) >= 49
        assert ("CHANNEL" in head) == ("removable" in shown) == (width >= 90)
        assert head.index("WHO") == shown.index("rv17")


def test_severity_is_a_letter_and_titles_stand_over_their_columns() -> None:
    columns = AlertColumns(lambda: NOW)
    for width in (79, 119):
        head, row = text_of(list(columns.head(width))), text_of(list(columns.cells(ALERT, width)))
        assert head.index("WHAT LEFT") == row.index("Clip C-001")
        assert head.index("WHO") == row.index("rv17")
