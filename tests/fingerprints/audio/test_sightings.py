import numpy as np
import pytest

from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.features import RATE_HZ
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.search import search
from tests.benchmarks.audio_corpus import Samples
from tests.benchmarks.audio_distortions import speed, transcode
from tests.fingerprints.audio.speech import say

TAKE = "en-1"


def again(how: str) -> Samples:
    """The same take, as it may be registered a second time."""
    clip = say(TAKE)
    match how:
        case "re-encoded":
            return transcode(clip, "libopus", "ogg", rate_hz=48000, bit_rate=12000)
        case "cut out of step":
            return clip[RATE_HZ // 2 + 320 :]
        case _:
            return speed(clip, 1.03)


@pytest.mark.parametrize("how", ["re-encoded", "cut out of step", "played faster"])
def test_the_same_take_registered_again_is_family(how: str) -> None:
    clips = {TAKE: say(TAKE), "again": again(how), "other": say("de-1")}
    matches = search(AudioIndex.build((name, fingerprint(clip)) for name, clip in clips.items()), say(TAKE))
    assert {match.item: match.family for match in matches} == {TAKE: ("again",), "again": (TAKE,)}


def test_clips_played_at_the_same_time_are_no_family() -> None:
    names = ["en-1", "de-1"]
    clips = {name: say(name) for name in names} | {"again": again("re-encoded")}
    size = min(len(say(name)) for name in names)
    both = np.mean([say(name)[:size] for name in names], axis=0).astype(np.int16)
    matches = search(AudioIndex.build((name, fingerprint(clip)) for name, clip in clips.items()), both)
    assert {match.item: match.family for match in matches} == {"en-1": ("again",), "again": ("en-1",), "de-1": ()}
