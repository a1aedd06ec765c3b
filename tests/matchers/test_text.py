from pathlib import Path

from forensics.content import Content
from forensics.fingerprints.text.shingles import Shingler
from forensics.matchers.text import TextMatcher
from forensics.model import Artifact, Severity
from forensics.register.book import Register
from forensics.register.storage import Issue, NewItem, RegisterWriter
from forensics.rulebook.book import Rulebook

SAID = "Doctor, I have lost nine kilos since March and my husband does not know why."
CHOSEN = "Docteur, j'ai perdu neuf kilos depuis mars et mon mari ne sait pas pourquoi."


def view(text: bytes, *, package: str = "", role: str = "body") -> Artifact:
    return Artifact(
        number=1, parent=0, path=("notes.docx",), media_type="text/plain", content=Content.of(text), role=role,
        is_view=True, facts={"package.id": package} if package else {},
    )  # fmt: skip


def matcher(folder: Path) -> TextMatcher:
    with RegisterWriter.open(folder) as writer:
        shingler = Shingler(writer.key)
        for package, clip in (("P-1", "C-1"), ("P-2", "C-2")):
            items = [
                NewItem(
                    id=f"{clip}:{role}-1",
                    kind="text",
                    name=clip,
                    role=role,
                    print=shingler.print(text, weak_below_bits=40),
                )
                for role, text in (("source", SAID), ("candidate", CHOSEN))
            ]
            writer.add_package(Issue(package=package, programme="translator", recipient="r"), items)
    return TextMatcher(Rulebook.empty(), Register.load(folder))


def test_a_passage_is_named_with_its_place_and_words(tmp_path: Path) -> None:
    text = "Listen to this: " + SAID.lower() + " Funny, no?"
    found = list(matcher(tmp_path).match(view(text.encode())))
    assert {match.item for match in found} == {"C-1:source-1", "C-2:source-1"}
    match = found[0]
    assert (match.rule, match.matcher, match.severity, match.accepted) == (
        "registered-text",
        "text",
        Severity.HIGH,
        True,
    )
    (why,) = match.why
    assert (why.kind, why.label, why.offset) == ("text", "body", 16)
    assert text[why.offset : why.offset + why.length] == why.text == SAID.lower().rstrip(".")


def test_the_same_words_in_another_package_are_explained_by_the_one_that_is_named(tmp_path: Path) -> None:
    found = list(matcher(tmp_path).match(view(CHOSEN.encode(), package="P-2", role="target")))
    assert [(match.item, match.package) for match in found] == [("C-2:candidate-1", "P-2")]


def test_candidates_come_after_what_is_accepted(tmp_path: Path) -> None:
    text = f"{SAID}\nmon mari ne sait pas pourquoi il pleut".encode()
    found = list(matcher(tmp_path).match(view(text), candidates=2))
    assert [match.accepted for match in found] == [True, True, False, False]


def test_bytes_that_are_no_utf8_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    found = list(matcher(tmp_path).match(view(b"\xff\xfe\x00" + SAID.encode() + b"\xc3")))
    assert len(found) == 2


def test_only_text_views_are_wanted(tmp_path: Path) -> None:
    text = matcher(tmp_path)
    assert text.wants(view(b"x"))
    other = Artifact(number=0, parent=None, path=("x",), media_type="text/plain", content=Content.of(b"x"))
    assert not text.wants(other)
    assert not TextMatcher(Rulebook.empty(), Register.empty()).wants(view(b"x"))
