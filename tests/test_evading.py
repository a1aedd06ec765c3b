"""How far the search for evasions goes: sound cases alone, cheap changes first, and no longer than it may."""

from __future__ import annotations

from pathlib import Path

from forensics.config import Config
from forensics.evading import evaded
from forensics.rulebook.book import Rulebook
from forensics.rulebook.cases import Case, find_cases
from forensics.rulebook.mutating import every_step, steps_of
from forensics.rulebook.recall import Attempt
from forensics.trials import trials

RULES = 'rule a { meta: id = "T-A" strings: $a = "marker" condition: $a }'
TEXT = b"the marker of the harbour master\n" * 5


def pack(folder: Path, samples: dict[str, bytes]) -> list[Case]:
    (folder / "a.yar").write_text(RULES)
    for name, data in samples.items():
        path = folder / "samples/T-A" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    book = Rulebook.load([folder])
    return find_cases(book, [folder / "samples"])


def test_when_the_time_is_over_the_rest_is_counted(tmp_path: Path) -> None:
    cases = pack(tmp_path, {"hit/a.txt": TEXT, "miss/b.txt": b"a market"})
    with trials(Config(), [tmp_path], cases=2) as running:
        report = evaded(running, cases, every_step(), {}, most_cpu_s=-1.0)
    assert (report.untried, report.total.applied) == (2 * len(every_step()), 0)


def test_cheap_changes_come_first_over_all_cases(tmp_path: Path) -> None:
    cases = pack(tmp_path, {"hit/a.txt": TEXT, "hit/b.txt": TEXT + b"more", "hit/c.txt": b"no mark"})
    heard: list[Attempt] = []
    with trials(Config(), [tmp_path], cases=3, jobs=2) as running:
        steps = steps_of(["rename", "upper"])
        report = evaded(running, cases, steps, {}, most_cpu_s=60.0, tell=heard.append)
    told = [(attempt.case.path.name, attempt.steps[0]) for attempt in heard]
    assert told == [("a.txt", "rename"), ("b.txt", "rename"), ("a.txt", "upper"), ("b.txt", "upper")]
    assert (report.total.found, report.total.applied) == (2, 4)
    assert report.rules["T-A"].weakest == "upper"
