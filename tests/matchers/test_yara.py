from pathlib import Path

import pytest

from forensics.content import Content
from forensics.errors import LimitReached, TimedOut
from forensics.matchers.yara import YaraMatcher
from forensics.model import Artifact, Match, Severity
from forensics.register.book import Register
from forensics.rulebook.book import Rulebook

RULES = """
rule low_one { meta: id = "T-LOW" severity = "low" strings: $a = "marker" condition: $a }
rule high_one { meta: id = "T-HIGH" title = "Marked" severity = "high" category = "test" technique = "T1027"
  strings: $a = "marker" $b = { 00 FF } condition: $a and $b }
rule by_name { meta: id = "T-NAME" condition: filename iendswith ".jpg" and size > 3 and filetype == "image/jpeg" }
rule by_path { meta: id = "T-PATH" condition: path startswith "outer.zip/" }
rule by_facts { meta: id = "T-FACTS" condition: units == 2 and candidates == 4 and channel == "http" }
rule draft_one { meta: id = "T-DRAFT" status = "draft" strings: $a = "marker" condition: $a }
"""
TEXT_RULES = """
rule words { meta: id = "T-WORDS" scope = "text" strings: $a = "secret" condition: $a and role == "body" }
"""
CATASTROPHE = """
rule slow { meta: id = "T-SLOW" strings: $a = /(a|aa|aaa)+[^z]{1,30000}(x+x+)+y/ condition: $a }
"""


def matcher(tmp_path: Path, **files: str) -> YaraMatcher:
    for name, text in files.items():
        (tmp_path / f"{name}.yar").write_text(text)
    (tmp_path / "pack.toml").write_text('id = "t"\ntimeout_s = 1\n')
    return YaraMatcher(Rulebook.load([tmp_path]), Register.empty())


def artifact(data: bytes, **fields: object) -> Artifact:
    given = {"path": ("file.bin",), "media_type": "application/octet-stream"} | fields
    return Artifact(number=7, parent=None, content=Content.of(data), **given)  # type: ignore[arg-type]


def found(made: YaraMatcher, piece: Artifact) -> list[Match]:
    return list(made.match(piece)) if made.wants(piece) else []


def test_a_match_says_why_gravest_first(tmp_path: Path) -> None:
    matches = found(matcher(tmp_path, rules=RULES), artifact(b"\x00\xffa marker " + b"marker" * 9))
    assert [match.rule for match in matches] == ["T-HIGH", "T-LOW"]
    high = matches[0]
    assert (high.severity, high.title, high.category, high.technique) == (Severity.HIGH, "Marked", "test", "T1027")
    assert (high.matcher, high.artifact, high.score) == ("yara", 7, 1.0)
    spots = [(why.kind, why.label, why.offset, why.length, why.text) for why in high.why]
    assert spots == [
        ("bytes", "$a", 4, 6, "marker"),
        ("bytes", "$a", 11, 6, "marker"),
        ("bytes", "$a", 17, 6, "marker"),
        ("bytes", "$b", 0, 2, "\\x00\\xff"),
    ]


def test_rules_see_name_path_type_size_and_facts(tmp_path: Path) -> None:
    made = matcher(tmp_path, rules=RULES)
    picture = artifact(b"1234", path=("outer.zip", "a.JPG"), media_type="image/jpeg")
    assert {match.rule for match in found(made, picture)} == {"T-NAME", "T-PATH"}
    by_name = next(match for match in found(made, picture) if match.rule == "T-NAME")
    assert [(why.label, why.text) for why in by_name.why] == [("first bytes", "1234"), ("name", "a.JPG")]
    for channel in ("http", "http2", "http3"):
        facts = {"units": "2", "candidates": "4", "channel": channel}
        assert [match.rule for match in found(made, artifact(b"x", facts=facts))] == ["T-FACTS"]
    assert found(made, artifact(b"x", facts={"units": "²", "candidates": "-1"})) == []


def test_text_rules_see_text_views_only_and_raw_rules_bytes_only(tmp_path: Path) -> None:
    made = matcher(tmp_path, rules=RULES, words=TEXT_RULES)
    data = "sécret: secret marker".encode()
    view = artifact(data, is_view=True, media_type="text/plain", role="body")
    assert [match.rule for match in found(made, view)] == ["T-WORDS"]
    assert [match.rule for match in found(made, artifact(data))] == ["T-LOW"]
    assert not made.wants(artifact(data, is_view=True, media_type="audio/x-pcm"))


def test_no_rules_want_nothing() -> None:
    assert not YaraMatcher(Rulebook.empty(), Register.empty()).wants(artifact(b"x"))


def test_a_regex_that_does_not_end_is_named_and_the_sound_rules_still_match(tmp_path: Path) -> None:
    made = matcher(tmp_path, rules=RULES, slow=CATASTROPHE)
    matches: list[Match] = []
    with pytest.raises(TimedOut, match="T-SLOW"):
        matches.extend(made.match(artifact(b"marker ax" + b"ax" * 300_000)))
    assert [match.rule for match in matches] == ["T-LOW"]


def test_a_flood_of_hits_is_cut_and_told(tmp_path: Path) -> None:
    flood = 'rule flood { meta: id = "T-FLOOD" strings: $a = "a" condition: #a > 10 }'
    matches: list[Match] = []
    with pytest.raises(LimitReached, match=r"T-FLOOD \$a"):
        matches.extend(matcher(tmp_path, flood=flood).match(artifact(b"a" * 1_200_000)))


def test_large_content_is_mapped_and_its_end_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    with path.open("wb") as out:
        out.truncate(40 << 20)
        out.seek(0, 2)
        out.write(b"marker")
    piece = Artifact(number=0, parent=None, path=("large.bin",), media_type="", content=Content.at(path))
    matches = found(matcher(tmp_path, rules=RULES), piece)
    assert [match.rule for match in matches] == ["T-HIGH", "T-LOW"] or [match.rule for match in matches] == ["T-LOW"]
    assert matches[-1].why[0].offset == 40 << 20


@pytest.mark.parametrize("name", ["a\0b.jpg", "\udcff.jpg", "🎧.jpg", "", "x" * 100_000, "%s%n"])
def test_hostile_names_are_survived(tmp_path: Path, name: str) -> None:
    assert found(matcher(tmp_path, rules=RULES), artifact(b"", path=(name,), media_type=name)) == []
