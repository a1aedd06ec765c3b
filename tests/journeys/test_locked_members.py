"""What was issued is known inside an archive that nobody can open, through registration and the whole pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.config import Config, Workers
from forensics.content import Content
from forensics.model import Analysis, Observation, OutcomeKind
from forensics.pipeline import Pipeline, load
from forensics.registration.run import register_paths
from forensics.resources import samples_folder

LOCKED = samples_folder() / "locked"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    store = tmp_path_factory.mktemp("store")
    config = Config(workers=Workers(count=1))
    package = samples_folder() / "packages/AC-0317"
    list(register_paths([package], programme="assistant", recipient="r-17", config=config, store=store))
    return load(config, store)[0]


def analysed(pipeline: Pipeline, path: Path) -> Analysis:
    content = Content.at(path)
    observation = Observation(key=path.name, channel="file", time=0.0, name=path.name, content=content)
    return pipeline.analyse(observation, candidates=5)


@pytest.mark.parametrize("name", ["hit.zip", "hit.7z", "hit.rar"])
def test_a_clip_in_an_encrypted_archive_is_named(pipeline: Pipeline, name: str) -> None:
    analysis = analysed(pipeline, LOCKED / name)
    (match,) = [match for match in analysis.matches if match.rule == "registered-member"]
    assert match.accepted
    assert (match.package, match.artifact) == ("AC-0317", 0)
    assert match.why[0].label == "CRC-32 and size of an encrypted member"
    outcome = analysis.outcome_of(0)
    assert outcome.kind is OutcomeKind.MATCHED
    assert outcome.reason == "1 encrypted members"


def test_another_file_of_that_size_is_not(pipeline: Pipeline) -> None:
    analysis = analysed(pipeline, LOCKED / "miss.zip")
    assert not [match for match in analysis.matches if match.item]
    assert analysis.outcome_of(0).kind is OutcomeKind.ENCRYPTED


@pytest.mark.parametrize("name", ["aes.zip", "keyed.rar"])
def test_a_member_that_tells_no_crc_is_a_candidate_only(pipeline: Pipeline, name: str) -> None:
    analysis = analysed(pipeline, LOCKED / name)
    (match,) = [match for match in analysis.matches if match.item]
    assert (match.accepted, match.package) == (False, "AC-0317")
    assert analysis.outcome_of(0).reason == "1 encrypted members"
