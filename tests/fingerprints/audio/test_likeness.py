"""Codes against codes."""

import numpy as np

from forensics.fingerprints.audio.codes import encode
from forensics.fingerprints.audio.likeness import LEAST_CODES, LIKE, lay, likeness, sounding, spoken
from tests.fingerprints.audio.speech import say


def test_a_take_is_like_itself_where_it_was_cut_and_like_no_other():
    codes = {name: spoken(encode(say(name))) for name in ("en-1", "en-2", "de-1")}
    part = codes["en-1"][5 : 5 + LEAST_CODES]
    like = likeness(part, codes["en-1"])
    assert (like.share, like.codes, like.clip_at) == (1.0, LEAST_CODES, 5)
    for one, heard in codes.items():
        for other, clip in codes.items():
            assert (likeness(heard, clip).share >= LIKE) is (one == other)


def test_too_little_is_like_nothing():
    few = np.zeros(LEAST_CODES - 1, np.uint64)
    assert likeness(few, few).share == 0.0
    assert likeness(np.zeros(0, np.uint64), np.zeros(100, np.uint64)).codes == 0


def test_a_clip_is_laid_along_a_recording_however_it_was_cut_or_hurried():
    clips = {name: encode(say(name)) for name in ("en-1", "en-2", "de-1")}
    speech = say("en-1")
    slow = np.interp(np.arange(0, len(speech), 0.985), np.arange(len(speech)), speech).astype("<i2")
    for changed in (speech, speech[3737:], np.concatenate([say("de-1")[:9001], speech]), slow):
        heard = np.frombuffer(sounding(changed), "<u8").astype(np.uint64)
        assert lay(heard, clips["en-1"]).share >= LIKE
        assert lay(heard, clips["en-2"]).share < LIKE
    assert sounding(np.zeros(16_000, np.int16)) == b""
