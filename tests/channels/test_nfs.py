"""NFS of all versions, messages made by hand: files by offset, over streams and datagrams, holes, and any bytes."""

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.base import Claim
from forensics.channels.exchange import Exchange
from forensics.channels.nfs import Nfs
from forensics.model import Gap, WireObject
from tests.channels.script import CLIENT, CLOSE, ENDS, SERVER, everything, tell

FILE = random.Random(5).randbytes(3001)
FOLDER, HANDLE = b"folder" + bytes(26), b"handle" + bytes(26)
NFS, MOUNT = 100003, 100005
STATE = bytes(16)


def number(*values):
    return struct.pack(f"!{len(values)}I", *values)


def wide(value):
    return struct.pack("!Q", value)


def opaque(data):
    return number(len(data)) + data + bytes(-len(data) % 4)


def record(message, *, step=0):
    """A message with its record mark, in fragments of `step` bytes."""
    pieces = [message[at : at + step] for at in range(0, len(message), step)] if step else [message]
    ends = [0] * (len(pieces) - 1) + [0x80000000]
    return b"".join(number(end | len(piece)) + piece for end, piece in zip(ends, pieces, strict=True))


def call(key, procedure, arguments, *, version=3, program=NFS, credential=(1, bytes(20))):
    return number(key, 0, 2, program, version, procedure, credential[0]) + (
        opaque(credential[1]) + number(0, 0) + arguments
    )


def reply(key, results):
    return number(key, 1, 0, 0, 0, 0) + results


def attributes(size):
    return number(1, 1, 0o644, 1, 0, 0) + wide(size) + bytes(56)


def mounted(key=1, version=3):
    handle = opaque(FOLDER) if version == 3 else FOLDER
    asked = call(key, 1, opaque(b"/export/in"), program=MOUNT, version=version)
    return [(CLIENT, asked), (SERVER, reply(key, number(0) + handle))]


def looked_up(key=2, name=b"clip.wav", handle=HANDLE):
    return [(CLIENT, call(key, 3, opaque(FOLDER) + opaque(name))), (SERVER, reply(key, number(0) + opaque(handle)))]


def put(key, offset, data, handle=HANDLE):
    arguments = opaque(handle) + wide(offset) + number(len(data), 0) + opaque(data)
    return [(CLIENT, call(key, 7, arguments)), (SERVER, reply(key, number(0, 0, 0, len(data), 0) + bytes(8)))]


def get(key, offset, data, *, size=-1, is_end=False, handle=HANDLE):
    head = attributes(size) if size >= 0 else number(0)
    results = number(0) + head + number(len(data), is_end) + opaque(data)
    return [(CLIENT, call(key, 6, opaque(handle) + wide(offset) + number(len(data)))), (SERVER, reply(key, results))]


def commit(key, handle=HANDLE):
    return [(CLIENT, call(key, 21, opaque(handle) + wide(0) + number(0))), (SERVER, reply(key, bytes(12)))]


def compound(key, *operations, credential=(1, bytes(20))):
    body = opaque(b"tag") + number(1, len(operations)) + b"".join(operations)
    return call(key, 1, body, version=4, credential=credential)


def done(key, *results):
    return reply(key, number(0) + opaque(b"tag") + number(len(results)) + b"".join(results))


SEQUENCE, SEQUENCED = number(53) + bytes(32), number(53, 0) + bytes(36)
PUTFH, PUT = number(22) + opaque(HANDLE), number(22, 0)
NOT_DELEGATED = number(3, 1, 0)
TO_FOLDER = number(22) + opaque(FOLDER)


def opened(key=3, *, delegation=NOT_DELEGATED):
    named = number(0) + opaque(b"clip.wav")
    opening = number(18, 0, 3, 0) + bytes(8) + opaque(b"owner") + number(1, 0, 1, 2, 4) + bytes(4) + named
    told = number(18, 0) + STATE + bytes(20) + number(0, 2, 0, 0) + delegation
    sized = number(9, 0, 1, 0x18) + opaque(wide(1) + wide(3001))
    asked = compound(key, SEQUENCE, TO_FOLDER, opening, number(10), number(9, 1, 0x18))
    answer = done(key, SEQUENCED, PUT, told, number(10, 0) + opaque(HANDLE), sized)
    return [(CLIENT, asked), (SERVER, answer)]


def put_4(key, offset, data):
    writing = number(38) + STATE + wide(offset) + number(2) + opaque(data)
    answer = done(key, SEQUENCED, PUT, number(38, 0) + bytes(16))
    return [(CLIENT, compound(key, SEQUENCE, PUTFH, writing)), (SERVER, answer)]


def get_4(key, offset, data, *, is_end):
    reading = number(25) + STATE + wide(offset) + number(len(data))
    answer = done(key, SEQUENCED, PUT, number(25, 0, is_end) + opaque(data))
    return [(CLIENT, compound(key, SEQUENCE, PUTFH, reading)), (SERVER, answer)]


def closed_4(key):
    asked = compound(key, SEQUENCE, PUTFH, number(4, 1) + STATE)
    return [(CLIENT, asked), (SERVER, done(key, SEQUENCED, PUT, number(4, 0) + STATE))]


def stream(talk, *, step=0):
    """The records of a talk, those after the first one in fragments of `step` bytes."""
    return [(side, record(message, step=step if index else 0)) for index, (side, message) in enumerate(talk)]


def found(talk, *, step=0):
    return [each for each in everything(stream(talk), step=step) if isinstance(each, WireObject)]


def summary(each):
    if isinstance(each, Gap):
        return each.cause, each.size
    return each.direction, each.name, each.uri, each.content.bytes(), each.missing, each.position


def brief(each):
    return each.direction.value, each.name, each.content.bytes(), [(gap.start, gap.end) for gap in each.missing]


WRITTEN = [*mounted(), *looked_up(), *put(10, 2000, FILE[2000:]), *put(11, 0, FILE[:2000]), *commit(12)]
READ = [*mounted(), *looked_up(), *get(20, 0, FILE[:2000], size=3001), *get(21, 2000, FILE[2000:], size=3001)]
FOUR = [*mounted(), *opened(), *put_4(10, 2000, FILE[2000:]), *put_4(11, 0, FILE[:2000]), *closed_4(13)]
TALKS = {"written": WRITTEN, "read": READ, "4": FOUR}
PATH = "nfs://192.0.2.80:8080/export/in/clip.wav"


@pytest.mark.parametrize("name", TALKS)
def test_a_file_is_one_object(name):
    (each,) = found(TALKS[name])
    assert brief(each) == ("down" if name == "read" else "up", "clip.wav", FILE, [])
    assert each.uri == PATH


def test_version_2_over_datagrams():
    attributes_2 = number(1, 0o644, 1, 0, 0, 3001) + bytes(44)
    talk = [
        *mounted(version=1),
        (CLIENT, call(2, 4, FOLDER + opaque(b"clip.wav"), version=2)),
        (SERVER, reply(2, number(0) + HANDLE + attributes_2)),
        (CLIENT, call(3, 8, HANDLE + number(0, 0, 0) + opaque(FILE), version=2)),
        (CLIENT, call(3, 8, HANDLE + number(0, 0, 0) + opaque(FILE), version=2)),
        (SERVER, reply(3, number(0) + attributes_2)),
        (CLIENT, call(4, 6, HANDLE + number(1000, 500, 0), version=2)),
        (SERVER, reply(4, number(0) + attributes_2 + opaque(FILE[1000:1500]))),
    ]
    objects = datagrams(talk)
    assert [brief(each) for each in objects] == [
        ("up", "clip.wav", FILE, []),
        ("down", "clip.wav", bytes(1000) + FILE[1000:1500], [(0, 1000), (1500, 3001)]),
    ]
    assert {each.uri for each in objects} == {PATH}


def datagrams(talk, *, cut=0):
    """What comes of datagrams, the last of which the capture cut."""
    exchange = Exchange()
    pair = exchange.hear("udp/k", ENDS, 1000.0)
    for time, (side, message) in enumerate(talk, start=1000):
        kept = len(message) - (cut if message is talk[-1][1] else 0)
        pair.datagram(side, message[: max(0, kept)], len(message), float(time))
    pair.over(2000.0)
    exchange.finish()
    return [each for each in exchange.take() if isinstance(each, WireObject)]


def test_a_datagram_that_was_cut_leaves_something_missing():
    (each,) = datagrams([*mounted(), *looked_up(), put(10, 0, FILE)[0]], cut=1003)
    assert brief(each) == ("up", "clip.wav", FILE[:2001], [(2001, 3001)])


def test_version_4_reads_up_to_the_end():
    talk = [*mounted(), *opened(), *get_4(10, 0, FILE[:1000], is_end=False), *get_4(11, 2000, FILE[2000:], is_end=True)]
    (each,) = found([*talk, *closed_4(12)])
    assert brief(each) == ("down", "clip.wav", FILE[:1000] + bytes(1000) + FILE[2000:], [(1000, 2000)])


def test_version_4_reads_stretches():
    plus = number(68) + STATE + wide(0) + number(3001)
    stretches = number(68, 0, 1, 2, 0) + wide(1000) + opaque(FILE[1000:]) + number(1) + wide(0) + wide(1000)
    talk = [(CLIENT, compound(5, SEQUENCE, PUTFH, plus)), (SERVER, done(5, SEQUENCED, PUT, stretches))]
    assert [brief(each)[3] for each in found([*opened(), *talk])] == [[(0, 1000)]]


@pytest.mark.parametrize("delegation", [number(0), number(1) + STATE + number(0, 0, 0, 0) + opaque(b"x")])
def test_version_4_delegations_do_not_hide_the_handle(delegation):
    (each,) = found([*mounted(), *opened(delegation=delegation), *put_4(10, 0, FILE)])
    assert each.name == "clip.wav"


def test_each_opening_in_version_4_is_an_object_of_its_own():
    talk = [*opened(), *put_4(10, 0, b"one"), *closed_4(11), *opened(12), *put_4(13, 0, b"two"), *closed_4(14)]
    assert [brief(each)[2] for each in found(talk)] == [b"one", b"two"]


def test_folders_listed_with_handles_name_files():
    entry = number(1) + wide(7) + opaque(b"clip.wav") + wide(1) + number(0, 1) + opaque(HANDLE)
    listing = number(0, 0) + bytes(8) + entry + number(0, 1)
    listed = [(CLIENT, call(2, 17, opaque(FOLDER) + bytes(24))), (SERVER, reply(2, listing))]
    (each,) = found([*mounted(), *listed, *put(3, 0, FILE)])
    assert each.uri == PATH


def test_a_handle_nobody_named_names_the_file():
    (each,) = found(put(3, 0, FILE))
    assert each.name == HANDLE.hex()


def test_a_file_over_several_connections_is_one_object():
    exchange = Exchange()
    talks = [[*mounted(), *looked_up(), *put(10, 0, FILE[:2000])], put(11, 2000, FILE[2000:])]
    for index, talk in enumerate(talks):
        ends = (ENDS[0][0], ENDS[0][1] + index), ENDS[1]
        tell(exchange.open(f"k{index}", ends, 1000.0), stream(talk))
    exchange.finish()
    assert [brief(each) for each in exchange.take()] == [("up", "clip.wav", FILE, [])]


def test_a_file_is_over_when_nothing_was_heard_of_it_for_long():
    exchange = Exchange()
    listener = exchange.open("k", ENDS, 1000.0)
    tell(listener, stream([*looked_up(), *put(10, 0, FILE), *commit(11)]))
    exchange.flush(1015.0)
    assert not exchange.take()
    exchange.flush(1040.0)
    assert [brief(each)[2] for each in exchange.take()] == [FILE]


def test_encrypted_and_signed_calls():
    signed = (6, number(1, 0, 7, 2) + opaque(b"context"))
    sealed = (6, number(1, 0, 7, 3) + opaque(b"context"))
    arguments = opaque(HANDLE) + wide(0) + number(len(FILE), 0) + opaque(FILE)
    talk = [(CLIENT, call(5, 7, opaque(number(7) + arguments) + opaque(b"sum"), credential=signed))]
    assert [brief(each)[2] for each in found(talk)] == [FILE]
    talk = [
        (CLIENT, call(5, 7, opaque(FILE), credential=sealed)),
        (SERVER, reply(5, opaque(FILE))),
        (CLIENT, call(6, 7, opaque(FILE), credential=sealed)),
    ]
    assert [summary(each) for each in everything(stream(talk))] == [("encrypted", 3 * 3001)]


def test_what_is_lost_of_a_write_is_missing_and_the_next_one_is_read():
    first, second = (record(put(key, at, FILE)[0][1]) for key, at in ((10, 0), (11, 3001)))
    begin = stream([*mounted(), *looked_up()])
    script = [*begin, (CLIENT, first[:1000]), (CLIENT, 500), (CLIENT, first[1500:]), (CLIENT, second)]
    (each,) = (each for each in everything(script) if isinstance(each, WireObject))
    (hole,) = brief(each)[3]
    assert hole[1] - hole[0] == 500
    assert each.content.bytes()[hole[1] :] == FILE[hole[1] :] + FILE
    script = [*begin, (CLIENT, first[:1000]), (CLIENT, 5000), (CLIENT, FILE[:99]), (CLIENT, second)]
    (each, gap) = everything(script)
    assert each.content.bytes()[3001:] == FILE
    assert summary(gap) == ("out of step", 99)


@pytest.mark.parametrize("name", TALKS)
@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1000])
def test_cutting_the_bytes_differently_gives_the_same(name, step):
    whole = [summary(each) for each in found(TALKS[name])]
    assert whole
    assert [summary(each) for each in found(TALKS[name], step=step)] == whole


@pytest.mark.parametrize("name", TALKS)
@pytest.mark.parametrize("step", [4, 40, 1000])
def test_fragments_of_records_are_put_together(name, step):
    objects = [each for each in everything(stream(TALKS[name], step=step)) if isinstance(each, WireObject)]
    assert [summary(each)[:5] for each in objects] == [summary(each)[:5] for each in found(TALKS[name])]


@pytest.mark.parametrize("name", TALKS)
def test_a_side_whose_packets_come_late_changes_nothing(name):
    talk = TALKS[name]
    wanted = [brief(each) for each in found(talk)]
    for first in (CLIENT, SERVER):
        late = [*talk[:1], *[x for x in talk[1:] if x[0] == first], *[x for x in talk[1:] if x[0] != first]]
        assert [brief(each) for each in found(late)] == wanted


PIECES = [message for talk in TALKS.values() for _, message in talk]
DAMAGED = st.builds(
    lambda raw, at, more: raw[:at] + more + raw[at + len(more) :],
    st.sampled_from(PIECES), st.integers(0, 160), st.binary(min_size=1, max_size=4),
)  # fmt: skip
SAYING = st.one_of(st.sampled_from(PIECES), DAMAGED, st.binary(max_size=90))
ACT = st.tuples(st.sampled_from([CLIENT, SERVER]), st.one_of(SAYING.map(record), SAYING, st.integers(1, 3000)))


@settings(max_examples=150, deadline=None)
@given(script=st.lists(ACT, max_size=12), step=st.sampled_from([5, 64]))
def test_any_bytes_give_the_same_however_they_are_cut(script, step):
    script = [*stream(mounted()), *script, (CLIENT, CLOSE), (SERVER, CLOSE)]
    whole = [summary(each) for each in everything(script)]
    assert [summary(each) for each in everything(script, step=step)] == whole


@settings(max_examples=100, deadline=None)
@given(talk=st.lists(st.tuples(st.sampled_from([CLIENT, SERVER]), SAYING), max_size=12), cut=st.integers(0, 20))
def test_any_datagrams_give_objects_or_nothing(talk, cut):
    for each in datagrams([*mounted(), *talk], cut=cut):
        assert each.content.size > 0


def test_it_is_told_from_other_protocols():
    asked, told = (record(message) for _, message in mounted())
    assert Nfs.claims((asked, b"")) is Claim.SIDE_0_IS_CLIENT
    assert Nfs.claims((told, asked)) is Claim.SIDE_1_IS_CLIENT
    assert Nfs.claims((told, b"")) is Claim.MAYBE
    assert Nfs.claims((record(call(1, 0, b"", program=100000)), b"")) is Claim.NO
    assert Nfs.claims((b"GET / HTTP/1.1\r\nHost: x", b"")) is Claim.NO
