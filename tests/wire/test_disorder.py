"""Traffic that was lost, repeated, reordered and cut: exact objects, whatever files the capture comes in."""

import random
import struct
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.channels.exchange import Exchange
from forensics.model import Gap, WireObject
from forensics.wire.objects import Engine
from tests.wire import packets as make
from tests.wire.packets import CREATED, SERVER, ethernet, exchange, pcap, upload


def connections(rng, count, *, step):
    """Uploads with their bodies by name, and their packets, several connections at a time."""
    bodies = {f"clip-{number}.wav": rng.randbytes(rng.randint(1, 60_000)) for number in range(count)}
    flows = [
        exchange(
            upload(body, name),
            CREATED,
            client=(f"10.1.0.{number + 1}", 40000 + number),
            step=rng.choice(step),
            first=rng.getrandbits(32),
        )
        for number, (name, body) in enumerate(bodies.items())
    ]
    return bodies, flows


def disturbed(rng, flow, *, loss, disorder, repeats):
    """Lost packets come again later, others late, some twice; the handshake and the end stay in place."""
    middle, out = flow[2:-2], []
    for place, packet in enumerate(middle):
        delay = 0.0
        if rng.random() < loss:
            delay = rng.randint(5, 40)
        elif rng.random() < disorder:
            delay = rng.randint(1, 4)
        out.append((place + delay, packet))
        if rng.random() < repeats:
            out.append((place + rng.randint(1, 50), packet))
    return [*flow[:2], *(packet for _, packet in sorted(out, key=lambda each: each[0])), *flow[-2:]]


def mixed(rng, flows):
    """All flows at once, each in its own order."""
    left = [list(reversed(flow)) for flow in flows]
    while left:
        flow = rng.choice(left)
        for _ in range(rng.randint(1, 12)):
            if flow:
                yield ethernet(flow.pop())
        left = [each for each in left if each]


def read_in_parts(tmp_path, capture, cuts):
    engine, found = Engine(Exchange()), []
    for number, (begin, end) in enumerate(pairwise(cuts)):
        path = tmp_path / f"{number}.pcap"
        path.write_bytes(capture[:24] + capture[begin:end])
        found += engine.read(path)
    return found + list(engine.finish())


def facts(found):
    names = [name for name in WireObject.__dataclass_fields__ if name != "content"]
    return [(each.content.sha256, *(getattr(each, name) for name in names)) for each in found]


@pytest.mark.parametrize("seed", range(6))
def test_disturbed_traffic_is_exact_and_the_same_in_any_parts(tmp_path, seed):
    rng = random.Random(seed)
    bodies, flows = connections(rng, 12, step=[1, 7, 100, 1448] if seed == 0 else [100, 536, 1448])
    if seed == 0:
        bodies, flows = connections(rng, 3, step=[1])
    shaken = [disturbed(rng, flow, loss=0.01, disorder=0.05, repeats=0.03) for flow in flows]
    capture = pcap(mixed(rng, shaken))
    starts, at = [], 24
    while at < len(capture):
        starts.append(at)
        at += 16 + struct.unpack_from("<I", capture, at + 8)[0]
    whole = read_in_parts(tmp_path, capture, [24, len(capture)])
    assert {each.name: each.content.bytes() for each in whole} == bodies
    assert not any(each.missing for each in whole)
    parts = read_in_parts(tmp_path, capture, [24, *sorted(rng.sample(starts[1:], 9)), len(capture)])
    assert sorted(facts(parts)) == sorted(facts(whole))


def test_what_is_sent_again_otherwise_is_told(tmp_path):
    flow = exchange(upload(b"a" * 5000), CREATED)
    other = exchange(upload(b"b" * 5000), CREATED)
    found = read_in_parts(tmp_path, pcap(map(ethernet, [*flow[:5], other[4], *flow[5:]])), [24, None])
    assert {each.cause for each in found if isinstance(each, Gap)} == {"conflicting overlap"}
    (body,) = (each.content.bytes() for each in found if isinstance(each, WireObject))
    assert body == b"a" * 5000


FRAMES = [ethernet(packet) for packet in exchange(upload(b"x" * 3000), CREATED)]
SEEDS = [*FRAMES, make.pcap([make.sll(FRAMES[3][14:])])[40:], ethernet(make.gre(FRAMES[2][14:]))]


@settings(max_examples=150, deadline=None)
@given(
    frames=st.lists(
        st.one_of(
            st.binary(max_size=120), st.tuples(st.sampled_from(SEEDS), st.integers(0, 90), st.binary(max_size=6))
        ),
        max_size=12,
    ),
    link=st.sampled_from([0, 1, 9, 50, 51, 101, 104, 105, 108, 109, 113, 117, 119, 127, 163, 192, 276, 228]),
)
def test_any_frames_of_any_link_are_read_or_told(tmp_path_factory, frames, link):
    made = [each if isinstance(each, bytes) else each[0][: each[1]] + each[2] + each[0][each[1] :] for each in frames]
    path = tmp_path_factory.getbasetemp() / "any.pcap"
    path.write_bytes(pcap(made, link=link))
    for found in Engine(Exchange()).read(path):
        assert isinstance(found, (WireObject, Gap)) or found.source


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300), cut=st.integers(0, 400), form=st.sampled_from(["<", ">", "ng<", "ng>"]))
def test_any_capture_file_is_read_as_far_as_it_goes(tmp_path_factory, data, cut, form):
    whole = make.pcapng(FRAMES, order=form[2:]) if form.startswith("ng") else pcap(FRAMES, order=form)
    path = tmp_path_factory.getbasetemp() / "torn.pcap"
    path.write_bytes(whole[: 24 + cut] + data + whole[24 + cut :])
    items = list(Engine(Exchange()).read(path))
    assert all(isinstance(each, (WireObject, Gap)) or each.destination.startswith((SERVER, "")) for each in items)
