"""The calibration: scores rise with what speaks for a clip, thresholds with how many chances there are."""

import json
import math
from importlib import resources

import pytest

from forensics.fingerprints.audio.score import LEAST_FALSE_ALARM, THRESHOLD, TRAITS, Calibration
from forensics.fingerprints.audio.search import search
from tests.fingerprints.audio.speech import SENTENCES, registered, say


def test_the_shipped_calibration_says_where_it_comes_from() -> None:
    data = json.loads(resources.files("forensics.fingerprints.audio").joinpath("calibration.json").read_bytes())
    assert set(data["weights"]) == set(TRAITS)
    assert "recordings" in data["origin"]


def test_everything_that_is_weighed_speaks_for_a_clip() -> None:
    assert (Calibration.load().weights >= 0).all()


@pytest.mark.parametrize("kind", ["kin", "chance"])
def test_the_threshold_is_where_the_tail_says(kind: str) -> None:
    tail = getattr(Calibration.load(), kind)
    for chances in (1.0, 1e4, 1e6):
        assert tail.log_rate(tail.threshold(chances), chances) == pytest.approx(math.log(THRESHOLD))
    assert tail.threshold(1e6) > tail.threshold(1e3)


def test_a_whole_clip_is_surer_than_a_second_of_it() -> None:
    [whole] = search(registered(), say("en-1"))
    [part] = search(registered(), say("en-1")[8000:17000])
    assert whole.score > part.score > 1
    assert LEAST_FALSE_ALARM <= whole.false_alarm <= part.false_alarm < 0.01


def test_a_match_carries_what_draws_it() -> None:
    for name in SENTENCES:
        [match] = search(registered(), say(name))
        trace = match.trace
        assert len(trace.issued) == len(trace.heard) == len(trace.evidence)
        assert len(trace.issued) * trace.step_s == pytest.approx(match.duration_s, abs=0.4)
        apart = [(one ^ other).bit_count() for one, other in zip(trace.issued, trace.heard, strict=True)]
        assert sum(apart) / len(apart) < 6
        assert sum(trace.evidence) > 0
