"""Each client sends what a sensor is to hand on, to a receiver of its own, and tells what keeps it from that."""

import socket
import threading

import pytest

from forensics.selfcheck import receivers
from forensics.selfcheck.envelopes import FAILURES, PROTOCOLS, Address, address_of
from forensics.selfcheck.receivers import receiving

PACKAGE = b"PK\x03\x04" + bytes(range(256)) * 300


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_it_is_sent_and_received(protocol, tmp_path):
    way = PROTOCOLS[protocol]
    keylog = tmp_path / "keys.log" if protocol == "https" else None
    parcel = way.wrap("x.zip", PACKAGE)
    with receiving(protocol) as port:
        way.send(parcel, Address(host="127.0.0.1", port=port, rest="below", keylog=keylog))
        way.send(parcel, Address(host="127.0.0.1", port=port, keylog=keylog))
    assert keylog is None or "CLIENT_TRAFFIC_SECRET_0" in keylog.read_text()
    if protocol != "tftp":  # which waits, since nobody tells it
        with pytest.raises(FAILURES):
            way.send(parcel, Address(host="127.0.0.1", port=port, keylog=keylog))


@pytest.mark.slow
def test_what_is_sent_to_nobody_by_datagrams_is_given_up():
    way = PROTOCOLS["tftp"]
    with receiving("tftp") as port:
        pass
    with pytest.raises(FAILURES):
        way.send(way.wrap("x.zip", PACKAGE), Address(host="127.0.0.1", port=port))


@pytest.mark.parametrize("protocol", [each for each in PROTOCOLS if each not in ("https", "tftp")])
def test_receivers_listen_on_the_loopback_alone_and_outlive_what_is_no_client(protocol):
    with receiving(protocol) as port, receiving(protocol) as other:
        assert port != other
        for said in (b"", b"\xff" * 9000, b"STOR x\r\nA1 APPEND x {99999999}\r\nDATA\r\n"):
            with socket.create_connection((receivers.HOST, port)) as client:
                client.sendall(said)
        PROTOCOLS[protocol].send(PROTOCOLS[protocol].wrap("x.zip", PACKAGE), Address(host=receivers.HOST, port=port))
    assert not [thread for thread in threading.enumerate() if thread.name == f"selfcheck-{protocol}"]


def test_addresses():
    assert address_of("http://192.0.2.7:8080/take/it") == ("http", Address(host="192.0.2.7", port=8080, rest="take/it"))
    assert address_of("ftp://[2001:db8::1]:21")[1].host == "2001:db8::1"
    for wrong in ("https://192.0.2.7:1", "http://192.0.2.7", "http://user:word@192.0.2.7:1", "file:///etc/passwd", ""):
        with pytest.raises(ValueError, match="is no receiver"):
            address_of(wrong)
