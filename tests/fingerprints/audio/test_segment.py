import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import Malformed
from forensics.fingerprints.audio import segment_layout
from forensics.fingerprints.audio.codes import STEP, VERSION, fingerprint
from forensics.fingerprints.audio.postings import Postings, key_bits_for
from forensics.fingerprints.audio.segment import POST_STEP, Segment
from tests.fingerprints.audio.blobs import blob
from tests.fingerprints.audio.speech import say


def clips(seed: int, count: int, *, most: int = 120) -> list[tuple[str, bytes]]:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, most, count)
    return [
        (f"Ç-{n}", blob(rng.integers(0, 2**64, size, dtype=np.uint64), rng.random(size) < 0.8))
        for n, size in enumerate(sizes)
    ]


def packed(segment: Segment) -> bytes:
    return b"".join(segment_layout.pack(segment))


def same(one: Segment, other: Segment) -> bool:
    return packed(one) == packed(other)


def test_every_posted_code_is_found_by_its_key_and_by_no_other() -> None:
    segment = Segment.build(clips(1, 300))
    assert segment.key_bits == key_bits_for(len(segment.postings))
    _, positions = segment.locate(np.arange(len(segment.codes), dtype=np.uint32))
    posted = np.flatnonzero(segment.all_usable() & (positions % POST_STEP == 0))
    rng = np.random.default_rng(2)
    probes = np.concatenate([segment.codes[posted[:500]], rng.integers(0, 2**64, 500, dtype=np.uint64)])
    mask = np.uint64((1 << segment.key_bits) - 1)
    expected = {
        (row, number)
        for row, value in enumerate(probes)
        for number in posted[(segment.codes[posted] ^ value) & mask == 0]
    }
    rows, numbers = segment.lookup(probes)
    assert set(zip(rows.tolist(), numbers.tolist(), strict=True)) == expected
    assert len(rows) == len(expected)
    rows, numbers, distances = segment.near(probes, ~probes, radius=30)
    truth = np.bitwise_count(segment.codes[numbers] ^ ~probes[rows])
    assert (distances == truth).all()
    assert len(rows) == sum(int(np.bitwise_count(segment.codes[n] ^ ~probes[row])) <= 30 for row, n in expected)


def test_a_bucket_that_holds_far_more_than_its_share_says_nothing() -> None:
    rng = np.random.default_rng(3)
    values = rng.integers(0, 2**64, 40_000, dtype=np.uint64)
    values[:1000] = 7
    postings = Postings.of(values, np.arange(len(values), dtype=np.uint32))
    found = sum(len(rows) for rows, _ in postings.blocks(np.array([7], np.uint64), limit=len(values)))
    assert found == 0
    rare = values[2000:2001]
    assert any(2000 in numbers for _, numbers in postings.blocks(rare, limit=len(values)))


def test_a_clip_comes_back_as_it_was_with_its_name() -> None:
    items = clips(4, 40)
    segment = segment_layout.read(packed(Segment.build(items)))
    for ordinal, (identity, codes) in enumerate(items):
        clip = segment.clip(ordinal)
        assert segment.id(ordinal) == identity
        assert blob(clip.values, clip.is_usable) == codes
    ordinals, positions = segment.locate(np.arange(len(segment.codes), dtype=np.uint32))
    whole = np.concatenate([segment.clip(o).is_usable for o in range(len(segment))])
    assert (segment.usable(np.arange(len(segment.codes), dtype=np.uint32)) == whole).all()
    assert all(segment.starts[o] + p == n for n, (o, p) in enumerate(zip(ordinals, positions, strict=True)))


def test_merging_is_building_from_what_is_left() -> None:
    one, two = clips(5, 30), clips(6, 25)
    live = [np.arange(30) % 3 != 0, np.arange(25) % 5 != 1]
    merged = Segment.merge([Segment.build(one), Segment.build(two, range(100, 125))], live)
    kept = [(item, n) for n, item in enumerate(one) if live[0][n]]
    kept += [(item, 100 + n) for n, item in enumerate(two) if live[1][n]]
    assert same(merged, Segment.build([item for item, _ in kept], [label for _, label in kept]))
    assert merged.ordinals(np.array([0, 1, 2, 101, 102, 500])).tolist() == [0, 1, len(kept) - sum(live[1][2:])]
    assert len(Segment.merge([], [])) == 0


def test_a_segment_of_speech_costs_what_it_may() -> None:
    fingerprints = [(name, fingerprint(say(name))) for name in ("en-1", "en-2") for _ in range(50)]
    segment = Segment.build(fingerprints)
    seconds = len(segment.codes) * STEP / 100
    assert len(packed(segment)) / seconds < 300


def test_another_version_a_cut_and_a_changed_byte_are_malformed() -> None:
    data = packed(Segment.build(clips(7, 20)))
    assert len(segment_layout.read(memoryview(data))) == 20
    segment_layout.verify(data)
    for broken in (b"", data[:40], data[:-1], data + b"\0", b"RIFF" + data[4:]):
        with pytest.raises(Malformed):
            segment_layout.read(broken)
    old = bytearray(data)
    old[6:8] = (VERSION + 1).to_bytes(2, "little")
    with pytest.raises(Malformed):
        segment_layout.read(old)
    changed = bytearray(data)
    changed[80] ^= 1
    with pytest.raises(Malformed):
        segment_layout.verify(changed)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_is_changed_in_a_file_nothing_but_malformed_is_raised(data: st.DataObject) -> None:
    image = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(64, len(image) - 4))
        image[at : at + 4] = data.draw(st.binary(min_size=4, max_size=4))
    try:
        segment = segment_layout.read(image)
        numbers = segment.lookup(PROBES)[1]
        ordinals, _ = segment.locate(numbers)
        segment.usable(numbers)
        for ordinal in {*ordinals.tolist(), 0, len(segment) - 1}:
            segment.clip(ordinal)
            segment.id(ordinal)
        segment.ordinals(np.array([0, 5, 1 << 40]))
    except Malformed:
        pass


SMALL = packed(Segment.build(clips(8, 12, most=40)))
PROBES = np.random.default_rng(9).integers(0, 2**64, 400, dtype=np.uint64)
