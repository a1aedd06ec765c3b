"""Clients and servers of the aioquic package over the loopback: every file sent over HTTP/3 comes out exact."""

import asyncio
import hashlib
import random
import subprocess
from collections import Counter, defaultdict
from xml.etree import ElementTree

import pytest
from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration

from forensics.config import Network
from forensics.interception import objects_of
from forensics.model import Gap, Opaque, WireObject
from tests.channels.quic_talk import CERTIFICATE, KEY, NAME, V1, V2, encoded
from tests.wire import test_real_clients
from tests.wire.test_real_clients import CLIPS, can_capture

pytestmark = pytest.mark.skipif(not can_capture(), reason="no right to capture here")
dumpcap = test_real_clients.dumpcap
NAMES = list(CLIPS)
LOCAL = "127.0.0.1"


class Server(QuicConnectionProtocol):
    """Takes any body, and answers what is asked for under /out with a clip."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.h3 = H3Connection(self._quic)
        self.paths = {}

    def quic_event_received(self, event):
        for each in self.h3.handle_event(event):
            if isinstance(each, HeadersReceived):
                self.paths.setdefault(each.stream_id, dict(each.headers).get(b":path", b""))
            if isinstance(each, (HeadersReceived, DataReceived)) and each.stream_ended:
                file = CLIPS[NAMES[5]] if self.paths[each.stream_id].startswith(b"/out/") else b""
                answer = [(b":status", b"200"), (b"server", b"test")]
                self.h3.send_headers(each.stream_id, answer, end_stream=not file)
                if file:
                    self.h3.send_data(each.stream_id, file, end_stream=True)
                self.transmit()


class Client(QuicConnectionProtocol):
    """Sends requests and waits for their answers."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.h3 = H3Connection(self._quic)
        self.waiting = {}

    async def ask(self, path, body=b"", *fields):
        stream = self._quic.get_next_available_stream_id()
        asked = [(":method", "PUT" if body else "GET"), (":scheme", "https"), (":authority", NAME), (":path", path)]
        self.h3.send_headers(stream, encoded([*asked, ("user-agent", "test"), *fields]), end_stream=not body)
        if body:
            self.h3.send_data(stream, body, end_stream=True)
        self.waiting[stream] = asyncio.get_running_loop().create_future()
        self.transmit()
        await asyncio.wait_for(self.waiting[stream], 60)

    def quic_event_received(self, event):
        for each in self.h3.handle_event(event):
            if getattr(each, "stream_ended", False) and not self.waiting[each.stream_id].done():
                self.waiting[each.stream_id].set_result(None)


class Relay(asyncio.DatagramProtocol):
    """Passes datagrams on between one client and a server; loses some, holds some back, sends some twice."""

    def __init__(self, server, *, loss, disorder):
        self.server, self.loss, self.disorder = server, loss, disorder
        self.random = random.Random(9)
        self.client = None

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        if address[1] == self.server[1]:
            target = self.client
        else:
            self.client, target = address, self.server
        if self.random.random() < self.loss:
            return
        delay = 0.01 * self.random.random() if self.random.random() < self.disorder else 0
        asyncio.get_running_loop().call_later(delay, self.transport.sendto, data, target)
        if self.random.random() < self.loss:
            self.transport.sendto(data, target)


async def upload(log, *, relay=None, is_retried=False, **options):
    """Send five clips and fetch one, all at once."""
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
    configuration.certificate, configuration.private_key = CERTIFICATE, KEY
    server = await serve(LOCAL, 0, configuration=configuration, create_protocol=Server, retry=is_retried)
    port = server._transport.get_extra_info("sockname")[1]
    loop = asyncio.get_running_loop()
    if relay:
        transport, _ = await loop.create_datagram_endpoint(lambda: Relay((LOCAL, port), **relay), local_addr=(LOCAL, 0))
        port = transport.get_extra_info("sockname")[1]
    configuration = QuicConfiguration(alpn_protocols=["h3"], server_name=NAME, verify_mode=0, **options)
    with log.open("a") as configuration.secrets_log_file:
        async with connect(LOCAL, port, configuration=configuration, create_protocol=Client, local_port=0) as client:
            form = b'--b\r\nContent-Disposition: form-data; name="f"; filename="%s"\r\n\r\n%s\r\n--b--\r\n'
            await asyncio.gather(
                *(client.ask(f"/in/{name.replace(' ', '%20')}", CLIPS[name]) for name in NAMES[:4]),
                client.ask(
                    "/form",
                    form % (NAMES[4].encode(), CLIPS[NAMES[4]]),
                    ("content-type", "multipart/form-data; boundary=b"),
                ),
                client.ask("/out/clip%206.wav"),
            )
        await client.wait_closed()
    server.close()
    if relay:
        transport.close()


def told(found):
    """Direction, name and digest of what HTTP/3 carried."""
    return Counter(
        (each.direction.value, each.name, each.content.sha256)
        for each in found
        if isinstance(each, WireObject) and each.protocol == "http3"
    )


def wanted(times=1):
    digests = {name: hashlib.sha256(CLIPS[name]).hexdigest() for name in NAMES}
    up = {("up", name, digests[name]): times for name in NAMES[:5]}
    return Counter(up | {("down", NAMES[5], digests[NAMES[5]]): times})


def with_log(path, log):
    return list(objects_of(path, settings=Network(keylog=(log,))))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"supported_versions": [V2]},
        {"supported_versions": [V2, V1], "original_version": V1, "is_retried": True},
    ],
)
def test_what_is_sent_over_http_3_is_exact(dumpcap, tmp_path, options):
    log = tmp_path / "keys"
    asyncio.run(upload(log, **options))
    dumpcap()
    found = with_log(tmp_path / "lo.pcapng", log)
    assert told(found) == wanted()
    assert not [each for each in found if isinstance(each, WireObject) and each.protocol == "http3" and each.missing]
    assert not [each for each in found if isinstance(each, Gap) and each.channel in ("quic", "http3")]
    opaque = [each for each in objects_of(tmp_path / "lo.pcapng") if isinstance(each, Opaque) and each.name == NAME]
    assert [(each.protocol, each.facts["alpn"]) for each in opaque] == [("quic", "h3")]
    assert opaque[0].up > sum(len(CLIPS[name]) for name in NAMES[:5])


def test_loss_and_disorder_on_the_way_change_nothing(dumpcap, tmp_path):
    log = tmp_path / "keys"
    asyncio.run(upload(log, relay={"loss": 0.01, "disorder": 0.05}))
    dumpcap()
    assert told(with_log(tmp_path / "lo.pcapng", log)) == wanted(2)


def test_the_bytes_are_those_that_tshark_decrypts(dumpcap, tmp_path):
    log, path = tmp_path / "keys", tmp_path / "lo.pcapng"
    asyncio.run(upload(log))
    dumpcap()
    streams = decrypted(path, log)
    found = [each for each in with_log(path, log) if isinstance(each, WireObject) and each.protocol == "http3"]
    assert [sum(each.content.bytes() in stream for stream in streams) for each in found] == [1] * 6


def decrypted(path, log):
    """What each side sent on each stream, as tshark decrypts it, put in order by the offsets it tells."""
    run = ["tshark", "-r", path, "-o", f"tls.keylog_file:{log}", "-Y", "quic.stream_data", "-T", "pdml"]
    told = subprocess.run(run, check=True, capture_output=True).stdout
    pieces = defaultdict(dict)
    for packet in ElementTree.fromstring(told).iter("packet"):
        port = packet.find(".//field[@name='udp.srcport']").get("show")
        for frame in packet.iter("field"):
            fields = {field.get("name"): field for field in frame.iter("field")}
            if frame.get("name") == "quic.frame" and "quic.stream_data" in fields:
                number, offset = (fields.get(f"quic.stream.{name}") for name in ("stream_id", "offset"))
                at = int(offset.get("show")) if offset is not None else 0
                pieces[port, number.get("show")][at] = bytes.fromhex(fields["quic.stream_data"].get("value"))
    return [in_order(each) for each in pieces.values()]


def in_order(pieces):
    whole = bytearray()
    for at in sorted(pieces):
        whole[at : at + len(pieces[at])] = pieces[at]
    return bytes(whole)
