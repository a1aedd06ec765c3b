"""The settled-file rule, on a clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from forensics.sensors.files.settle import GONE_GRACE_S, Look, Patience, SettleTable
from forensics.sensors.files.settled import Method, Stamp

PATIENCE = Patience(quiet_after_close_s=0.15, quiet_after_scan_s=2.0, writer_patience_s=10.0, overdue_s=60.0)


def stamp(size: int, *, inode: int = 1) -> Stamp:
    return Stamp(1, inode, size, size, size)


def watch(
    table: SettleTable,
    path: str,
    seen: Callable[[float], Stamp | None],
    *,
    has_writer: Callable[[float], bool] = lambda _: False,
    until: float = 300.0,
) -> tuple[Look, float]:
    """Look whenever a look is due until the file is judged; the verdict and when it fell."""
    now = 0.0
    while now < until:
        for each in table.due(now, 10):
            verdict = table.look(each, seen(now), now, has_writer=partial(has_writer, now))
            if each == path and verdict is not Look.WAIT:
                return verdict, now
        due = table.next_due()
        now = max(due, now + 0.001) if due is not None else until
    return Look.WAIT, now


def test_a_closed_file_at_rest_settles_after_a_short_quiet() -> None:
    table = SettleTable(PATIENCE)
    table.note("a", Method.CLOSED, stamp(5), 0.0)
    verdict, now = watch(table, "a", lambda _: stamp(5))
    assert verdict is Look.SETTLED
    assert 0.15 <= now < 0.2
    assert len(table) == 0


def test_a_file_that_merely_appeared_is_given_two_seconds() -> None:
    table = SettleTable(PATIENCE)
    table.note("a", Method.CREATED, stamp(5), 0.0)
    verdict, now = watch(table, "a", lambda _: stamp(5))
    assert verdict is Look.SETTLED
    assert 2.0 <= now < 2.1


def test_a_close_shortens_the_wait_of_a_file_that_appeared() -> None:
    table = SettleTable(PATIENCE)
    table.note("a", Method.CREATED, stamp(0), 0.0)
    table.note("a", Method.CLOSED, stamp(5), 0.0)
    verdict, now = watch(table, "a", lambda _: stamp(5))
    assert (verdict, round(now, 2)) == (Look.SETTLED, 0.15)


def test_a_growing_file_stays_pending_until_it_rests() -> None:
    table = SettleTable(PATIENCE)
    table.note("a", Method.CREATED, stamp(0), 0.0)
    verdict, now = watch(table, "a", lambda now: stamp(int(min(now, 20.0) * 1000)))
    assert verdict is Look.SETTLED
    assert now >= 20.0 + 2.0 - 0.01


def test_a_file_that_never_rests_is_taken_all_the_same() -> None:
    table = SettleTable(PATIENCE)
    table.note("a", Method.CLOSED, stamp(0), 0.0)
    verdict, now = watch(table, "a", lambda now: stamp(int(now * 1000)))
    assert verdict is Look.STILL_CHANGING
    assert 60.0 <= now < 70.0


def test_an_open_writer_delays_but_does_not_hide() -> None:
    table = SettleTable(PATIENCE)
    table.note("a", Method.CLOSED, stamp(3), 0.0)
    verdict, now = watch(table, "a", lambda _: stamp(3), has_writer=lambda now: now < 4.0)
    assert verdict is Look.SETTLED
    assert 4.0 <= now < 7.0
    table.note("a", Method.CLOSED, stamp(3), 0.0)
    verdict, now = watch(table, "a", lambda _: stamp(3), has_writer=lambda _: True)
    assert verdict is Look.STILL_OPEN
    assert 10.0 <= now < 13.0


def test_a_missing_file_vanishes_only_after_a_rename_would_have_been_told() -> None:
    table = SettleTable(PATIENCE)
    table.note("a", Method.CLOSED, None, 0.0)
    verdict, now = watch(table, "a", lambda _: None)
    assert verdict is Look.VANISHED
    assert now >= GONE_GRACE_S


def test_a_removed_name_vanishes_at_once() -> None:
    table = SettleTable(PATIENCE)
    table.note("a", Method.CLOSED, stamp(7), 0.0)
    table.remove("a", 0.05)
    assert watch(table, "a", lambda _: None) == (Look.VANISHED, 0.05)


def test_a_rename_is_followed() -> None:
    table = SettleTable(PATIENCE)
    table.note("a.tmp", Method.CLOSED, stamp(7), 0.0)
    table.rename("a.tmp", "a", stamp(7), 0.1)
    assert "a.tmp" not in table
    assert watch(table, "a", lambda _: stamp(7))[0] is Look.SETTLED
    assert len(table) == 0


def test_same_size_rewrite_with_restored_time_is_a_change() -> None:
    table = SettleTable(PATIENCE)
    first, second = Stamp(1, 1, 9, 100, 100), Stamp(1, 1, 9, 100, 200)
    table.note("a", Method.CLOSED, first, 0.0)
    _, now = watch(table, "a", lambda now: first if now < 0.1 else second)
    assert now >= 0.25


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6), st.floats(0.0, 0.5)), max_size=60))
def test_every_noticed_file_is_judged_whatever_the_order_of_hints(acts: list[tuple[int, int, float]]) -> None:
    table = SettleTable(PATIENCE)
    now = 0.0
    for path, act, pause in acts:
        now += pause
        name = f"f{path}"
        if act <= 2:
            table.note(name, (Method.CLOSED, Method.CREATED, Method.FOUND)[act], stamp(act), now)
        elif act == 3:
            table.rename(name, f"f{(path + 1) % 5}", stamp(3), now)
        elif act == 4:
            table.remove(name, now)
        else:
            for due in table.due(now, 3):
                table.look(due, stamp(path), now, has_writer=lambda: False)
    for _ in range(1000):
        if not len(table):
            break
        now += 0.5
        for due in table.due(now, 100):
            table.look(due, stamp(1), now, has_writer=lambda: False)
    assert len(table) == 0


def test_a_file_never_looked_at_settles_at_one_look_that_shows_it_has_rested() -> None:
    table = SettleTable(PATIENCE)
    table.note("a", Method.CLOSED, None, 0.0)
    assert table.due(0.15, 10) == ["a"]
    assert table.look("a", stamp(3), 0.15, rested_s=0.1, has_writer=lambda: False) is Look.WAIT
    assert table.due(0.3, 10) == ["a"]
    assert table.look("a", stamp(4), 0.3, rested_s=0.15, has_writer=lambda: True) is Look.WAIT
    assert table.look("a", stamp(4), 0.5, rested_s=0.35, has_writer=lambda: False) is Look.SETTLED


def test_how_long_a_file_has_rested_is_not_believed_where_times_are_whole_seconds_or_to_come() -> None:
    assert Stamp(1, 1, 1, 0, 5_500_000_000).rested_s(7.0) == 1.5
    assert Stamp(1, 1, 1, 0, 5_500_000_000).rested_s(5.0) == 0.0
    assert Stamp(1, 1, 1, 0, 4_000_000_000).rested_s(7.0) == 0.0
