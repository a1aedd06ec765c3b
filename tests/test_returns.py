"""Returns: what is a return passes in every format; whatever travels along with one does not."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping

import pytest
from msgspec import structs

from forensics import triage
from forensics.config import Config
from forensics.content import Content
from forensics.model import Observation, Verdict
from forensics.pipeline import Pipeline, load
from forensics.policy import Policy, Sanctioned
from forensics.register.book import Register
from forensics.registration.run import register_paths
from forensics.resources import samples_folder

WAY = Sanctioned(name="portal", destination="http://portal/return/*", programmes=("translator",))
PACKAGE = samples_folder() / "packages/TR-2043"
RETURN = (samples_folder() / "returns/TR-2043.xlf").read_text("utf-8")
UNCHOSEN = json.loads((PACKAGE / "manifest.json").read_text("utf-8"))["clips"][0]["candidates"][1]
FIRST_UNIT = RETURN[RETURN.index("<trans-unit") : RETURN.index("</trans-unit>") + len("</trans-unit>")]
FIRST_TARGET = FIRST_UNIT[FIRST_UNIT.index("<target") : FIRST_UNIT.index("</target>")]

Loaded = tuple[Pipeline, Register]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """The pipeline over a register that issued one package under its id and again under a name with spaces."""
    folder = tmp_path_factory.mktemp("store")
    for package in ("", "Batch 7 of May"):
        list(
            register_paths(
                [PACKAGE], programme="translator", recipient="r", package=package, config=Config(), store=folder
            )
        )
    return load(Config(), folder)


def verdict(loaded: Loaded, content: bytes | str, *ways: Sanctioned) -> Verdict:
    pipeline, register = loaded
    data = content.encode() if isinstance(content, str) else content
    seen = Observation(
        key="k", channel="http", time=0.0, name="return", content=Content.of(data), destination="http://portal/return/x"
    )
    return triage.decide(pipeline.analyse(seen), Policy(sanctioned=ways or (WAY,)), register)


def zipped(members: Mapping[str, bytes | str], comment: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.comment = comment.encode()
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        RETURN,
        zipped({"TR-2043.xlf": RETURN}),
        zipped({"TR-2043.xlf": RETURN, "note.txt": "Here is the package, with kind regards."}),
        RETURN.replace('original="TR-2043"', 'original="Batch 7 of May"'),
    ],
    ids=["plain", "zipped", "with a note", "package with spaces"],
)
def test_a_return_is_silent(loaded: Loaded, content: bytes | str) -> None:
    found = verdict(loaded, content)
    assert not found.is_alert
    assert "sanctioned return" in found.reason


@pytest.mark.parametrize(
    ("content", "objection"),
    [
        (zipped({"r.xlf": RETURN, "data.bin": bytes(range(256)) * 100}), "no translation"),
        (zipped({"r.xlf": RETURN}) + bytes(range(256)) * 100, "no translation"),
        (zipped({"r.xlf": RETURN, "r.txt": UNCHOSEN}), "candidates"),
        (zipped({"r.xlf": RETURN}, comment=UNCHOSEN), "candidates"),
        (RETURN.replace("</source>", f"</source><note>{UNCHOSEN}</note>", 1), "candidates"),
        (RETURN.replace("</target>", f"</target><target>{UNCHOSEN}</target>", 1), "candidates"),
        (RETURN.replace("<body>", "<body>" + FIRST_UNIT.replace(FIRST_TARGET, f"<target>{UNCHOSEN}")), "candidates"),
        (RETURN.replace("<body>", f"<!-- {UNCHOSEN} --><body>"), "candidates"),
        (RETURN.replace("<body>", f"<?x {UNCHOSEN}?><body>"), "candidates"),
        (RETURN.replace("<trans-unit ", f'<trans-unit extra="{UNCHOSEN}" ', 1), "candidates"),
        (RETURN.replace("<source>", f'<source extra="{UNCHOSEN}">', 1), "candidates"),
        (RETURN.replace("</source>", f"</source><extra>{UNCHOSEN}</extra>", 1), "candidates"),
        (RETURN.replace("</source>", f"<ph>{UNCHOSEN}</ph></source>", 1), "candidates"),
    ],
    ids=[
        "blob beside",
        "blob behind",
        "text beside",
        "zip comment",
        "note",
        "second target",
        "unit twice",
        "comment",
        "instruction",
        "attribute",
        "attribute of a text",
        "element",
        "code",
    ],
)
def test_what_travels_along_with_a_return_is_an_alert(loaded: Loaded, content: bytes | str, objection: str) -> None:
    found = verdict(loaded, content)
    assert found.is_alert
    assert objection in found.reason


def test_several_ways_may_share_a_destination(loaded: Loaded) -> None:
    other = Sanctioned(name="other", destination=WAY.destination, programmes=("dictation",))
    assert not verdict(loaded, RETURN, other, WAY).is_alert
    assert verdict(loaded, RETURN, other).is_alert


@pytest.mark.parametrize(
    ("destination", "peer", "is_sanctioned"),
    [
        ("http://portal/return/x", "203.0.113.7", True),
        ("http://portal/return/x", "198.51.100.7", False),
        ("http://portal/return/x", "", False),
        ("http://portal/return/../drop/x", "203.0.113.7", False),
        ("http://portal/return/%2e%2e/drop/x", "203.0.113.7", False),
        ("http://portal/return/a/../x", "203.0.113.7", True),
        ("http://portal/return/x?from=http://portal/other", "203.0.113.7", True),
    ],
)
def test_a_host_name_is_a_claim_and_a_path_is_followed(
    loaded: Loaded, destination: str, peer: str, is_sanctioned: bool
) -> None:
    way = structs.replace(WAY, addresses=("203.0.113.0/24",))
    content = Content.of(RETURN.encode())
    seen = Observation(key="k", channel="http", time=0.0, name="x", content=content, destination=destination, peer=peer)
    pipeline, register = loaded
    verdict = triage.decide(pipeline.analyse(seen), Policy(sanctioned=(way,)), register)
    assert verdict.is_alert is not is_sanctioned
