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


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_sample_opens_as_expected(case: Path) -> None:
    expected: dict[str, Any] = tomllib.loads((case / "expected.toml").read_text("utf-8"))
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
