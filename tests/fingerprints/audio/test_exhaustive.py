import numpy as np

from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.index import AudioIndex
from tests.fingerprints.audio.speech import registered, say


def test_near_finds_exactly_what_a_plain_comparison_finds() -> None:
    index = registered()
    everything = np.concatenate([index.clip(number).values for number in range(len(index))])
    usable = np.concatenate([index.clip(number).is_usable for number in range(len(index))])
    assert index.code_count == len(everything)
    queries = everything[:90]
    expected = {
        (query, code)
        for query, value in enumerate(queries)
        for code in np.flatnonzero((np.bitwise_count(everything ^ value) <= 16) & usable)
    }
    found, codes, distances = index.near(queries, radius=16)
    assert set(zip(found.tolist(), codes.tolist(), strict=True)) == expected
    assert (distances == np.bitwise_count(everything[codes] ^ queries[found])).all()


def test_codes_are_located_in_their_clips_also_beside_empty_ones() -> None:
    blob = fingerprint(say("en-1"))
    empty = fingerprint(np.zeros(10, np.int16))
    index = AudioIndex.build([("a", empty), ("b", blob), ("c", empty), ("d", blob)])
    size = len(index.clip(1))
    clips, positions = index.locate(np.array([0, size - 1, size, 2 * size - 1]))
    assert clips.tolist() == [1, 1, 3, 3]
    assert positions.tolist() == [0, size - 1, 0, size - 1]


def test_an_empty_index_finds_nothing() -> None:
    found, codes, distances = AudioIndex.build([]).near(np.array([1, 2], dtype=np.uint64), radius=64)
    assert len(found) == len(codes) == len(distances) == 0
