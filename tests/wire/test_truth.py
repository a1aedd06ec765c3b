"""Public captures with known objects: what is found of them, and that nothing is made up."""

import csv
import hashlib
import shutil
import subprocess
import zlib
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from forensics.errors import CaptureError
from forensics.interception import objects_of
from forensics.model import WireObject

CAPTURES = Path(__file__).resolve().parents[2].parent / "shared" / "captures"
pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the shared captures are not here")

OUT_OF_REACH = {
    "4b227777d4dd1fc61c6f884f48641d02b4d121d3fd328cb08b5531fcacdabf8a": "base64 padded amid; the other truth is met",
}


def table(name):
    with (CAPTURES / name).open(newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def found_in(path):
    return [found for found in objects_of(path) if isinstance(found, WireObject)]


def digests(found):
    """The object as it is, without content coding, and with either form of a last line."""
    data = found.content.bytes()
    forms = [data, data.removesuffix(b"\r\n"), data.removesuffix(b"\n"), data + b"\r\n"]
    if found.encoding == "gzip":
        forms.append(zlib.decompressobj(31).decompress(data))
    return {hashlib.sha256(form).hexdigest() for form in forms}


def test_every_object_of_independent_truth_is_found():
    truth = defaultdict(set)
    for row in table("objects.tsv"):
        truth[row["file"]].add(row["sha256"])
    with ThreadPoolExecutor(2) as pool:
        results = dict(zip(truth, pool.map(lambda name: found_in(CAPTURES / name), truth), strict=True))
    missed = {
        (name, digest)
        for name, wanted in truth.items()
        for digest in wanted - set().union(*map(digests, results[name]))
    }
    assert {digest for _, digest in missed} == set(OUT_OF_REACH)


def test_nothing_is_made_up_where_no_object_is(tmp_path):
    names = [row["file"] for row in table("captures.tsv") if row["kind"] == "noobject"]
    captures = [CAPTURES / name for name in names if name.endswith((".pcap", ".pcap.gz"))]
    merged = tmp_path / "all.pcapng"
    mergecap = shutil.which("mergecap")
    if not mergecap:
        pytest.skip("mergecap is not installed")
    subprocess.run([mergecap, "-a", "-F", "pcapng", "-w", merged, *captures], check=True, capture_output=True)
    carried = {(found.protocol, found.media_type) for found in found_in(merged)}
    assert {protocol for protocol, _ in carried} <= {"smtp", "http", "http2", "dcc", "websocket", "nfs", "tls"}


def test_files_that_are_no_captures_are_told_from_them():
    for name in (row["file"] for row in table("captures.tsv")):
        if not name.endswith((".pcap", ".pcapng", ".gz")):
            with pytest.raises(CaptureError):
                list(objects_of(CAPTURES / name))
