import numpy as np
import pytest

from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.features import RATE_HZ
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.search import search
from forensics.resources import samples_folder
from tests.benchmarks.audio_corpus import Samples, decode
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


@pytest.mark.parametrize(
    ("names", "quieter_db"), [(("TR-2041-c01", "TR-2042-c02"), 0), (("TR-2042-c01", "TR-2043-c02"), 3)]
)
def test_a_clip_under_a_louder_one_is_named_too(names: tuple[str, str], quieter_db: float) -> None:
    clips = {path.stem: decode(path) for path in (samples_folder() / "packages").glob("*/audio/*.wav")}
    first, second = (clips[name] / np.std(clips[name]) for name in names)
    size = min(len(first), len(second))
    both = 2000 * (first[:size] + second[:size] * 10 ** (-quieter_db / 20))
    index = AudioIndex.build((name, fingerprint(clip)) for name, clip in clips.items())
    matches = search(index, np.clip(both, -32768, 32767).astype(np.int16))
    assert {match.item: match.family for match in matches} == dict.fromkeys(names, ())
