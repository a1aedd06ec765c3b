import json

import pytest

from forensics.content import Content
from forensics.errors import LimitReached
from forensics.matchers.identifiers import MAX_BYTES, IdentifierMatcher
from forensics.model import Artifact, Match, Severity
from forensics.register.book import Register
from forensics.resources import rules_folder
from forensics.rulebook.book import Rulebook

MATCHER = IdentifierMatcher(Rulebook.load([rules_folder() / "starter"]), Register.empty())
IMEI = "490154203237518"
PACKAGE = {"units": "2", "candidates": "4", "package.id": "TR-1"}


def artifact(data: bytes, **fields: object) -> Artifact:
    given = {"path": ("manifest.json",), "media_type": "application/json", "facts": PACKAGE} | fields
    return Artifact(number=3, parent=0, content=Content.of(data), **given)  # type: ignore[arg-type]


def found(piece: Artifact) -> list[Match]:
    return list(MATCHER.match(piece)) if MATCHER.wants(piece) else []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_number_in_a_package_is_told_with_its_place_but_not_its_digits(encoding: str) -> None:
    data = json.dumps({"audio": "c1.wav", "note": "é𝄞", "imei": IMEI}, ensure_ascii=False).encode(encoding)
    (match,) = found(artifact(data))
    assert (match.rule, match.severity, match.artifact) == ("EW-ID-IMEI", Severity.MEDIUM, 3)
    (why,) = match.why
    assert why.label == "imei"
    width = 1 if encoding == "utf-8" else 2
    assert data[why.offset : why.offset + width * why.length] == IMEI.encode(encoding)[-width * 15 :]
    assert IMEI not in why.text
    assert why.text.startswith("49015")


def test_a_table_that_is_no_package_gives_a_low_finding() -> None:
    inventory = artifact(f"host,imei\nphone,{IMEI}\n".encode(), facts={"units": "1"}, media_type="text/csv")
    assert [(m.rule, m.severity) for m in found(inventory)] == [("EW-ID-IMEI", Severity.LOW)]


def test_tags_of_a_recording_give_a_low_finding() -> None:
    tags = artifact(
        b"encoder: x\nserial number: R58M12ABCDE\n",
        is_view=True,
        media_type="text/plain",
        role="metadata",
        facts={"audio.codec": "aac"},
    )
    assert [(m.rule, m.severity, m.why[0].offset) for m in found(tags)] == [("EW-ID-SERIAL", Severity.LOW, 26)]


def test_what_stands_beside_the_units_of_a_workbook_is_read_from_its_view() -> None:
    aside = artifact(
        b"device serial: R58M12ABCDE\n",
        path=("batch.xlsx",),
        is_view=True,
        media_type="text/plain",
        role="metadata",
        facts={"units": "4", "clips": "4", "candidates": "8"},
    )
    assert [(m.rule, m.severity) for m in found(aside)] == [("EW-ID-SERIAL", Severity.MEDIUM)]


@pytest.mark.parametrize(
    "fields",
    [
        {"facts": {}, "media_type": "message/rfc822"},
        {"facts": {"encrypted.members": "1"}, "media_type": "text/plain"},
        {"facts": {"units": "none"}},
        {"is_view": True, "media_type": "text/plain", "role": "body"},
        {"is_view": True, "media_type": "text/plain", "role": "metadata", "facts": {"image.width": "3"}},
        {"media_type": "application/zip", "facts": PACKAGE},
    ],
)
def test_what_is_no_package_is_left_alone(fields: dict[str, object]) -> None:
    data = f"imei: {IMEI}".encode() + (b"\0\0\0" if fields.get("media_type") == "application/zip" else b"")
    assert not MATCHER.wants(artifact(data, **fields))


def test_what_lies_beyond_the_limit_is_told() -> None:
    data = f'{{"file": "a.wav", "imei": "{IMEI}"}}'.encode() + b" " * MAX_BYTES
    matches: list[Match] = []
    with pytest.raises(LimitReached, match="first 32 MiB"):
        matches.extend(MATCHER.match(artifact(data)))


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"\xff\xfeimei", b"\xfe\xff\xd8\x00", bytes(range(256)) * 9])
def test_any_bytes_are_survived(data: bytes) -> None:
    assert found(artifact(data)) == []
