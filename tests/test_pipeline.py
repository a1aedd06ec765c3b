"""The pipeline over a register that broke after it was loaded: what went wrong is said, nothing is clean."""

from __future__ import annotations

import hashlib
import io
import math
import zipfile
from pathlib import Path
from typing import Any

import pytest

from forensics.config import Config, Limits
from forensics.content import Content
from forensics.database import open_writer
from forensics.decoders.base import Budget
from forensics.errors import Malformed, StoreError
from forensics.model import Analysis, Observation, OutcomeKind
from forensics.pipeline import LONGEST_REASON, Opening, Pipeline, load
from forensics.register.schema import FILE
from forensics.register.storage import RegisterWriter
from forensics.resources import samples_folder
from tests.decoders.opening import run_7z
from tests.decoders.split_archives import pieces, split_zip
from tests.register.registering import issue, made_up
from tests.register.test_storage import ISSUE, TEXT, text_item

CLIP = samples_folder() / "packages/TR-2041/audio/TR-2041-c01.wav"


def analysed(pipeline: Pipeline, data: bytes, name: str) -> Analysis:
    return pipeline.analyse(Observation(key=name, channel="file", time=0.0, name=name, content=Content.of(data)))


def overwrite(register: Path, table: str) -> None:
    """Fill the first page of a table with what is no page."""
    connection = open_writer(register)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", [table]).fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with register.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


@pytest.mark.parametrize(("table", "name"), [("audio", "call.wav"), ("texts", "letter.txt")])
def test_what_is_wrong_with_a_broken_register_is_said(tmp_path: Path, table: str, name: str) -> None:
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(ISSUE, [text_item(writer)])
        writer.add_package(issue(2), made_up(0, 3))
    overwrite(tmp_path / FILE, table)
    pipeline, _ = load(Config(), tmp_path)
    analysis = analysed(pipeline, CLIP.read_bytes() if name == "call.wav" else TEXT.encode(), name)
    (outcome,) = analysis.outcomes
    assert outcome.kind is OutcomeKind.UNREADABLE
    kind = "audio" if name == "call.wav" else "text"
    assert (
        f"matcher {kind} failed: {tmp_path / FILE}: cannot be read: database disk image is malformed" in outcome.reason
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StoreError("\x1b[2Jgone\nand\udcff more"), "matching failed: <001B>[2Jgone<000A>and<DCFF> more"),
        (Malformed("\u202ename"), "<202E>name"),
        (KeyError("not written for anybody"), "matching failed: KeyError"),
    ],
)
def test_what_an_error_quotes_is_made_harmless(error: Exception, said: str) -> None:
    assert reason_of(error) == said


def test_what_an_error_quotes_is_shortened() -> None:
    assert len(reason_of(Malformed("x" * 10_000))) == LONGEST_REASON


def reason_of(error: Exception) -> str:
    """What is recorded of a piece whose comparison raises this."""

    def fail(_: object) -> list[Any]:
        raise error

    opening = Opening(decoders=[], budget=Budget(Limits(), root_bytes=1, deadline=math.inf), on_piece=fail)
    opening.open(Content.of(b"x"), "x")
    return opening.outcomes()[0].reason


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("way", ["7z pieces", "zip volumes"])
def test_volumes_that_lie_in_one_archive_are_joined_and_those_of_half_a_set_are_not(way: str, tmp_path: Path) -> None:
    clip = CLIP.read_bytes()
    if way == "7z pieces":
        volumes = pieces("set.7z", run_7z(tmp_path, "set.7z", "-mx1", files={"clip.wav": clip}), 20_000)
    else:
        volumes = split_zip("set", {"clip.wav": clip}, 20_000)
    pipeline, _ = load(Config(), tmp_path / "store")
    found = {
        artifact.path: artifact.content.sha256 for artifact in analysed(pipeline, zipped(volumes), "a.zip").artifacts
    }
    name = f"{len(volumes)} volumes of set.{way[:3].strip()}"
    assert found[("a.zip", name, "clip.wav")] == hashlib.sha256(clip).hexdigest()
    del volumes[sorted(volumes)[1]]
    half = analysed(pipeline, zipped(volumes), "a.zip")
    assert not [artifact for artifact in half.artifacts if "volumes of" in artifact.path[-1]]
    unread = [outcome for outcome in half.outcomes if outcome.artifact and "volume" in outcome.reason]
    assert len(unread) >= len(volumes)
