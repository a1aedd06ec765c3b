"""SMB of all versions, frames made by hand: files by offset, answers in any order, holes, pipes, and any bytes."""

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.base import Claim
from forensics.channels.smb import Smb
from forensics.model import Gap, WireObject
from tests.channels.script import CLIENT, CLOSE, SERVER, everything
from tests.channels.test_smb_compression import LZ77, NONE, chained, link, lz77, repeated

FILE = random.Random(3).randbytes(5000)
HANDLE = bytes(range(16))
SAME = b"\xff" * 16
PENDING, PARTLY = 0x103, 0x80000005
NEGOTIATE, CONNECT, CREATE, CLOSING, READ, WRITE, SET_INFO = 0, 3, 5, 6, 8, 9, 17


def frame(*commands):
    body = b"".join(commands)
    return struct.pack("!I", len(body)) + body


def smb2(command, body, *, message=1, status=0, answer=False, related=False, is_async=False, after=0, tree=5):
    flags = answer | is_async << 1 | related << 2
    raw = b"\xfeSMB" + struct.pack("<HHIHHIIQIIQ16x", 64, 1, status, command, 1, flags, after, message, 0, tree, 7)
    return (raw + body).ljust(after, b"\0")


def utf16(name):
    return name.encode("utf-16-le")


def negotiate():
    return [(CLIENT, frame(smb2(NEGOTIATE, bytes(36), message=0))), (SERVER, frame(smb2(0, bytes(65), answer=True)))]


def connect(path=r"\\server\stock", *, kind=1, message=2):
    asked = struct.pack("<HHHH", 9, 0, 72, len(utf16(path))) + utf16(path)
    told = struct.pack("<HBBIII", 16, kind, 0, 0, 0, 0)
    return [
        (CLIENT, frame(smb2(CONNECT, asked, message=message, tree=0))),
        (SERVER, frame(smb2(CONNECT, told, message=message, answer=True))),
    ]


def create(path):
    return struct.pack("<H42xHH8x", 57, 120, len(utf16(path))) + utf16(path)


def created(handle=HANDLE, size=0):
    return struct.pack("<H46xQII", 89, size, 0x20, 0) + handle + bytes(8)


def open_(path, *, message=3, handle=HANDLE, size=0):
    return [
        (CLIENT, frame(smb2(CREATE, create(path), message=message))),
        (SERVER, frame(smb2(CREATE, created(handle, size), message=message, answer=True))),
    ]


def write(offset, data, handle=HANDLE):
    return struct.pack("<HHIQ16sIIHHI", 49, 112, len(data), offset, handle, 0, 0, 0, 0, 0) + data


def put(offset, data, *, message=10, handle=HANDLE):
    return [(CLIENT, frame(smb2(WRITE, write(offset, data, handle), message=message)))]


def ask(offset, length, *, message=20, handle=HANDLE):
    body = struct.pack("<HBBIQ16sIIIHHx", 49, 80, 0, length, offset, handle, 0, 0, 0, 0, 0)
    return [(CLIENT, frame(smb2(READ, body, message=message)))]


def tell(data, *, message=20, status=0):
    body = struct.pack("<HBBIII", 17, 80, 0, len(data), 0, 0) + data
    return [(SERVER, frame(smb2(READ, body, message=message, answer=True, status=status)))]


def close(*, message=30, handle=HANDLE):
    return [
        (CLIENT, frame(smb2(CLOSING, struct.pack("<HHI16s", 24, 0, 0, handle), message=message))),
        (SERVER, frame(smb2(CLOSING, bytes(60), message=message, answer=True))),
    ]


def objects(script, step=0):
    return [each for each in everything(script, step=step) if isinstance(each, WireObject)]


def gaps(script):
    return [(each.cause, each.size) for each in everything(script) if isinstance(each, Gap)]


def summary(found):
    if isinstance(found, Gap):
        return found.cause, found.size, found.detail
    return found.direction, found.name, found.uri, found.content.bytes(), found.missing, found.position, found.time


def brief(found):
    return found.direction.value, found.name, found.content.bytes(), [(gap.start, gap.end) for gap in found.missing]


def start():
    return negotiate() + connect()


def test_a_file_written_in_any_order_is_one_object():
    script = [*start(), *open_(r"in\clip.wav"), *put(3000, FILE[3000:]), *put(0, FILE[:3000]), *close()]
    (found,) = objects(script)
    assert brief(found) == ("up", "clip.wav", FILE, [])
    assert found.uri == "smb://192.0.2.80:8080/stock/in/clip.wav"
    assert (found.source, found.destination) == ("10.1.0.5:40000", "192.0.2.80:8080")


def test_each_opening_is_an_object_of_its_own():
    again = bytes(16)
    script = [*start(), *open_("a"), *put(0, b"one"), *close(), *open_("a", handle=again, message=40)]
    script += [*put(0, b"two", handle=again), *close(handle=again, message=41)]
    assert [brief(found)[2] for found in objects(script)] == [b"one", b"two"]


def test_reads_find_their_questions_in_any_order():
    script = [*start(), *open_("a.bin", size=5000), *ask(0, 2000, message=20), *ask(2000, 3000, message=21)]
    pending = (SERVER, frame(smb2(READ, bytes(9), message=21, status=PENDING, answer=True, is_async=True)))
    script += [pending, *tell(FILE[2000:], message=21), *tell(FILE[:2000], message=20), *close()]
    assert [brief(found) for found in objects(script)] == [("down", "a.bin", FILE, [])]


def test_what_was_not_read_of_a_file_is_missing():
    script = [*start(), *open_("a.bin", size=5000), *ask(1000, 500), *tell(FILE[1000:1500])]
    (found,) = objects(script)
    assert brief(found) == ("down", "a.bin", bytes(1000) + FILE[1000:1500], [(0, 1000), (1500, 5000)])


def test_the_size_a_client_gives_a_file_tells_what_is_missing():
    body = struct.pack("<HBBIHHI16sQ", 33, 1, 20, 8, 96, 0, 0, HANDLE, 5000)
    sized = (CLIENT, frame(smb2(SET_INFO, body, message=9)))
    (found,) = objects([*start(), *open_("a.bin"), sized, *put(0, FILE[:100]), *close()])
    assert brief(found) == ("up", "a.bin", FILE[:100], [(100, 5000)])


def test_a_file_renamed_while_it_is_open_bears_its_last_name():
    name = utf16(r"done\clip.wav")
    data = struct.pack("<B7xQI", 0, 0, len(name)) + name
    body = struct.pack("<HBBIHHI16s", 33, 1, 10, len(data), 96, 0, 0, HANDLE) + data
    renamed = (CLIENT, frame(smb2(SET_INFO, body, message=9)))
    (found,) = objects([*start(), *open_("~1.tmp"), *put(0, FILE), renamed, *close()])
    assert (found.name, found.uri) == ("clip.wav", "smb://192.0.2.80:8080/stock/done/clip.wav")


def test_related_commands_mean_the_file_opened_before_them():
    first = smb2(CREATE, create("a.bin"), message=3, after=(64 + 56 + 10 + 7) & ~7)
    second = smb2(WRITE, write(0, FILE[:800], SAME), message=4, related=True, after=64 + 48 + 800)
    third = smb2(CLOSING, struct.pack("<HHI16s", 24, 0, 0, SAME), message=5, related=True)
    answers = [
        smb2(CREATE, created(), message=3, answer=True, after=160),
        smb2(WRITE, bytes(16), message=4, answer=True, related=True, after=80),
        smb2(CLOSING, bytes(60), message=5, answer=True, related=True),
    ]
    (found,) = objects([*start(), (CLIENT, frame(first, second, third)), (SERVER, frame(*answers))])
    assert brief(found) == ("up", "a.bin", FILE[:800], [])


def test_joined_in_its_middle_a_file_is_named_by_its_handle():
    script = [*put(0, FILE[:2000]), *ask(0, 500), *tell(FILE[:500]), *close()]
    assert [brief(found)[:3] for found in objects(script)] == [
        ("up", HANDLE.hex(), FILE[:2000]),
        ("down", HANDLE.hex(), FILE[:500]),
    ]


def test_joined_amid_a_write_the_next_frame_is_found():
    script = [(CLIENT, FILE), *put(0, FILE[:2000])]
    assert [brief(found)[:3] for found in objects(script)] == [("up", HANDLE.hex(), FILE[:2000])]


def test_pipes_carry_no_files():
    call = b"\5\0\x0b\3\x10\0\0\0" + bytes(100)
    share = negotiate() + connect(r"\\server\IPC$", kind=2)
    assert not everything([*share, *open_("srvsvc"), *put(0, FILE), *ask(0, 9), *tell(FILE), *close()])
    assert not everything([*put(0, call), *ask(0, 9), *tell(call), *close()])


def test_what_is_lost_of_a_write_is_missing_and_the_next_one_is_read():
    (side, raw), later = put(0, FILE)[0], put(5000, FILE)[0]
    script = [*start(), *open_("a.bin"), (side, raw[:2000]), (side, 1000), (side, raw[3000:]), later, *close()]
    (found,) = objects(script)
    head = 4 + 64 + 48
    wanted = FILE[: 2000 - head] + bytes(1000) + FILE[3000 - head :] + FILE
    assert brief(found) == ("up", "a.bin", wanted, [(2000 - head, 3000 - head)])


def test_after_a_loss_the_next_frame_is_sought():
    (side, raw), later = put(0, FILE)[0], put(5000, FILE)[0]
    script = [*start(), *open_("a.bin"), (side, raw[:2000]), (side, 9000), (side, FILE[:777]), later, *close()]
    (found,) = objects(script)
    assert brief(found)[3] == [(2000 - 116, 5000)]
    assert found.content.bytes()[5000:] == FILE
    assert gaps(script) == [("out of step", 777)]


def test_a_read_without_its_request_is_a_gap():
    assert gaps([*start(), *open_("a.bin"), *tell(FILE, message=77), *close()]) == [("read without its request", 5000)]


def compressed(script):
    """The frames of a script as chains whose runs of zeros are counted."""
    for side, what in script:
        message = what[4:]
        links = [link(NONE, message[:-5000]), repeated(b"\0", 5000)] if message.endswith(bytes(5000)) else []
        yield side, frame(chained(len(message), *(links or [link(LZ77, lz77(message), len(message))])))


@pytest.mark.parametrize("step", [0, 100])
def test_what_is_compressed_is_read(step):
    silent = b"RIFF" + bytes(9000)
    script = [*open_(r"in\clip.wav"), *put(0, silent[:6000]), *put(6000, silent[6000:], message=11), *close()]
    script += [*open_("again.wav", message=50), *put(0, silent[:6000], message=51), *close(message=52)]
    plain, packed = objects([*start(), *script], step), objects([*start(), *compressed(script)], step)
    assert [brief(found) for found in packed] == [brief(found) for found in plain]
    assert len({found.position for found in packed}) == 2


def test_what_is_compressed_and_lacks_bytes_is_a_gap():
    (asked,) = compressed(put(0, bytes(6000)))
    script = [*start(), *open_("a"), (CLIENT, asked[1][:60]), (CLIENT, 20), (CLIENT, asked[1][80:]), *put(9, b"x")]
    assert ("compressed", len(asked[1]) - 4) in gaps(script)
    assert [brief(found)[2][9:] for found in objects([*script, *close()])] == [b"x"]


@pytest.mark.parametrize("head", [b"\xfdSMB", b"\xfcSMB"])
def test_what_cannot_be_read_is_one_gap(head):
    sealed = frame(head + FILE)
    found = gaps([*start(), (CLIENT, sealed), (SERVER, sealed), (CLIENT, sealed)])
    assert found == [("encrypted" if head[0] == 0xFD else "compressed", 3 * 5004)]


def test_a_session_may_be_asked_for_by_name_first():
    names = b"\x81\0\0\x44 " + b"CK" * 16 + b"\0 " + b"CA" * 16 + b"\0"
    script = [(CLIENT, names), (SERVER, b"\x82\0\0\0"), *start(), *open_("a"), *put(0, FILE), *close()]
    assert [brief(found)[1:3] for found in objects(script)] == [("a", FILE)]


def smb1(command, words, data=b"", *, answer=False, status=0, message=1, tree=4):
    head = struct.pack("<4sBIBHHQHHHHH", b"\xffSMB", command, status, answer << 7, 0x8000, 0, 0, 0, tree, 9, 8, message)
    return frame(head + bytes([len(words) // 2]) + words + struct.pack("<H", len(data)) + data)


ANDX = struct.pack("<BBH", 255, 0, 0)


def start1(service=b"A:\0"):
    path = utf16("\\\\server\\stock\0") + b"?????\0"
    return [
        (CLIENT, smb1(0x72, b"", b"\2NT LM 0.12\0")),
        (SERVER, smb1(0x72, bytes(34), answer=True)),
        (CLIENT, smb1(0x75, ANDX + struct.pack("<HH", 0, 1), b"\0" + path, tree=0)),
        (SERVER, smb1(0x75, ANDX + bytes(2), service, answer=True)),
    ]


def open1(path, *, size=0, kind=0):
    asked = ANDX + struct.pack("<BH", 0, len(utf16(path))) + bytes(41)
    told = ANDX + struct.pack("<BHI36xQQHHB", 0, 77, 1, 0, size, kind, 0, 0)
    return [
        (CLIENT, smb1(0xA2, asked, b"\0" + utf16(path))),
        (SERVER, smb1(0xA2, told, answer=True)),
    ]


def put1(offset, data):
    words = ANDX + struct.pack("<HIIHHHHHI", 77, offset, 0, 0, 0, len(data) >> 16, len(data) & 0xFFFF, 64, 0)
    return [(CLIENT, smb1(0x2F, words, b"\0" + data)), (SERVER, smb1(0x2F, ANDX + bytes(8), answer=True))]


def get1(offset, data):
    asked = ANDX + struct.pack("<HIHHIHI", 77, offset, len(data), 0, 0, 0, 0)
    told = ANDX + struct.pack("<HHHHHHQ", 0, 0, 0, len(data), 60, 0, 0)
    return [(CLIENT, smb1(0x2E, asked)), (SERVER, smb1(0x2E, told, b"\0" + data, answer=True))]


def close1():
    return [(CLIENT, smb1(4, struct.pack("<HI", 77, 0))), (SERVER, smb1(4, b"", answer=True))]


def test_version_1_files_are_written_and_read():
    script = [*start1(), *open1(r"\in\clip.wav", size=5000), *put1(1000, FILE[1000:]), *put1(0, FILE[:1000])]
    script += [*get1(2000, FILE[2000:]), *get1(0, FILE[:2000]), *close1()]
    found = objects(script)
    assert [brief(each) for each in found] == [("up", "clip.wav", FILE, []), ("down", "clip.wav", FILE, [])]
    assert {each.uri for each in found} == {"smb://192.0.2.80:8080/stock/in/clip.wav"}


def test_version_1_core_commands():
    name = b"\4" + utf16("\\old.txt\0")
    opened = [(CLIENT, smb1(2, bytes(4), name)), (SERVER, smb1(2, struct.pack("<HHIIH", 77, 0, 0, 11, 0), answer=True))]
    written = [(CLIENT, smb1(0x0B, struct.pack("<HHIH", 77, 5, 0, 0), b"\1\5\0hello"))]
    ended = [(CLIENT, smb1(0x2C, struct.pack("<HHII", 77, 6, 5, 0), b"\0 world"))]
    asked = [(CLIENT, smb1(0x0A, struct.pack("<HHIH", 77, 11, 0, 0)))]
    told = [(SERVER, smb1(0x0A, struct.pack("<H8x", 11), b"\1\x0b\0hello world", answer=True))]
    script = [*start1(), *opened, *written, *asked, *told, *ended, (SERVER, smb1(0x2C, bytes(2), answer=True))]
    assert [brief(each) for each in objects(script)] == [
        ("up", "old.txt", b"hello world", []),
        ("down", "old.txt", b"hello world", []),
    ]


def test_version_1_opens_and_sizes_by_transaction():
    path = utf16("\\t.bin\0")
    words = struct.pack(
        "<HHHHBBHIHHHHHBBHH", 28 + len(path), 0, 30, 0, 0, 0, 0, 0, 0, 28 + len(path), 66, 0, 0, 1, 0, 0, 0
    )
    opening = (CLIENT, smb1(0x32, words[:30], b"\0" + bytes(28) + path))
    told = struct.pack("<HHHHHHHHHBB", 30, 0, 0, 30, 0, 56, 0, 0, 0, 0, 0)[:20]
    opened = (SERVER, smb1(0x32, told, b"\0" + struct.pack("<HHII18x", 77, 0, 0, 0), answer=True))
    opened = (SERVER, opened[1].replace(struct.pack("<HH", 30, 0) + struct.pack("<HH", 0, 30), told[:8]))
    body = struct.pack("<HHH", 77, 0x104, 0) + struct.pack("<Q", 9000)
    words = struct.pack("<HHHHBBHIHHHHHBBH", 6, 8, 2, 0, 0, 0, 0, 0, 0, 6, 66, 8, 72, 1, 0, 8)
    sized = (CLIENT, smb1(0x32, words, b"\0" + body))
    (found,) = objects([*start1(), opening, opened, sized, *put1(0, FILE), *close1()])
    assert brief(found)[3] == [(5000, 9000)]


def chain(first, words, data, second, *, answer=False):
    """Two commands in one message: the first says where the second begins."""
    head = smb1(first, struct.pack("<BBH", second[0], 0, 0) + words, data, answer=answer)[4:]
    at = len(head)
    return frame(head[:35] + struct.pack("<H", at) + head[37:] + second[1:])


def test_version_1_commands_may_follow_each_other_in_a_message():
    reading = ANDX + struct.pack("<HIHHIH", 0xFFFF, 0, 500, 0, 0, 0)
    asked = chain(0x2D, bytes(26), b"\0" + utf16("a.bin\0"), b"\x2e" + bytes([10]) + reading + bytes(2))
    opened = struct.pack("<HHIIHHHIHH", 77, 0, 0, 500, 0, 0, 0, 0, 0, 0)
    at = 32 + 1 + 30 + 2 + 1 + 24 + 2
    read = ANDX + struct.pack("<HHHHHHQ", 0, 0, 0, 500, at, 0, 0)
    answer = chain(0x2D, opened, b"", b"\x2e" + bytes([12]) + read + bytes(2) + FILE[:500], answer=True)
    (found,) = objects([*start1(), (CLIENT, asked), (SERVER, answer), *close1()])
    assert brief(found) == ("down", "a.bin", FILE[:500], [])


def test_version_1_pipes_carry_no_files():
    assert not everything([*start1(b"IPC\0"), *open1("\\srvsvc"), *put1(0, FILE), *get1(0, FILE), *close1()])
    assert not everything([*start1(), *open1("\\srvsvc", kind=2), *put1(0, FILE), *get1(0, FILE), *close1()])


TALK2 = [
    *start(), *open_("a.bin", size=3000), *put(0, FILE[:2000]), *put(1900, FILE[1900:]), *ask(0, 1000, message=20),
    *ask(1000, 2000, message=21), *tell(FILE[1000:3000], message=21), *tell(FILE[:1000], message=20), *close(),
    *open_("b.bin", message=50), *put(10, FILE), (CLIENT, frame(b"\xfdSMB" + FILE)), *close(message=51),
]  # fmt: skip


def numbered(talk):
    """Each question and its answer with a number of their own."""
    counts = [0, 0]
    for side, raw in talk:
        counts[side] += 1
        yield side, raw[:34] + struct.pack("<H", counts[side]) + raw[36:]


TALK1 = [*start1(), *open1("a.bin"), *put1(0, FILE), *get1(100, FILE), *close1(), *open1("b.bin"), *put1(5, FILE)]
TALK1 = list(numbered(TALK1))


@pytest.mark.parametrize("talk", [TALK1, TALK2], ids=["1", "2"])
@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1000])
def test_cutting_the_bytes_differently_gives_the_same(talk, step):
    assert [summary(found) for found in everything(talk, step=step)] == [summary(found) for found in everything(talk)]


@pytest.mark.parametrize("talk", [TALK1, TALK2], ids=["1", "2"])
def test_a_side_whose_packets_come_late_changes_nothing(talk):
    """The server's answers may be read long before the questions, and the other way round."""
    of = {side: [each for each in talk if each[0] == side] for side in (CLIENT, SERVER)}
    wanted = sorted(summary(found)[:5] for found in objects(talk))
    beginning = talk[:1]
    for first in (CLIENT, SERVER):
        late = [*beginning, *[each for each in of[first] + of[1 - first] if each not in beginning]]
        assert sorted(summary(found)[:5] for found in objects(late)) == wanted


HOLES = st.dictionaries(st.integers(0, 40), st.tuples(st.integers(0, 5200), st.integers(1, 5200)), max_size=4)


@settings(max_examples=100, deadline=None)
@given(holes=HOLES, number=st.sampled_from([1, 2]))
def test_with_holes_bytes_are_right_or_missing(holes, number):
    talk, script = {1: TALK1, 2: TALK2}[number], []
    for index, (side, raw) in enumerate(talk):
        at, size = holes.get(index, (len(raw), 0))
        script += [(side, raw[:at]), (side, len(raw[at : at + size])), (side, raw[at + size :])]
    known = {(found.direction, found.name): found.content.bytes() for found in objects(talk)}
    for found in objects([each for each in script if each[1]]):
        wanted = known.get((found.direction, found.name))
        if wanted is not None:
            gone = {at for gap in found.missing for at in range(gap.start, gap.end)}
            seen = found.content.bytes()
            assert not [at for at, byte in enumerate(seen) if at not in gone and byte != wanted[at]]


PIECES = [raw for _, raw in TALK1 + TALK2]
ACT = st.tuples(
    st.sampled_from([CLIENT, SERVER]),
    st.one_of(
        st.sampled_from(PIECES), st.binary(max_size=90), st.integers(1, 3000),
        st.builds(lambda raw, at, more: raw[:at] + more + raw[at + 1 :], st.sampled_from(PIECES), st.integers(0, 140),
                  st.binary(min_size=1, max_size=2)),
    ),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(script=st.lists(ACT, max_size=14), step=st.sampled_from([5, 64]))
def test_any_bytes_give_the_same_however_they_are_cut(script, step):
    script = [*negotiate(), *script, (CLIENT, CLOSE), (SERVER, CLOSE)]
    whole = [summary(found) for found in everything(script)]
    assert [summary(found) for found in everything(script, step=step)] == whole


def test_it_is_told_from_other_protocols():
    asked, told = (raw for _, raw in negotiate())
    assert Smb.claims((asked, b"")) is Claim.SIDE_0_IS_CLIENT
    assert Smb.claims((told, b"")) is Claim.SIDE_1_IS_CLIENT
    assert Smb.claims((asked[:9], b"")) is Claim.MAYBE
    assert Smb.claims((b"\0\1\2\3\4\5\6\7", b"")) is Claim.NO
    assert Smb.claims((b"GET / HTTP/1.1", b"")) is Claim.NO
