"""The network bench's own arithmetic: copies stay right, parts end where they should, mails open, children count."""

import hashlib
import json
import math
import subprocess
import sys
from email.message import EmailMessage

import pytest

from forensics.interception import objects_of
from forensics.model import WireObject
from tests.benchmarks.network_clients import Job
from tests.benchmarks.network_live import Live
from tests.benchmarks.network_packets import first, outline, repeat, thin
from tests.benchmarks.network_peers import digests
from tests.benchmarks.network_stream import shared
from tests.benchmarks.network_wire import CLIENT, ROOT, SERVER, environment, python
from tests.wire.packets import CREATED, ethernet, exchange, pcap, upload

CLIP = b"RIFF" + bytes(range(256)) * 300
BURN = "import time\nwhile time.process_time() < 0.3: pass"


def digest(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def capture(tmp_path):
    packets = exchange(upload(CLIP), CREATED, client=(CLIENT, 40_000), server=(SERVER, 8080))
    path = tmp_path / "one.pcap"
    path.write_bytes(pcap(map(ethernet, packets)))
    return path


def test_copies_of_a_capture_carry_the_same_file_between_other_hosts_later(capture, tmp_path):
    target = tmp_path / "three.pcap"
    repeat(capture, target, 3)
    found = [each for each in objects_of(target) if isinstance(each, WireObject)]
    assert [each.content.sha256 for each in found] == [digest(CLIP)] * 3
    assert len({each.source.rsplit(":", 1)[0] for each in found}) == 3
    assert found[0].time + 2 <= found[1].time
    assert len(outline(target)[0]) == 3 * len(outline(capture)[0])


def test_copies_keep_the_sum_of_the_addresses_so_that_checksums_stay_right(capture, tmp_path):
    target = tmp_path / "two.pcap"
    repeat(capture, target, 2)
    data, (ends, _) = target.read_bytes(), outline(target)
    sums = set()
    for start in [24, *ends[:-1]]:
        addresses = data[start + 42 : start + 50]
        sums.add(sum(int.from_bytes(addresses[at : at + 2], "big") for at in range(0, 8, 2)))
    assert len(sums) == 1


def test_a_part_holds_whole_records_and_says_when_it_ends(capture, tmp_path):
    target = tmp_path / "part.pcap"
    ends, seconds = outline(capture)
    assert first(capture, target, packets=5) == seconds[4]
    assert target.stat().st_size == ends[4]
    first(capture, target, size_bytes=int(ends[7]) + 3)
    assert target.stat().st_size == ends[7]


def test_mails_forms_and_mail_streams_are_opened_for_tools_that_leave_them_closed(tmp_path):
    message = EmailMessage()
    message["Subject"] = "clips"
    message.set_content("see inside\n")
    message.add_attachment(CLIP, maintype="audio", subtype="wav", filename="a.wav")
    mail = bytes(message).replace(b"\n", b"\r\n")
    form = b'--x1\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n' + CLIP + b"\r\n--x1--\r\n"
    stream = b"EHLO a\r\nMAIL FROM:<a@b>\r\nDATA\r\n" + mail + b"\r\n.\r\nDATA\r\n" + mail + b"\r\n.\r\nQUIT\r\n"
    for data in (CLIP, mail, form, stream):
        path = tmp_path / "file"
        path.write_bytes(data)
        assert digest(CLIP) in set(digests(path))


def test_the_clock_counts_what_a_command_leaves_behind(tmp_path):
    left = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {BURN!r}])"
    result = tmp_path / "cost"
    subprocess.run(
        python("network_clock", str(result), sys.executable, "-c", left), cwd=ROOT, check=True, env=environment()
    )
    cost = json.loads(result.read_text())
    assert cost["code"] == 0
    assert cost["cpu_s"] > 0.3
    assert cost["rss_mb"] > 1


def test_files_are_shared_out_by_their_bytes():
    jobs = [Job("put", str(size), size, "") for size in (9, 5, 4, 3, 3)]
    assert [sum(job.size for job in queue) for queue in shared(jobs, 2)] == [12, 12]


def test_an_upload_that_was_never_seen_counts_as_endlessly_late():
    live = Live(100, 1.0, 1.0, 4, [0.3, 0.1, 0.2], 0, {}, {})
    assert live.latency_s(0.5) == 0.2
    assert live.latency_s(0.99) == math.inf


def test_a_thinned_capture_lacks_full_packets_only(capture, tmp_path):
    target = tmp_path / "thin.pcap"
    count = thin(capture, target, share=0.2)
    (before, _), (after, _) = outline(capture), outline(target)
    assert 0 < count == len(before) - len(after)
    lost_bytes = capture.stat().st_size - target.stat().st_size
    assert lost_bytes > 1000 * count
    assert thin(capture, target, share=0.0) == 0
    assert target.read_bytes() == capture.read_bytes()
