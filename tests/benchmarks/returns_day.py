"""One day at a programme: packages are registered, returned and leaked; what was said of each is judged."""

from __future__ import annotations

import resource
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forensics.config import Config, Privacy
from forensics.content import Content
from forensics.model import Observation, Subject
from forensics.pipeline import Pipeline, load
from forensics.policy import Policy, Sanctioned
from forensics.recorder import Entry, Recorder
from forensics.register.book import Register
from forensics.register.storage import Issue, RegisterWriter
from forensics.register.terms import HALT, RECALL, Terms
from forensics.registration.run import Registration
from forensics.reports.issues import states
from forensics.resources import samples_folder
from forensics.store import reader
from forensics.store.blobs import Blobs
from forensics.store.people import People
from forensics.store.writer import Store
from forensics.workers import Result, WorkerPool
from tests.benchmarks.returns_leaks import KINDS, MAIL, PORTAL, Sent
from tests.benchmarks.returns_packages import Issued, Office, returned, write

DAY_S = 86_400.0
MORNING = 1_795_392_000.0  # 2026-11-23
GROUP = 50
HALTED = "assistant"
POLICY = Policy(
    sanctioned=tuple(
        Sanctioned(name=name, destination=where, accounts=("reviewer-*",), processes=("firefox", "outlook", "lftp"))
        for name, where in (
            ("portal", "http://portal.example/return/*"),
            ("mail", "smtp://*/returns@programme.example"),
            ("drop box", "ftp://files.vendor.example*/in/*"),
        )
    )
)
_PLACES = (
    ("http", PORTAL.format("w{}"), "firefox"),
    ("http2", PORTAL.format("w{}"), "firefox"),
    ("smtp", "smtp://mail.vendor.example:25/returns@programme.example", "outlook"),
    ("ftp", "ftp://files.vendor.example:21/in/{}", "lftp"),
)


@dataclass(slots=True)
class Day:
    """What came of a day. `found` and `missed` are kinds of leaks, `false` the reasons of alerts on returns."""

    returns: int = 0
    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    false: list[str] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)
    texts: int = 0
    contractors: int = 0
    registering_cpu_s: float = 0.0
    judging_cpu_s: float = 0.0
    listing_cpu_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Act:
    """Something sent: what, by whom, over which channel; `kind` is empty for a return."""

    sent: Sent
    channel: str
    contractor: str
    kind: str = ""


def play(folder: Path, *, returns: int, leaks: int, contractors: int, seed: int) -> Day:
    """Register, return and leak; every leak is of a package of its own, which is returned besides where it may be."""
    office = Office(seed, returns + 2 * leaks)
    kinds = [list(KINDS)[at % len(KINDS)] for at in range(leaks)]
    names = [f"reviewer-{n:03d}" for n in range(contractors)]
    normal = [office.package(n, office.rng.choice(names), "translator") for n in range(returns - leaks)]
    audio = sorted((samples_folder() / "packages").rglob("*.wav"))
    leaked = [_pair(office, 50_000 + 2 * at, kind, names, audio[at % len(audio)]) for at, kind in enumerate(kinds)]
    day = Day(contractors=contractors)
    started = _cpu_s()
    _register(folder, [*normal, *(each for pair in leaked for each in pair)])
    with RegisterWriter.open(folder, clock=lambda: MORNING - 1) as writer:
        writer.decide(HALT, "programme", HALTED, "a court said so")
        for kind, (mine, _) in zip(kinds, leaked, strict=True):
            if kind == "recalled package":
                writer.decide(RECALL, "package", mine.id, "sent by mistake")
    day.registering_cpu_s = _cpu_s() - started
    others = [pair[1] for pair in leaked]
    acts = [_return(office, each, at) for at, each in enumerate([*normal, *others])]
    for kind, (mine, other) in zip(kinds, leaked, strict=True):
        sent = KINDS[kind](mine, other, office)
        acts.append(Act(sent, "smtp" if sent.destination == MAIL else "http", mine.contractor, kind))
    office.rng.shuffle(acts)
    _judge(folder, acts, day)
    _close(folder, [*normal, *others], day)
    return day


def _pair(office: Office, number: int, kind: str, names: Sequence[str], audio: Path) -> tuple[Issued, Issued]:
    """The package that is leaked, and another contractor's."""
    mine, other = office.rng.sample(names, 2)
    has_audio = audio if "audio" in kind else None
    programme = HALTED if kind == "halted programme" else "translator"
    return office.package(number, mine, programme, has_audio), office.package(number + 1, other, "translator")


def _register(folder: Path, issued: Sequence[Issued]) -> None:
    """Issue every package to its contractor, as `earwitness register` does with one folder a contractor."""
    by_contractor: dict[tuple[str, str], list[Issued]] = defaultdict(list)
    for each in issued:
        by_contractor[each.contractor, each.programme].append(each)
    people = People(Blobs(folder), folder, Privacy())
    with RegisterWriter.open(folder, clock=lambda: MORNING - DAY_S) as writer, WorkerPool(Config(), folder) as pool:
        for (contractor, programme), packages in by_contractor.items():
            place = folder / "issued" / f"{contractor}-{programme}"
            for each in packages:
                write(each, place)
            terms = Terms(consents=(f"consent of {contractor}",), due=MORNING + 2 * DAY_S)
            to = Issue(package="", programme=programme, recipient=people.of(contractor), terms=terms)
            problems = [line for line in Registration(writer, pool, to=to).register(place) if line.problem]
            wrong = [line for line in problems if line.outcome != "missing"]
            assert not wrong, wrong[:3]


def _return(office: Office, issued: Issued, number: int) -> Act:
    channel, where, process = office.rng.choice(_PLACES)
    name, content = returned(issued, office)
    return Act(Sent(name, content, where.format(number), process=process), channel, issued.contractor)


def _judge(folder: Path, acts: Sequence[Act], day: Day) -> None:
    pipeline, register = load(Config(), folder)
    day.texts = len(register)
    started = _cpu_s()
    with Store.open(folder, actor="bench") as store:
        recorder = Recorder(store=store, policy=POLICY, folder=folder)
        for start in range(0, len(acts), GROUP):
            group = acts[start : start + GROUP]
            entries = [_entry(pipeline, act, start + at, len(acts)) for at, act in enumerate(group)]
            for act, report in zip(group, recorder.record(entries), strict=False):
                is_alert = report.recorded.alert_id is not None
                if act.kind:
                    (day.found if is_alert else day.missed)[act.kind] += 1
                    continue
                day.returns += 1
                if is_alert:
                    day.false.append(f"{act.sent.name}: {report.verdict.reason}")
    day.judging_cpu_s = _cpu_s() - started


def _entry(pipeline: Pipeline, act: Act, number: int, count: int) -> Entry:
    seen = Observation(
        key=f"act-{number}",
        channel=act.channel,
        time=MORNING + DAY_S * number / count,
        name=act.sent.name,
        content=Content.of(act.sent.content),
        destination=act.sent.destination,
        subject=Subject(host="ws", user=act.sent.account or act.contractor, process=act.sent.process, method="socket"),
    )
    return Entry(result=Result(analysis=pipeline.analyse(seen)))


def _close(folder: Path, wanted: Sequence[Issued], day: Day) -> None:
    """See in the store that every return has closed its issue."""
    started = _cpu_s()
    issues = Register.load(folder).issues
    connection = reader.open_reader(folder)
    try:
        found = {each.issue.package: each.state for each in states(issues, issues.all(), connection, now=MORNING)}
    finally:
        connection.close()
    day.listing_cpu_s = _cpu_s() - started
    day.unclosed = [each.id for each in wanted if found[each.id] != "returned"]


def _cpu_s() -> float:
    """Processor time of this process and its ended workers."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
