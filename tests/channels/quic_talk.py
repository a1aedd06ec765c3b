"""A QUIC client and server of the aioquic package that talk in memory over a link which loses and reorders."""

from __future__ import annotations

import datetime
import heapq
import io
import random
from collections import defaultdict

from aioquic.buffer import Buffer
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, HandshakeCompleted
from aioquic.quic.packet import (
    QuicPacketType,
    QuicProtocolVersion,
    encode_quic_retry,
    encode_quic_version_negotiation,
    pull_quic_header,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from forensics.channels.exchange import Exchange

V1, V2 = QuicProtocolVersion.VERSION_1, QuicProtocolVersion.VERSION_2
CLIENT, SERVER = 0, 1
ENDS = (("10.1.0.5", 40000), ("192.0.2.80", 443))
NAME = "drop.example"
_DELAY_S = 0.01


def certificate():
    """A key and a certificate for it that nobody signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    begin = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=9999))
    )
    return key, made.sign(key, hashes.SHA256())


KEY, CERTIFICATE = certificate()


class Talk:
    """One connection over a link, from the first datagram to its closing.

    `datagrams` is what a tap saw: at the receivers, or before the link lost anything where `is_tap_before`.
    A talk with another one `before` it sends what it asks at once, in early data.
    """

    def __init__(
        self,
        *,
        loss=0.0,
        disorder=0.0,
        seed=1,
        is_tap_before=False,
        is_retried=False,
        before=None,
        server=None,
        **options,
    ):
        self._random = random.Random(seed)
        self._loss, self._disorder, self._is_tap_before = loss, disorder, is_tap_before
        self._is_retried = is_retried
        self.tickets = [] if before is None else before.tickets
        self.shelf = {} if before is None else before.shelf
        self._link = []
        self._count = 0
        self.now = 1000.0
        self.log = io.StringIO()
        self.datagrams = []
        self.events = ([], [])
        options = {"alpn_protocols": ["h3"], "server_name": NAME, **options}
        if before is not None:
            options["session_ticket"] = self.tickets[-1]
        self.client = QuicConnection(
            configuration=QuicConfiguration(secrets_log_file=self.log, verify_mode=0, idle_timeout=1e6, **options),
            session_ticket_handler=self.tickets.append,
        )
        self._server_options = {"alpn_protocols": options["alpn_protocols"], **(server or {})}
        self.server = None
        self.client.connect(ENDS[SERVER], now=self.now)

    @property
    def keys(self):
        """Looks up what the client logged."""
        known = defaultdict(dict)
        for line in self.log.getvalue().splitlines():
            label, client_random, secret = line.split()
            known[bytes.fromhex(client_random)][label] = bytes.fromhex(secret)
        return lambda wanted: known.get(wanted, {})

    def run(self, until, *, limit_s=120.0):
        """Let time pass until `until()` says so."""
        end = self.now + limit_s
        while not until():
            self._flush()
            if self._link:
                arrival, _, side, datagram = heapq.heappop(self._link)
            else:
                arrival, side, datagram = self._next_timer(), None, b""
            self.now = max(self.now, arrival)
            assert self.now < end, "the talk does not come to its end"
            for each in self._ends():
                if (at := each.get_timer()) is not None and at <= self.now:
                    each.handle_timer(self.now)
            if side is not None:
                self._deliver(side, datagram)
            self._tell_events()
        self._flush()
        while self._link:
            _, _, side, datagram = heapq.heappop(self._link)
            self._see(side, datagram, is_sent=False)

    def _ends(self):
        return [each for each in (self.client, self.server) if each]

    def _next_timer(self):
        return min(at for each in self._ends() if (at := each.get_timer()) is not None)

    def _flush(self):
        for side, each in ((CLIENT, self.client), (SERVER, self.server)):
            for datagram, _ in each.datagrams_to_send(self.now) if each else ():
                self.send(side, datagram)

    def send(self, side, datagram):
        self._see(side, datagram, is_sent=True)
        if self._random.random() < self._loss:
            return
        late = 5 * self._random.random() if self._random.random() < self._disorder else 0
        self._count += 1
        heapq.heappush(self._link, (self.now + _DELAY_S * (1 + late), self._count, side, datagram))

    def _see(self, side, datagram, *, is_sent):
        if is_sent == self._is_tap_before:
            self.datagrams.append((side, datagram))

    def _deliver(self, side, datagram):
        self._see(side, datagram, is_sent=False)
        if side == CLIENT and self.server is None:
            self.server = self._accept(datagram)
        receiver = (self.server, self.client)[side]
        if receiver:
            receiver.receive_datagram(datagram, ENDS[side], now=self.now)

    def _tell_events(self):
        for side, each in ((CLIENT, self.client), (SERVER, self.server)):
            while each and (event := each.next_event()) is not None:
                self.events[side].append(event)
                self.on_event(side, event)

    def _accept(self, datagram):
        header = pull_quic_header(Buffer(data=datagram), host_cid_length=8)
        if header.packet_type is not QuicPacketType.INITIAL:
            return None
        spoken = self._server_options.get("supported_versions", [V1, V2])
        if header.version not in spoken:
            self.send(SERVER, encode_quic_version_negotiation(header.destination_cid, header.source_cid, spoken))
            return None
        original, retried = header.destination_cid, None
        if self._is_retried and not header.token:
            self._original = original
            retry = encode_quic_retry(header.version, b"retried!", header.source_cid, original, b"a token")
            self.send(SERVER, retry)
            return None
        if self._is_retried:
            original, retried = self._original, header.destination_cid
        configuration = QuicConfiguration(is_client=False, **self._server_options)
        configuration.certificate, configuration.private_key = CERTIFICATE, KEY
        return QuicConnection(
            configuration=configuration,
            original_destination_connection_id=original,
            retry_source_connection_id=retried,
            session_ticket_handler=lambda ticket: self.shelf.update({ticket.ticket: ticket}),
            session_ticket_fetcher=self.shelf.get,
        )

    def on_event(self, side, event):
        """Something came to an end of the connection."""

    @property
    def is_over(self):
        """Say whether the connection is closed for the client."""
        return any(isinstance(event, ConnectionTerminated) for event in self.events[CLIENT])

    @property
    def is_open(self):
        """Say whether the handshake is done."""
        return any(isinstance(event, HandshakeCompleted) for event in self.events[CLIENT])


class Web(Talk):
    """HTTP/3: `ask` sends a request, `run_all` waits for the answers. What is asked for under /out is in `files`."""

    def __init__(self, *, files=None, **options):
        super().__init__(**options)
        self.files = files or {}
        self.h3 = [H3Connection(self.client), None]
        self.asked = {}
        self.answered = set()
        self.received = defaultdict(bytes)

    def ask(self, path, body=None, *, method="POST", fields=(), step=0, is_last=True):
        """Send a request and its body in DATA frames of `step` bytes, with more to come unless it `is_last`."""
        stream = self.client.get_next_available_stream_id()
        asked = [(":method", method if body is not None else "GET"), (":scheme", "https"), (":authority", NAME)]
        asked += [(":path", path), ("user-agent", "test/1.0"), *fields]
        h3 = self.h3[CLIENT]
        h3.send_headers(stream, encoded(asked), end_stream=not body)
        size = step or len(body or b"") or 1
        for at in range(0, len(body or b""), size):
            h3.send_data(stream, body[at : at + size], end_stream=is_last and at + size >= len(body))
        self.asked[stream] = path
        return stream

    def run_all(self):
        """Wait for every answer, then close."""
        self.run(lambda: len(self.answered) == len(self.asked))
        self.client.close()
        self.run(lambda: self.is_over)
        return self

    def on_event(self, side, event):
        if self.h3[side] is None:
            self.h3[side] = H3Connection(self.server)
        for each in self.h3[side].handle_event(event):
            if isinstance(each, (DataReceived, HeadersReceived)):
                self._take(side, each)

    def _take(self, side, event):
        if isinstance(event, DataReceived):
            self.received[event.stream_id, side] += event.data
        if not event.stream_ended:
            return
        if side == CLIENT:
            self.answered.add(event.stream_id)
            return
        path = self.asked[event.stream_id]
        file = self.files.get(path, b"")
        answer = [(":status", "200" if file else "204"), ("server", "test"), ("x-for", path)]
        h3 = self.h3[SERVER]
        h3.send_headers(event.stream_id, encoded(answer), end_stream=not file)
        if file:
            h3.send_data(event.stream_id, file, end_stream=True)


def encoded(fields):
    return [(name.encode(), value.encode()) for name, value in fields]


def heard(datagrams, keys=lambda _: None, *, exchange=None):
    """What comes of datagrams between two ends."""
    exchange = exchange or Exchange(keys=keys)
    pair = exchange.hear("udp/k", ENDS, 1000.0)
    counts = [0, 0]
    for number, (side, datagram) in enumerate(datagrams):
        counts[side] += len(datagram)
        if pair.is_interested:
            pair.datagram(side, datagram, len(datagram), 1000.0 + number / 1000)
    pair.over(2000.0)
    pair.counted(*counts, 2000.0)
    exchange.finish()
    return list(exchange.take())
