"""Objects put together by offset: any order, any overlap, within bounds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.base import Peers
from forensics.channels.desk import Desk
from forensics.channels.patchwork import OFFSET_LIMIT, Patchwork
from forensics.content import IN_MEMORY_BYTES
from forensics.model import ByteRange, Direction, Gap, WireObject
from tests.channels.script import ENDS


def patchwork(desk: Desk) -> Patchwork:
    return Patchwork(
        desk, Peers(key="k", ends=ENDS), protocol="p", sender=0, direction=Direction.UP, time=1.0, position=0
    )


def put(desk, pieces, total=-1):
    work = patchwork(desk)
    for offset, data in pieces:
        work.write_at(offset, data)
    work.finish(total)
    return list(desk.take())


def holes(found):
    return [(gap.start, gap.end) for gap in found.missing]


PIECES = st.lists(st.tuples(st.integers(0, 60), st.binary(max_size=20)), max_size=12)


@settings(max_examples=300, deadline=None)
@given(pieces=PIECES, shift=st.sampled_from([0, IN_MEMORY_BYTES - 30]), total=st.integers(-1, 90))
def test_pieces_lie_where_a_file_has_them(pieces, shift, total):
    wanted, known = bytearray(), set()
    for offset, data in pieces:
        if data:
            wanted.extend(bytes(max(0, offset + len(data) - len(wanted))))
            wanted[offset : offset + len(data)] = data
        known |= set(range(offset, offset + len(data)))
    desk = Desk(open_limit=10_000_000)
    found = put(desk, [(shift + offset, data) for offset, data in pieces], total)
    objects = [each for each in found if isinstance(each, WireObject)]
    assert bool(objects) is bool(known)
    for each in objects:
        content = each.content.bytes()
        assert content[shift:] == bytes(wanted)
        assert each.content.sha256 == type(each.content).of(content).sha256
        missing = {at - shift for start, end in holes(each) for at in range(max(shift, start), end)}
        assert missing == set(range(max(len(wanted), total - shift))) - known
        assert all(start < end for start, end in holes(each))
    assert desk.charge(10_000_000)


def test_what_goes_over_a_limit_is_missing():
    found = put(Desk(object_limit=10), [(0, b"a" * 8), (8, b"b" * 8)])[0]
    assert (found.content.bytes(), found.missing) == (b"a" * 8 + b"bb", (ByteRange(start=10, end=16),))
    found = put(Desk(open_limit=5000), [(0, b"a" * 800), (800, b"b" * 800)])[0]
    assert (found.content.size, holes(found)) == (800, [(800, 1600)])


def test_what_was_written_over_is_told():
    kept, gap = sorted(put(Desk(), [(0, b"secret"), (0, b"secret"), (2, b"xx")]), key=lambda f: isinstance(f, Gap))
    assert kept.content.bytes() == b"sexxet"
    assert (gap.cause, gap.size) == ("overwritten", 2)


def test_an_object_of_which_nothing_came_is_a_gap():
    assert put(Desk(), []) == []
    assert [(gap.cause, gap.size) for gap in put(Desk(), [], 9)] == [("object lost", 9)]
    assert [gap.cause for gap in put(Desk(), [(OFFSET_LIMIT * 9, b"x")])] == ["offset out of range"]


def test_dropping_and_forgetting_give_the_room_back():
    desk = Desk(open_limit=20_000)
    work = patchwork(desk)
    work.write_at(5000, b"abc")
    assert (work.size, work.is_whole) == (5003, False)
    work.drop()
    work.write_at(0, b"abc")
    work.finish()
    other = patchwork(desk)
    other.write_at(0, b"abc")
    assert other.is_whole
    del other
    assert desk.charge(20_000)
    assert desk.take() == []


def test_an_object_may_begin_behind_what_was_never_written():
    for shift in (100, IN_MEMORY_BYTES):
        desk = Desk()
        work = patchwork(desk)
        for offset, data in ((shift + 2, b"cd"), (shift + 6, b"gh")):
            work.write_at(offset, data)
        work.finish(shift + 10, origin=shift)
        (found,) = desk.take()
        assert found.content.bytes() == b"\0\0cd\0\0gh"
        assert holes(found) == [(0, 2), (4, 6), (8, 10)]
