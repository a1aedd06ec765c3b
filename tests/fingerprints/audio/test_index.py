import numpy as np
import pytest

from forensics.errors import Malformed
from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.index import AUDIO_VERSION, AudioIndex
from forensics.fingerprints.audio.segment import Segment
from tests.fingerprints.audio.speech import SENTENCES, registered, say


def test_an_index_knows_its_clips() -> None:
    index = registered()
    assert len(index) == len(SENTENCES)
    assert index.version == AUDIO_VERSION
    (segment,) = index.segments
    assert [segment.id(ordinal) for ordinal in range(len(segment))] == list(SENTENCES)


def test_a_broken_blob_is_malformed() -> None:
    with pytest.raises(Malformed):
        AudioIndex.build([("a", fingerprint(say("en-1"))[:-1])])


def test_a_removed_clip_is_not_live_and_not_counted() -> None:
    blob = fingerprint(say("en-1"))
    segments = [Segment.build([("a", blob), ("b", blob)], [3, 7]), Segment.build([("c", blob)], [9])]
    index = AudioIndex(segments, np.array([2, 7, 8, 100]))
    assert len(index) == 2
    assert index.is_live(0, np.array([1, 0, 1])).tolist() == [False, True, False]
    assert index.is_live(1, np.array([0])).tolist() == [True]
    assert len(AudioIndex(segments, np.array([3, 7, 9]))) == 0


def test_an_index_of_nothing_is_empty() -> None:
    assert len(AudioIndex([])) == len(AudioIndex.build([])) == 0
