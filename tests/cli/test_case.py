"""`earwitness case` from opening to closing, and its report in every form."""

import json
import stat
from xml.etree import ElementTree

import pytest

from forensics.store import reader
from tests.cli.invoking import earwitness
from tests.reports.made import fill


@pytest.fixture
def store(tmp_path):
    fill(tmp_path / "store")
    return tmp_path / "store"


def test_an_investigation_at_the_desk(store, tmp_path):
    def run(*arguments, code=0, text=""):
        done = earwitness("--store", store, *arguments, text=text)
        assert done.returncode == code, done.stderr
        return done.stdout

    assert run("case", "new", "Clips on \x1b a stick", "I1", "a1", "--owner", "anna") == "case-1\n"
    assert run("case", "new", "Another", "--no-tasks") == "case-2\n"
    assert run("case", "add", "case-2", "A2") == ""
    assert [line[:6] for line in run("case", "list", "--with", "A2").splitlines()] == ["case-2", "case-1"]
    run("case", "remove", "case-2", "A2")
    assert [line[:6] for line in run("case", "list", "--with", "A2").splitlines()] == ["case-1"]
    run("case", "note", "1", "-", text="the vendor says:\nit is *gone*\n")
    assert run("case", "task", "1", "ask the \x1b portal", "--due", "2h", "--owner", "boris") == "T5\n"
    run("case", "done", "T5")
    run("case", "done", "T1", "--drop")
    run("case", "assign", "1", "boris")
    listed = run("case", "list", "--owner", "boris")
    assert "case-1    open   high" in listed
    assert "2 alerts, 3 of 5 tasks to do OVERDUE" in listed, "the alerts of the sample are of 2023"
    shown = run("case", "show", "1")
    assert "it is *gone*" in shown
    assert "[x] T5 ask the <001B> portal, boris, done" in shown
    assert "case owner anna -> boris" in shown
    assert "\x1b" not in shown + listed
    done = earwitness("--store", store, "case", "close", "1", "--as", "confirmed leak", "--reason", "found it")
    assert done.stderr == "still open: 2 alerts\nstill open: 3 tasks\n"
    rows = [json.loads(line) for line in run("case", "list", "--json", "--state", "closed").splitlines()]
    assert [(row["id"], row["disposition"], row["made_time"][-1]) for row in rows] == [
        ("case-1", "confirmed leak", "Z")
    ]
    run("case", "reopen", "1", "--reason", "another stick")
    whole = json.loads(run("case", "show", "1", "--json"))
    assert (whole["case"]["state"], [each["id"] for each in whole["alerts"]]) == ("open", ["A2", "A1"])
    assert "as it was recorded" in run("verify")


def test_the_report_in_every_form(store, tmp_path):
    earwitness("--store", store, "case", "new", "<b>Clips</b> ![x](http://evil.example)", "I1")
    earwitness("--store", store, "case", "note", "1", "see [here](http://evil.example) *now*")
    text = earwitness("--store", store, "case", "report", "1").stdout
    for words in (
        "1 registered clip, 6.8 s of speech",
        " on ws-1 with cp: to a removable medium, by HTTP, ",
        "first 2023-11-14T22:13:20.000Z, last 2023-11-14T22:13:50.000Z",
        "The same content elsewhere\n  O5 ",
        "packets dropped <b>",
        "no sensor ran",
        "tester: state A1 new -> acknowledged: looking",
        "notify by 2023-11-17T22:14:20.000Z",
        "earwitness hold add I1 --reason case-1",
        "earwitness export --incident I1 --out case-1-I1",
        "[ ] T4 notify the authority (GDPR article 33), or write down why not, OVERDUE by",
        "never known: phones held to the loudspeaker",
    ):
        assert words in text, words
    assert "\x1b" not in text
    marked = earwitness("--store", store, "case", "report", "1", "--format", "markdown").stdout
    assert marked.startswith("# case-1: \\<b\\>Clips\\</b\\> \\!\\[x\\](http\\://evil.example)\n\n## The case\n")
    assert "\\<script\\>" in marked
    assert "see \\[here\\](http\\://evil.example) \\*now\\*" in marked
    told = json.loads(earwitness("--store", store, "case", "report", "1", "--format", "json").stdout)
    assert (told["case"]["id"], told["incidents"], told["still_open"]) == ("case-1", ["I1"], ["A1", "A2"])
    assert told["hour"]["clocks"][0]["deadline"].endswith("Z")
    kept = tmp_path / "r.html"
    arguments = ("--store", store, "case", "report", "1", "--format", "html", "--out", kept)
    assert earwitness(*arguments).returncode == 0
    assert earwitness(*arguments).returncode == 8
    page = ElementTree.fromstring(kept.read_text().removeprefix("<!DOCTYPE html>"))
    assert "What to do within the hour" in "".join(page.itertext())
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    earwitness("--store", store, "hold", "add", "I1", "--reason", "case-1")
    assert "hold add" not in earwitness("--store", store, "case", "report", "1").stdout
    connection = reader.open_reader(store)
    noted = [act.detail for act in reader.custody(connection, "case-1") if act.action == "read"]
    connection.close()
    assert noted == ["report text", "report markdown", "report json", "report html", "report html", "report text"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "case-9"), 8),
        (("show", "x"), 2),
        (("report", "9"), 8),
        (("report", "1"), 8),
        (("add", "1", "I99"), 7),
        (("add", "1", "O1"), 2),
        (("close", "1", "--as", "solved", "--reason", "x"), 2),
        (("reopen", "1"), 7),
        (("done", "T99"), 7),
        (("task", "1", "x", "--due", "soon"), 2),
        (("assign", "1", "anna", "--nobody"), 2),
    ],
)
def test_what_cannot_be_is_said(empty, arguments, code):
    assert earwitness("--store", empty, "case", *arguments).returncode == code


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("empty")
    assert earwitness("--store", folder, "case", "new", "one").stdout == "case-1\n"
    return folder
