"""Issued -> returned: what a return closes, what is said of it, and what a decision makes of later sightings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.config import Config
from forensics.content import Content
from forensics.model import Observation, Severity, Subject
from forensics.pipeline import Pipeline, load
from forensics.policy import Policy, Sanctioned
from forensics.pseudonyms import pseudonym
from forensics.recorder import Entry, Recorder, Report
from forensics.register.storage import RegisterWriter
from forensics.register.terms import HALT, RECALL, WITHDRAWAL, Terms
from forensics.registration.run import register_paths
from forensics.resources import samples_folder
from forensics.store import movements, reader
from forensics.store.writer import Store
from forensics.workers import Result
from tests.test_returns import PACKAGE, RETURN, UNCHOSEN

PORTAL = Sanctioned(name="portal", destination="http://portal/return/*", programmes=("translator",))
PORTAL_URL = "http://portal/return/1"
NOW = 1_800_000_000.0


class Workstation:
    """One workstation to which TR-2043 was issued: what is seen there goes through pipeline, triage and store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.policy = Policy(sanctioned=(PORTAL,))
        self.store = Store.open(folder, actor="t")
        self.pipeline: Pipeline = load(Config(), folder)[0]
        self._count = 0

    def see(self, content: str, destination: str = "http://portal/return/1", **values: object) -> Report:
        self._count += 1
        settings: dict[str, object] = {
            "key": f"k{self._count}",
            "channel": "http",
            "time": NOW + self._count,
            "name": "TR-2043.xlf",
            "content": Content.of(content.encode()),
            "destination": destination,
            "subject": Subject(host="ws", user="anna", process="/usr/bin/curl"),
        }
        seen = Observation(**{**settings, **values})  # type: ignore[arg-type]
        recorder = Recorder(store=self.store, policy=self.policy, folder=self.folder)
        return recorder.record([Entry(result=Result(analysis=self.pipeline.analyse(seen)))])[0]

    def decide(self, act: str, about: str, name: str) -> None:
        with RegisterWriter.open(self.folder, clock=lambda: NOW) as writer:
            assert writer.decide(act, about, name, "court order")


def issue(folder: Path, recipient: str = "anna", terms: Terms | None = None, package: str = "TR-2043") -> None:
    source = PACKAGE if package == "TR-2043" else samples_folder() / "packages" / package
    list(
        register_paths(
            [source],
            programme="translator",
            recipient=recipient,
            config=Config(),
            store=folder,
            terms=terms or Terms(consents=("token",)),
        )
    )


@pytest.fixture
def workstation(tmp_path: Path) -> Iterator[Workstation]:
    issue(tmp_path)
    found = Workstation(tmp_path)
    yield found
    found.store.close()


def kinds(folder: Path, package: str = "TR-2043") -> list[tuple[str, str]]:
    connection = reader.open_reader(folder)
    try:
        return [(each.kind, each.way) for each in movements.movements(connection, package)]
    finally:
        connection.close()


def test_a_package_is_opened_and_returned(workstation: Workstation) -> None:
    workstation.see(RETURN, "", channel="work", is_leaving=False, source="file:///home/anna/TR-2043.xlf")
    report = workstation.see(RETURN)
    assert (report.alert, report.verdict.returned) == (None, ("TR-2043", "portal"))
    assert kinds(workstation.folder) == [("opened", ""), ("returned", "portal")]


def test_a_return_in_words_of_ones_own_closes_the_issue_too(workstation: Workstation) -> None:
    rows = "package,unit_id,translation\n" + "".join(
        f"TR-2043,TR-2043-c0{n},Something that nobody proposed at all but I myself wrote down number {n}\n"
        for n in (1, 2, 3)
    )
    report = workstation.see(rows, name="back.csv")
    assert (report.alert, report.verdict.returned) == (None, ("TR-2043", "portal"))
    assert kinds(workstation.folder) == [("returned", "portal")]
    elsewhere = workstation.see(rows, "http://paste.example/x", name="back.csv")
    assert elsewhere.verdict.is_alert
    assert elsewhere.verdict.title == "Translations of package TR-2043 by HTTP"


def test_once_more_is_said_and_raises_no_alert(workstation: Workstation) -> None:
    workstation.see(RETURN)
    again = workstation.see(RETURN)
    assert (again.alert, again.verdict.severity) == (None, Severity.LOW)
    assert "it was returned before, on 2027-01-15" in again.verdict.reason


def test_the_same_observation_again_is_no_second_return(tmp_path: Path) -> None:
    issue(tmp_path)
    workstation = Workstation(tmp_path)
    workstation.see(RETURN, key="same")
    assert workstation.see(RETURN, key="same").verdict.reason == "sanctioned return (portal)"
    workstation.store.close()


@pytest.mark.parametrize(
    ("act", "about", "name", "words"),
    [
        (RECALL, "package", "TR-2043", "package TR-2043 was recalled on"),
        (RECALL, "programme", "translator", "programme translator was recalled on"),
        (HALT, "programme", "translator", "programme translator was halted on"),
        (WITHDRAWAL, "consent", "token", "a consent it rests on was withdrawn on"),
    ],
)
def test_what_was_decided_makes_opening_sending_and_returning_an_incident(
    workstation: Workstation, act: str, about: str, name: str, words: str
) -> None:
    workstation.decide(act, about, name)
    opened = workstation.see(RETURN, "", channel="work", is_leaving=False)
    back = workstation.see(RETURN)
    sent = workstation.see(RETURN, "http://paste.example/x")
    for report, severity in ((opened, Severity.MEDIUM), (back, Severity.MEDIUM), (sent, Severity.HIGH)):
        assert report.alert is not None
        assert report.verdict.severity is severity
        assert words in report.verdict.reason
        assert "court order" in report.verdict.reason


def test_who_watches_already_hears_of_a_halt(workstation: Workstation) -> None:
    recorder = Recorder(store=workstation.store, policy=workstation.policy, folder=workstation.folder)

    def alert(key: str) -> dict[str, str] | None:
        seen = Observation(
            key=key, channel="http", time=NOW, name="x", content=Content.of(RETURN.encode()), destination=PORTAL_URL
        )
        return recorder.record([Entry(result=Result(analysis=workstation.pipeline.analyse(seen)))])[0].alert

    assert alert("before") is None
    workstation.decide(HALT, "programme", "translator")
    assert alert("after") is not None
    with RegisterWriter.open(workstation.folder) as writer:
        writer.lift(HALT, "programme", "translator")
    assert alert("resumed") is None


def test_a_clip_that_was_recalled_is_known_by_its_text(workstation: Workstation) -> None:
    workstation.decide(RECALL, "clip", "TR-2043-c01")
    assert "clip TR-2043-c01 was recalled" in workstation.see(RETURN, "", is_leaving=False).verdict.reason


def test_who_was_never_given_the_package_is_told(workstation: Workstation) -> None:
    issue(workstation.folder, "boris", package="TR-2041")
    other = workstation.see(RETURN, subject=Subject(host="ws", user="boris"))
    assert (other.verdict.is_alert, other.verdict.severity) == (True, Severity.HIGH)
    assert "issued to somebody else" in other.verdict.title
    assert other.verdict.returned == ("", "")
    stranger = workstation.see(RETURN, subject=Subject(host="ws", user="somebody the register never heard of"))
    assert not stranger.verdict.is_alert


def test_the_way_they_took_makes_no_one_leak_of_two_returns(workstation: Workstation) -> None:
    issue(workstation.folder, "anna", package="TR-2041")
    workstation.decide(RECALL, "programme", "translator")
    rows = "package,unit_id,translation\nTR-2041,TR-2041-c01,Words of my own that nobody else has ever put down\n"
    alerts = [workstation.see(content).alert for content in (RETURN, rows)]
    assert len({alert["incident"] for alert in alerts if alert is not None}) == 2


def test_accounts_and_processes_are_asked_for_only_where_the_policy_names_them(workstation: Workstation) -> None:
    workstation.policy = Policy(
        sanctioned=(
            Sanctioned(
                name="portal", destination=PORTAL.destination, accounts=("ann?",), processes=("curl", "firefox*")
            ),
        )
    )
    assert not workstation.see(RETURN).verdict.is_alert
    for subject, words in (
        (Subject(user="boris", process="/usr/bin/curl"), "its account is none of this way's"),
        (Subject(user="anna", process="/opt/sync"), "its process is none of this way's"),
        (Subject(user="anna"), "its process is not known"),
        (Subject(process="curl"), "its account is not known"),
    ):
        report = workstation.see(RETURN, subject=subject)
        assert report.verdict.is_alert
        assert words in report.verdict.reason


def test_a_candidate_nobody_chose_is_proof(workstation: Workstation) -> None:
    proof = "candidate 2 of clip TR-2043-c01, which nobody returned: the text came from the package, not from a return"
    before = workstation.see(UNCHOSEN, "http://paste.example/x", name="x.txt")
    assert proof in before.verdict.reason
    workstation.see(RETURN)
    after = workstation.see(UNCHOSEN, "http://paste.example/y", name="y.txt")
    assert proof in after.verdict.reason
    chosen = (
        "Tomorrow I arrive at the station at half past seven, but you need not come to fetch me, I will take a taxi."
    )
    assert "nobody returned" not in workstation.see(chosen, "http://paste.example/z", name="z.txt").verdict.reason


def test_a_late_return_is_silent_and_says_so(tmp_path: Path) -> None:
    issue(tmp_path, terms=Terms(due=NOW - 86_400))
    workstation = Workstation(tmp_path)
    report = workstation.see(RETURN)
    assert (report.alert, "it was due on 2027-01-14" in report.verdict.reason) == (None, True)
    workstation.store.close()


def test_recipients_are_pseudonyms(workstation: Workstation) -> None:
    key = (workstation.folder / "people" / "key").read_bytes()
    (found,) = load(Config(), workstation.folder)[1].issues.of("TR-2043")
    assert found.recipient == pseudonym(key, "anna")
