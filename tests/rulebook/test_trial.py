from pathlib import Path

from forensics.cli.rules.books import analyser
from forensics.config import Limits
from forensics.rulebook.book import Rulebook
from forensics.rulebook.trial import find_cases, run, sample_folders, summarise

RULES = """
rule one { meta: id = "T-ONE" strings: $a = "marker" condition: $a }
rule two { meta: id = "T-TWO" status = "draft" strings: $a = "other" condition: $a }
rule three { meta: id = "T-THREE" condition: false }
"""


def write(folder: Path, samples: dict[str, bytes]) -> Rulebook:
    (folder / "pack.toml").write_text('id = "t"\n')
    (folder / "rules.yar").write_text(RULES)
    for name, data in samples.items():
        path = folder / "samples" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return Rulebook.load([folder]).activated()


def test_cases_pass_and_fail_with_their_reasons(tmp_path: Path) -> None:
    samples = {
        "T-ONE/hit/a.txt": b"a marker",
        "T-ONE/miss/a.txt": b"a market",
        "T-ONE/miss/b.txt": b"a marker after all",
        "T-TWO/hit/a.txt": b"marker",
        "T-TWO/hit/.keep": b"",
        "T-NOBODY/hit/a.txt": b"",
    }
    book = write(tmp_path, samples)
    folders = sample_folders(book, tmp_path / "none")
    results = list(run(find_cases(book, folders), analyser(book, Limits())))
    assert [(r.case.name, r.is_passed) for r in results] == [
        ("T-ONE/hit/a.txt", True),
        ("T-ONE/miss/a.txt", True),
        ("T-ONE/miss/b.txt", False),
        ("T-TWO/hit/a.txt", False),
    ]
    assert results[0].detail == "found in a.txt ($a at 2)"
    assert "other rules found: T-ONE" in results[3].detail
    summary = summarise(book, results)
    assert str(summary) == "rules 3, cases 4: 2 passed, 2 failed; without a hit: 1; without a near miss: 2"
    assert (summary.without_hit, summary.without_miss) == (("T-THREE",), ("T-TWO", "T-THREE"))
