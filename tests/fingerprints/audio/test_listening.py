"""A recording that comes in pieces: what is found, when, and that it does not depend on the pieces."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.fingerprints.audio import features
from forensics.fingerprints.audio.blocks import AHEAD, OVERLAP_S, Blocks
from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.features import HOP_S, RATE_HZ
from forensics.fingerprints.audio.hearing import NEAR, hear
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.search import AudioMatch, Listening, search
from tests.benchmarks.audio_corpus import Samples
from tests.fingerprints.audio.speech import SENTENCES, STRANGERS, registered, say


def talk(seconds: float) -> Samples:
    """Speech that is not registered."""
    return np.resize(np.concatenate([say(name) for name in STRANGERS]), int(seconds * RATE_HZ))


def planted(places: dict[float, str], seconds: float) -> Samples:
    """Talk with registered clips laid over it from those seconds on."""
    samples = talk(seconds)
    for start_s, name in places.items():
        samples[int(start_s * RATE_HZ) :][: len(say(name))] = say(name)
    return samples


def pushed(samples: Samples, cuts: list[int], *, block_s: float = 12.0) -> list[AudioMatch]:
    listening = Listening(registered(), candidates=2, block_s=block_s)
    pieces = np.split(samples, sorted(cuts))
    return [match for piece in pieces for match in listening.push(piece)] + listening.finish()


@cache
def whole() -> tuple[Samples, list[AudioMatch]]:
    samples = planted({3.0: "en-1", 8.0: "de-2", 15.1: "ru-1"}, 21)
    return samples, pushed(samples, [], block_s=6.0)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(0, 21 * RATE_HZ), max_size=40))
def test_results_do_not_depend_on_how_a_stream_is_cut(cuts: list[int]) -> None:
    samples, matches = whole()
    assert [match.item for match in matches if match.accepted] == ["en-1", "de-2", "ru-1"]
    assert pushed(samples, cuts, block_s=6.0) == matches


def test_packets_of_a_call() -> None:
    samples = planted({10.5: "ar-1"}, 16)
    assert pushed(samples, list(range(0, len(samples), 160))) == pushed(samples, [])


@pytest.mark.parametrize("number", range(len(NEAR)))
def test_blocks_together_hear_what_the_whole_recording_holds(number: int) -> None:
    samples, blocks = talk(29.3), Blocks(8.0)
    powers, supposed = features.spectrum(samples), NEAR[number]
    at = None if supposed.tempo == 1 else features.stretched(len(powers), supposed.tempo)
    once, heard = hear(powers, supposed, at), 0
    for block in [*blocks.push(samples), *blocks.finish()]:
        ear = block.ears[number]
        first = round((ear.shift + block.first) * supposed.tempo / 2)
        same = once.since(first, first + len(ear.hearing.soft))
        np.testing.assert_allclose(ear.hearing.soft, same.soft, atol=1e-4)
        np.testing.assert_allclose(ear.hearing.surprise, same.surprise, atol=1e-3)
        assert (ear.hearing.is_usable == same.is_usable).all()
        assert first + ear.fresh <= max(0, heard - OVERLAP_S / HOP_S / 2 * 0.9)
        heard = first + len(ear.hearing.soft)
    assert heard == len(once.soft)


@pytest.mark.parametrize("start_s", np.arange(6.1, 12.5, 0.9).tolist())
def test_a_clip_at_a_border_is_found_once_and_whole(start_s: float) -> None:
    name = "en-1"
    [match] = [each for each in pushed(planted({start_s: name}, 26), []) if each.accepted]
    assert match.item == name
    assert match.query_start_s - match.clip_start_s == pytest.approx(start_s, abs=0.02)
    assert match.duration_s == pytest.approx(len(say(name)) / RATE_HZ, abs=0.5)


def test_a_clip_is_reported_soon_after_its_end() -> None:
    places = {4.0: "en-2", 17.3: "de-1", 30.0: "cmn-1"}
    samples, block_s = planted(places, 50), 8.0
    listening = Listening(registered(), block_s=block_s)
    reported = []
    for second in range(50):
        for match in listening.push(samples[second * RATE_HZ : (second + 1) * RATE_HZ]):
            reported.append(match.item)
            assert second + 1 - (match.query_start_s + match.duration_s) <= block_s + OVERLAP_S + AHEAD * HOP_S + 1.2
    assert reported == list(places.values())


def test_a_compilation() -> None:
    gap = (np.random.default_rng(1).standard_normal(RATE_HZ // 10) * 30).astype(np.int16)
    names = [*SENTENCES, *SENTENCES]
    parts = [part for name in names for part in (say(name)[: int(2.5 * RATE_HZ)], gap)]
    matches = sorted(search(registered(), np.concatenate(parts)), key=lambda each: each.query_start_s)
    assert [each.item for each in matches] == names
    places = [each.query_start_s - each.clip_start_s for each in matches]
    assert places == pytest.approx([2.6 * number for number in range(len(names))], abs=0.03)


def test_a_clip_five_times_over() -> None:
    matches = search(registered(), np.tile(say("de-2"), 5))
    assert [each.item for each in matches] == ["de-2"] * 5
    length_s = len(say("de-2")) / RATE_HZ
    places = sorted(each.query_start_s - each.clip_start_s for each in matches)
    assert places == pytest.approx([length_s * number for number in range(5)], abs=0.03)


def test_a_clip_longer_than_a_block_is_one_match() -> None:
    reading = np.concatenate([say(name) for name in SENTENCES])
    index = AudioIndex.build([("reading", fingerprint(reading))])
    seconds, listening = len(reading) / RATE_HZ, Listening(index, block_s=6.0)
    assert seconds > 30
    matches = listening.push(np.concatenate([talk(7), reading, talk(9)])) + listening.finish()
    assert [each.query_start_s - each.clip_start_s for each in matches] == pytest.approx([7], abs=0.03)
    assert matches[0].duration_s == pytest.approx(seconds, abs=1)


def test_a_recording_of_nothing_and_of_less_than_a_frame() -> None:
    for count in (0, 1, 511, 512):
        listening = Listening(registered(), candidates=3)
        assert listening.push(np.zeros(count, np.int16)) + listening.finish() == []
