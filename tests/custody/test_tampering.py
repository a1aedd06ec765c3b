import pytest

from tests.benchmarks.store_tampering import TAMPERINGS, judged


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    return list(judged(len(TAMPERINGS), seed=7, folder=folder))


def test_every_tampering_is_found_by_the_walk_and_by_the_verifier_alone(verdicts):
    assert [verdict for verdict in verdicts if not (verdict.is_found and verdict.is_found_alone)] == []


def test_the_walk_names_the_place(verdicts):
    assert [verdict for verdict in verdicts if not verdict.is_placed] == []
