"""Cases in the store: every step an act that `verify` holds the tables against, all of it or nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from forensics.database import open_writer
from forensics.errors import StoreError
from forensics.model import AlertState, Severity
from forensics.store import caseload, custody, personal, reader, schema
from forensics.store.casework import LONGEST
from forensics.store.tasks import Task
from forensics.store.writer import Store
from tests.store.made import NOW, analysis, before_waiting, called, latest, observation, verdict

ROOT = Path(__file__).resolve().parents[2]


class Clock:
    """Rises with every look; breaks at the look numbered `breaks_at`."""

    def __init__(self):
        self.looks = 0
        self.breaks_at = 0

    def __call__(self):
        self.looks += 1
        if self.looks == self.breaks_at:
            raise RuntimeError("in the middle")
        return NOW + self.looks / 1000


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with Store.open(tmp_path / "one", actor="desk", clock=clock) as opened:
        for number in range(4):
            record(opened, number)
        yield opened


def record(store, number):
    found = verdict(items=(f"item:{number // 2}",), severity=[Severity.LOW, Severity.HIGH][number // 2])
    with store.group() as group:
        group.record(analysis(observation(f"k{number}", time=NOW + number)), found, grouper=latest)


def asked(folder, question, *arguments, **more):
    connection = reader.open_reader(folder)
    try:
        assert custody.verify(connection) == []
        return question(connection, *arguments, **more)
    finally:
        connection.close()


def detail(store, id=1):
    return asked(store.folder, caseload.case, id)


def states(store):
    return {row.id: (row.state.value, row.owner) for row in asked(store.folder, reader.queue)}


def test_an_investigation_from_first_to_last(store):
    joined = store.cases.begin(
        "Clips on \x1b a stick", [("I", 1)], owner="desk", tasks=[Task(text="hold", due=NOW + 9)]
    )
    assert (joined.case, states(store)[1], states(store)[3]) == (1, ("acknowledged", "desk"), ("new", ""))
    assert store.cases.add(1, [("A", 3), ("I", 1), ("A", 3)]).members != ()
    assert store.cases.add(1, [("A", 3)]).members == (), "it is there already, and nothing is said of it"
    store.cases.note(1, "asked the vendor\nwho has the stick")
    task = store.cases.set_task(1, Task(text="call the officer", owner="anna"))
    found = detail(store)
    row = found.case
    assert (row.title, row.state, row.owner, row.severity) == ("Clips on \x1b a stick", "open", "desk", Severity.HIGH)
    assert (row.alerts, row.tasks, row.open_tasks, row.due_time, row.notes) == (3, 2, 2, NOW + 9, 1)
    assert ([each.id for each in found.alerts], found.incidents) == ([3, 2, 1], (1,))
    assert [(note.text, note.actor) for note in found.notes] == [("asked the vendor\nwho has the stick", "desk")]
    assert store.cases.turn_task(task, "done") == "open"
    assert store.cases.assign(1, "anna") == "desk"
    store.cases.close(1, "confirmed leak", "the stick was found")
    with pytest.raises(StoreError, match="case-1 is closed"):
        store.cases.add(1, [("A", 4)])
    closed = detail(store)
    assert (closed.case.state, closed.case.disposition) == ("closed", "confirmed leak")
    assert [each.state for each in closed.tasks] == ["open", "done"]
    assert [act.action for act in closed.custody] == [
        *("case opened", "case joined", "case note", "case task", "case task", "case owner", "case closed")
    ]
    assert asked(store.folder, caseload.listed, state="open") == ()
    store.cases.reopen(1, "another stick")
    assert detail(store).case.disposition == ""
    assert [row.id for row in asked(store.folder, caseload.listed, owner="anna")] == [1]
    assert [asked(store.folder, caseload.cases_of, name) for name in ("A3", "I1", "A4", "I2")] == [(1,), (1,), (), ()]


def test_a_case_begins_with_the_tasks_of_the_first_hour(store, clock):
    store.cases.begin("one", [("I", 1)])
    now = NOW + clock.looks / 1000
    tasks = detail(store).tasks
    assert [task.state for task in tasks] == ["open"] * 4
    assert [task.due_time for task in tasks[:3]] == [pytest.approx(now + 3600, abs=1)] * 3
    first = min(act.time for act in asked(store.folder, reader.log_page) if act.action == "record")
    assert tasks[3].due_time == first + 72 * 3600
    assert "article 33" in tasks[3].text


def test_what_is_merged_or_comes_later_stays_in_the_case_and_what_is_apart_can_leave(store):
    store.cases.begin("one", [("I", 2), ("A", 1)])
    store.merge_incidents(1, [2])
    assert [each.id for each in detail(store).alerts] == [4, 3, 1]
    store.cases.remove(1, [("A", 1)])
    with pytest.raises(StoreError, match="nothing of that is in case-1"):
        store.cases.remove(1, [("A", 1)])
    store.cases.begin("two", [("I", 1)])
    with store.group() as group:
        group.record(analysis(observation("new")), verdict(items=("item:0",)), grouper=latest)
    assert [each.id for each in detail(store, 2).alerts] == [5, 4, 3, 2, 1]
    assert asked(store.folder, caseload.cases_of, "A5") == (2,), "it came with its incident"
    with pytest.raises(StoreError, match="split it from that first"):
        store.cases.remove(2, [("A", 2)])


@pytest.mark.parametrize("is_whole", [True, False])
def test_an_escalation_is_taken_back(store, is_whole):
    store.set_alert_state(1, AlertState.ACKNOWLEDGED, owner="boris")
    before = states(store)
    if not is_whole:
        store.cases.begin("held already")
    joined = store.cases.begin("x", [("I", 1), ("A", 3)]) if is_whole else store.cases.add(1, [("I", 1), ("A", 3)])
    assert states(store)[1] == ("acknowledged", "boris"), "whose it was, it stays"
    assert states(store)[3] == ("acknowledged", "desk")
    store.cases.take_back(joined, is_whole=is_whole)
    found = detail(store)
    assert (states(store), found.alerts) == (before, ())
    assert (found.case.disposition == "opened by mistake") is is_whole


def test_all_of_a_step_or_nothing(store, clock):
    """Whenever the step breaks, nothing of it is there: neither alerts, nor tables, nor the log."""
    before = [(row.id, row.state) for row in asked(store.folder, reader.queue)]
    broken = 0
    for looks in range(1, 40):
        clock.breaks_at = clock.looks + looks
        try:
            store.cases.begin(f"case {looks}", [("I", 1), ("A", 3)], tasks=[Task(text="x")])
        except RuntimeError:
            broken += 1
            assert asked(store.folder, caseload.listed) == ()
            assert [(row.id, row.state) for row in asked(store.folder, reader.queue)] == before
        else:
            break
    clock.breaks_at = 0
    assert broken > 2
    assert detail(store).case.alerts == 3


def test_killed_in_mid_write_what_was_said_to_be_written_is(store):
    script = (
        "import sys; from pathlib import Path; from forensics.store.writer import Store\n"
        "store = Store.open(Path(sys.argv[1]), actor='child')\n"
        "store.cases.begin('killed', [('I', 2)])\n"
        "for number in range(10_000):\n"
        "    store.cases.note(1, str(number)); print(number, flush=True)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(store.folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    said = [int(child.stdout.readline()) for _ in range(30)]
    child.kill()
    rest, _ = child.communicate()
    said += [int(line) for line in rest[: rest.rfind("\n") + 1].split()]
    notes = [int(note.text) for note in detail(store).notes]
    assert notes == list(range(len(notes)))
    assert len(notes) - len(said) in (0, 1)


def test_what_cannot_be_is_refused_and_leaves_nothing(store):
    store.cases.begin("one")
    for wrong in (
        lambda: store.cases.begin(" "),
        lambda: store.cases.begin("x" * 501),
        lambda: store.cases.begin("x", [("A", 99)]),
        lambda: store.cases.add(9, [("A", 1)]),
        lambda: store.cases.note(1, " "),
        lambda: store.cases.note(1, "x" * (LONGEST + 1)),
        lambda: store.cases.set_task(1, Task(text="")),
        lambda: store.cases.turn_task(7, "done"),
        lambda: store.cases.close(1, "solved", "x"),
        lambda: store.cases.close(1, "authorised", ""),
        lambda: store.cases.reopen(1),
    ):
        with pytest.raises(StoreError):
            wrong()
    assert [row.title for row in asked(store.folder, caseload.listed)] == ["one"]
    assert len(detail(store).custody) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE cases SET title = 'another'",
        "UPDATE case_notes SET text = 'nothing was asked'",
        "DELETE FROM case_notes",
        "DELETE FROM case_members WHERE subject LIKE 'A:%'",
        "UPDATE case_tasks SET state = 'done'",
        "INSERT INTO cases (name, actor, made, changed) VALUES ('a:1:1', 'x', 0, 0)",
    ],
)
def test_a_change_without_an_act_is_found(store, change):
    store.cases.begin("one", [("A", 1)], tasks=[Task(text="hold")])
    store.cases.note(1, "asked the vendor")
    connection = open_writer(store.folder / schema.FILE_NAME)
    connection.execute(change)
    [found] = custody.verify(connection)
    assert found.subject.startswith("case-") or "case_task" in found.reason or ":" in found.subject
    connection.close()


def test_other_stores_take_them_over_in_whatever_order_they_come(store, tmp_path, clock):
    store.cases.begin("one", [("I", 1)], tasks=[Task(text="hold")])
    with Store.open(tmp_path / "two", actor="centre", clock=clock) as centre:
        list(centre.merge(store.folder))
        centre.cases.note(1, "seen at the centre")
        centre.cases.turn_task(1, "done")
        whole = detail(centre)
        assert [each.state for each in whole.tasks] == ["done"]
    with Store.open(tmp_path / "three", actor="court", clock=clock) as court:
        list(court.merge(tmp_path / "two"))  # the centre's own log comes first, before the case it speaks of
        found = detail(court)
        assert (found.case.title, found.case.alerts) == ("one", 2)
        assert [note.text for note in found.notes] == ["seen at the centre"]


def test_what_another_store_says_of_a_case_cannot_break_this_one(tmp_path, clock):
    nonsense = [
        {"title": ["x"], "owner": None, "added": "abc", "removed": [7]},
        {"tasks": 5, "note": {"a": 1}},
        {"tasks": [{"text": 1, "due": "nan"}, {"due": 1e300}, {"due": "soon"}, "x"]},
        {"note": "\U0010f800 \x00", "state": "\x1b[2J"},
    ]
    with Store.open(tmp_path / "odd", actor="odd", clock=clock) as odd, odd._pen.transaction():
        for number, facts in enumerate(nonsense):
            odd._pen.note("case note", f"case-{number}", about=f"case:{number % 2}", case=facts)
    with Store.open(tmp_path / "two", actor="desk", clock=clock) as store:
        list(store.merge(tmp_path / "odd"))
        assert len(asked(store.folder, caseload.listed)) == 2
        for id in (1, 2):
            assert detail(store, id).alerts == ()


def test_a_store_of_schema_8_is_brought_up_to_date_and_can_hold_cases(store, tmp_path, clock):
    copy = Path(shutil.copytree(store.folder, tmp_path / "older"))
    older = open_writer(copy / schema.FILE_NAME)
    before_waiting(older)
    older.commit()
    older.close()
    with Store.open(copy, actor="desk", clock=clock) as again:
        again.cases.begin("one", [("I", 1)])
        assert detail(again).case.alerts == 2
    connection = open_writer(copy / schema.FILE_NAME)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == schema.VERSION
    connection.close()


def test_who_is_watched_learns_of_the_cases_their_evidence_is_in(store):
    store.cases.begin("one", [("I", 1)])
    store.cases.begin("another's", [])
    store.cases.note(1, "user2 says that it was anna")
    found = asked(store.folder, personal.about, "user1")
    assert found.user == called(store.folder, "user1")
    assert [(act.action, act.subject) for act in found.accesses if act.action.startswith("case")] == [
        *(("case opened", "case-1"), ("case note", "case-1"))
    ]
    assert not any("user2" in act.detail or "one" in act.detail.split() for act in found.accesses), "nothing of others"
