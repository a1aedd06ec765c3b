"""curl fetching and sending a file in ranges over the loopback: one object each, exact."""

import http.server
import re
import subprocess
import threading

import pytest

from tests.wire import test_real_clients
from tests.wire.test_real_clients import CLIPS, Accepting, can_capture, sent, wanted

pytestmark = pytest.mark.skipif(not can_capture(), reason="no right to capture here")
dumpcap = test_real_clients.dumpcap
NAME = "clip 5.wav"


class Ranging(Accepting):
    """Gives a clip in the ranges asked for, and takes what is put or patched."""

    do_PATCH = Accepting.do_PUT  # noqa: N815

    def do_GET(self):  # noqa: N802
        data = CLIPS[NAME]
        start, end = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers["Range"]).groups()
        piece = data[int(start) : int(end) + 1 if end else len(data)]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{int(start) + len(piece) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(piece)))
        self.send_header("ETag", '"5"')
        self.end_headers()
        self.wfile.write(piece)

    def do_POST(self):  # noqa: N802
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Location", "/files/5")
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def server():
    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ranging)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()


def curl(folder, *arguments):
    subprocess.run(["curl", "-s", "-f", "--max-time", "30", *arguments], cwd=folder, check=True)


def those_of(server, found):
    """Returns the objects of one server, for the loopback carries those of other tests too."""
    own = server.removeprefix("http://")
    return [each for each in found if own in (each.source, each.destination)]


def test_a_file_that_curl_fetches_and_sends_in_ranges_is_one_object_each_way(dumpcap, server, tmp_path):
    data, cut = CLIPS[NAME], 70_000
    (tmp_path / NAME).write_bytes(data)
    path = NAME.replace(" ", "%20")
    curl(tmp_path, "-o", "got", "-r", "0-69999", f"{server}/{path}")
    curl(tmp_path, "-o", "got", "-C", "-", f"{server}/{path}")
    assert (tmp_path / "got").read_bytes() == data
    (tmp_path / "first").write_bytes(data[:cut])
    curl(tmp_path, "-T", "first", "-H", f"Content-Range: bytes 0-{cut - 1}/{len(data)}", f"{server}/in/{path}")
    curl(tmp_path, "-T", NAME, "-C", str(cut), f"{server}/in/{path}")
    found = those_of(server, dumpcap())
    assert sent(found, "http") == wanted(NAME)
    assert [(each.name, each.content.bytes(), each.missing) for each in found if each.direction == "down"] == [
        (NAME, data, ())
    ]


def test_what_curl_sends_by_tus_is_one_object(dumpcap, server, tmp_path):
    data, cut = CLIPS[NAME], 70_000
    (tmp_path / "first").write_bytes(data[:cut])
    (tmp_path / "second").write_bytes(data[cut:])
    said = ["-H", "Tus-Resumable: 1.0.0", "-H", f"Upload-Length: {len(data)}"]
    curl(tmp_path, "-d", "", *said, "-H", "Upload-Metadata: filename Y2xpcCA1Lndhdg==", f"{server}/files")
    for name, offset in (("first", 0), ("second", cut)):
        kind = ["-H", "Content-Type: application/offset+octet-stream", "-H", f"Upload-Offset: {offset}"]
        curl(tmp_path, "-X", "PATCH", "--data-binary", f"@{name}", *kind, f"{server}/files/5")
    assert sent(those_of(server, dumpcap()), "http") == wanted(NAME)
