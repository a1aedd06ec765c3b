from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.wire.ordering import PENDING_LIMIT_BYTES, Ordering


def run(pieces, *, start=0):
    """Push (offset, bytes) pieces of a stream that begins at sequence `start`, give up holes at the end."""
    ordering = Ordering(start)
    out = []
    for offset, data in pieces:
        out += ordering.push(ordering.offset_of(start + offset), data, len(data), 0.0)
    while ordering.is_waiting:
        out += ordering.give_up()
    return out, ordering


def joined(out):
    return b"".join(b"?" * piece if isinstance(piece, int) else piece for piece in out)


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(min_size=1, max_size=200),
    start=st.sampled_from([0, 1, 2**31, 2**32 - 50]),
    cuts=st.lists(st.tuples(st.integers(0, 199), st.integers(1, 80)), max_size=20),
    seed=st.randoms(use_true_random=False),
)
def test_any_cut_order_overlap_and_repetition_gives_the_stream(data, start, cuts, seed):
    pieces = [(at, data[at : at + 37]) for at in range(0, len(data), 37)]
    pieces += [(at, data[at : at + size]) for at, size in cuts if at < len(data)]
    seed.shuffle(pieces)
    out, ordering = run(pieces, start=start)
    assert out == [piece for piece in out if not isinstance(piece, int)]
    assert joined(out) == data
    assert ordering.conflicts == 0


@settings(max_examples=100, deadline=None)
@given(lost=st.sets(st.integers(0, 19)), seed=st.randoms(use_true_random=False))
def test_what_is_lost_is_a_hole_of_its_size(lost, seed):
    data = bytes(range(200))
    pieces = [(at * 10, data[at * 10 : at * 10 + 10]) for at in range(20) if at not in lost]
    seed.shuffle(pieces)
    out, _ = run(pieces)
    last = max((at for at in range(20) if at not in lost), default=-1)
    expected = b"".join(b"?" * 10 if at in lost else data[at * 10 : at * 10 + 10] for at in range(last + 1))
    assert joined(out) == expected


def test_the_first_bytes_win_and_a_conflict_is_counted():
    out, ordering = run([(0, b"abc"), (6, b"ghi"), (1, b"XYdefG"), (9, b"j")])
    assert joined(out) == b"abcdefghij"
    assert ordering.conflicts == 3


def test_a_stream_longer_than_the_sequence_space():
    ordering = Ordering(2**32 - 10)
    block, sequence, total = b"z" * (1 << 20), 2**32 - 10, 0
    for _ in range(5000):
        offset = ordering.offset_of(sequence)
        total += sum(len(piece) for piece in ordering.push(offset, block, len(block), 0.0))
        sequence = (sequence + len(block)) % 2**32
    assert total == ordering.next == 5000 << 20


def test_bytes_a_snap_length_cut_are_a_hole():
    ordering = Ordering(0)
    assert list(ordering.push(0, b"abc", 10, 0.0)) == [b"abc", 7]
    assert list(ordering.push(10, b"d", 1, 0.0)) == [b"d"]


def test_waiting_bytes_are_bounded_and_far_ones_refused():
    ordering = Ordering(0)
    assert list(ordering.push(1 << 29, b"far", 3, 0.0)) == []
    assert not ordering.is_waiting
    for at in range(1, 6):
        list(ordering.push(at << 20, b"w" * (1 << 20), 1 << 20, 0.0))
    assert ordering.is_overfull
    assert ordering.pending_bytes > PENDING_LIMIT_BYTES
