"""Connections that are not read: told of once, with what each side sent."""

import random

from forensics.interception import objects_of
from forensics.model import Gap, Opaque, WireObject
from tests.wire.packets import CREATED, ethernet, exchange, ip, pcap, udp, upload

NOISE = random.Random(3).randbytes(9000)


def seen(tmp_path, packets):
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(map(ethernet, packets)))
    items = list(objects_of(path))
    assert not [item for item in items if isinstance(item, Gap)]
    return [item for item in items if isinstance(item, Opaque)]


def test_an_unknown_connection_is_told_of_with_its_bytes(tmp_path):
    (found,) = seen(tmp_path, exchange(NOISE, NOISE[:700]))
    assert (found.up, found.down, found.protocol) == (9000, 700, "")
    assert (found.source, found.destination) == ("10.1.0.5:40000", "192.0.2.80:80")


def test_one_that_is_read_is_not(tmp_path):
    assert not seen(tmp_path, exchange(upload(NOISE), CREATED))


def test_one_that_ends_without_an_end_is_told_of_too(tmp_path):
    (found,) = seen(tmp_path, exchange(NOISE, b"")[:-3])
    assert found.up == 8000


def test_datagrams_count_too(tmp_path):
    (found,) = seen(tmp_path, [ip("10.1.0.5", "192.0.2.1", 17, udp(5000, 5001, NOISE[:1000])) for _ in range(30)])
    assert (found.up, found.down) == (30_000, 0)
    assert found.flow.startswith("udp/")


def test_every_object_list_is_without_them(tmp_path):
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(map(ethernet, exchange(upload(NOISE), CREATED))))
    assert [type(item) for item in objects_of(path)] == [WireObject]
