"""curl speaking HTTP/2 to a server of the h2 package over the loopback: every file that was sent comes out exact."""

import hashlib
import socketserver
import subprocess
import threading

import h2.config
import h2.connection
import h2.events
import pytest

from tests.wire import test_real_clients
from tests.wire.test_real_clients import CLIPS, can_capture, sent, wanted

pytestmark = pytest.mark.skipif(not can_capture(), reason="no right to capture here")
dumpcap = test_real_clients.dumpcap


class Accepting(socketserver.BaseRequestHandler):
    """Takes any body of any stream, and answers what is asked for under /out with a clip."""

    def handle(self):
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self.connection = h2.connection.H2Connection(config=config)
        self.connection.initiate_connection()
        self.paths = {}
        self.waiting = {}
        while True:
            self.request.sendall(self.connection.data_to_send())
            received = self.request.recv(1 << 16)
            if not received:
                return
            for event in self.connection.receive_data(received):
                self.take(event)
            self.send_on()

    def take(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.paths[event.stream_id] = dict(event.headers)[":path"]
        elif isinstance(event, h2.events.DataReceived):
            self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            path = self.paths[event.stream_id]
            data = CLIPS["clip 6.wav"] if path.startswith("/out/") else b""
            self.connection.send_headers(event.stream_id, [(":status", "200")], end_stream=not data)
            if data:
                self.waiting[event.stream_id] = data

    def send_on(self):
        for stream in list(self.waiting):
            while stream in self.waiting and (room := self.room(stream)):
                data = self.waiting.pop(stream)
                self.connection.send_data(stream, data[:room], end_stream=room >= len(data))
                if room < len(data):
                    self.waiting[stream] = data[room:]

    def room(self, stream):
        return min(self.connection.local_flow_control_window(stream), self.connection.max_outbound_frame_size)


@pytest.fixture
def server():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Accepting) as listening:
        listening.daemon_threads = True
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()


def test_what_curl_sends_over_http_2_is_exact(dumpcap, server, tmp_path):
    names = list(CLIPS)
    for name, data in CLIPS.items():
        (tmp_path / name).write_bytes(data)
    run = ["curl", "-s", "-f", "--max-time", "30", "--http2-prior-knowledge"]
    for arguments in (
        *(["-T", name, f"{server}/in/{name.replace(' ', '%20')}"] for name in names[:3]),
        ["-F", "title=x", "-F", f"a=@{names[3]}", "-F", f"b=@{names[4]};type=audio/wav", f"{server}/form"],
        ["--data-binary", f"@{names[5]}", f"{server}/raw"],
        ["-o", "down", f"{server}/out/clip%206.wav"],
    ):
        subprocess.run([*run, *arguments], cwd=tmp_path, check=True)
    own = server.removeprefix("http://")
    found = [each for each in dumpcap() if own in (each.source, each.destination)]
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in CLIPS.items()}
    assert sent(found, "http2") == wanted(*names[:5]) | {("raw", digests[names[5]])}
    assert [(each.name, each.content.sha256) for each in found if each.direction == "down"] == [
        (names[5], digests[names[5]])
    ]
    assert not [each for each in found if each.missing]
