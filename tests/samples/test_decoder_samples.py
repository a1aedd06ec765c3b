"""Every sample of a decoder opens as its expected.toml says."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from forensics.config import Limits
from forensics.content import Content
from forensics.model import Artifact, Observation, Versions
from forensics.pipeline import Pipeline, load_decoders
from forensics.resources import samples_folder

CASES = sorted(path.parent for path in (samples_folder() / "decoders").rglob("expected.toml"))


ALL = {case: tomllib.loads((case / "expected.toml").read_text("utf-8")) for case in CASES}
SOUNDS = [case for case in CASES if "codec" in ALL[case]]
TEXTS = [case for case in CASES if "facts" in ALL[case]]


def _name(case: Path) -> str:
    return f"{case.parent.name}-{case.name}"


@pytest.mark.parametrize("case", TEXTS, ids=_name)
def test_units_of_a_sample_are_as_expected(case: Path) -> None:
    """Source, target and candidates line by line; notes and metadata hold what is named at least."""
    expected = ALL[case]
    path = next(path for path in case.iterdir() if path.name != "expected.toml")
    pipeline = Pipeline(decoders=load_decoders(), matchers=[], limits=Limits(), versions=Versions())
    lines: dict[str, list[str]] = {}

    def see(piece: Artifact) -> None:
        if piece.is_view and piece.role:
            lines.setdefault(piece.role, []).extend(piece.content.bytes().decode().splitlines())

    opening = pipeline.unpack(Content.at(path), path.name, see)
    root, outcome = opening.artifacts[0], opening.outcomes()[0]
    assert root.media_type == expected["type"]
    assert {fact: root.facts.get(fact) for fact in expected["facts"]} == expected["facts"]
    assert (outcome.kind.value, expected.get("reason", "") in outcome.reason) == (expected["outcome"], True)
    for role, wanted in expected.get("text", {}).items():
        if role in ("note", "metadata"):
            assert set(wanted) <= set(lines[role])
        else:
            assert lines[role] == wanted


@pytest.mark.parametrize("case", SOUNDS, ids=_name)
def test_sample_opens_as_expected(case: Path) -> None:
    expected: dict[str, Any] = ALL[case]
    path = next(path for path in case.iterdir() if path.name != "expected.toml")
    content = Content.at(path)
    pipeline = Pipeline(decoders=load_decoders(), matchers=[], limits=Limits(), versions=Versions())
    signals: list[str] = []

    def see(piece: Artifact) -> None:
        if piece.is_view and piece.media_type == "audio/x-pcm":
            signals.append(piece.role)

    opening = pipeline.unpack(content, path.name, see)
    observation = Observation(key="x", channel="file", time=0.0, name=path.name, content=content)
    root = pipeline.analyse(observation)
    piece = opening.artifacts[-1]
    facts = piece.facts
    assert opening.artifacts[0].media_type == expected["type"]
    assert piece.media_type == expected.get("inside", expected["type"])
    assert facts["audio.codec"] == expected["codec"]
    assert abs(float(facts["audio.seconds"]) - expected["seconds"]) < 0.15
    assert signals == expected.get("signals", [""])
    assert root.outcomes[0].kind.value == expected["outcome"]
    assert expected.get("reason", "") in root.outcomes[0].reason
