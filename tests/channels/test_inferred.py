"""Which files an unread connection probably carried, by their sizes."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace

import pytest

from forensics.channels.inferred import Fit, fitting, observation, sent_by
from forensics.content import Content
from forensics.model import Opaque, Subject


@dataclass(frozen=True)
class Read:
    path: str
    size: int
    device: int = 9
    inode: int = 1
    mtime_ns: int = 2
    pid: int = 77
    process: str = "curl"
    method: str = "fanotify"


CLIP, MANIFEST, LARGE = (
    Read("/home/a/clip.wav", 160_044),
    Read("/home/a/m.json", 9_000),
    Read("/home/a/p.zip", 5_000_000),
)
FLOW = Opaque(
    protocol="tls",
    source="10.1.0.5:40000",
    destination="192.0.2.80:443",
    name="files.example",
    start=1000.0,
    end=1001.0,
    up=161_900,
    down=600,
    flow="tcp/10.1.0.5:40000>192.0.2.80:443/1@1000",
    facts={"alpn": "h2,http/1.1"},
    subject=Subject(host="ws1", user="user1", process="curl", pid=77, method="socket inode"),
    is_stretch=True,
)


def tls(size, *, per_record=22, greeting=700, extra=0):
    """What TLS 1.3 makes of so many bytes."""
    return size + -(-size // 16384) * per_record + greeting + extra


def fit(size, reads, protocol="tls"):
    return fitting(replace(FLOW, up=size, down=0, protocol=protocol), reads)


@pytest.mark.parametrize("read", [MANIFEST, CLIP, LARGE])
@pytest.mark.parametrize("overhead", [{}, {"per_record": 31}, {"greeting": 2300}, {"extra": 4000}])
def test_the_file_that_was_sent_fits(read, overhead):
    assert fit(tls(read.size, **overhead), [MANIFEST, CLIP, LARGE]).files == (read,)


def test_mail_makes_it_a_third_longer():
    assert fit(tls(CLIP.size // 57 * 78), [MANIFEST, CLIP, LARGE]) == Fit((CLIP,), coding=" in base64")


def test_files_sent_one_after_the_other_fit_together():
    others = [replace(CLIP, path=f"/home/a/{number}.wav", size=150_000 + 7919 * number) for number in range(5)]
    sent = others[1:4]
    assert fit(tls(sum(read.size for read in sent), extra=900), others) == Fit(tuple(sent))


def test_files_of_the_same_length_all_fit():
    other = replace(CLIP, path="/home/a/other.wav", size=CLIP.size + 900)
    found = fit(tls(CLIP.size), [CLIP, LARGE, other])
    assert (set(found.files), found.is_choice) == ({CLIP, other}, True)


def test_what_a_program_reads_for_itself_is_not_tried_together():
    own = [replace(CLIP, path=f"/home/a/.cache/{number}", size=9_000 + 701 * number) for number in range(40)]
    assert fit(160_000, own) == Fit(())


def test_a_hidden_file_fits_where_no_other_does_and_code_never():
    hidden, code = replace(CLIP, path="/home/a/.kept/clip.wav"), replace(CLIP, path="/home/a/lib/x.so.1")
    assert fit(tls(CLIP.size), [hidden, code]) == Fit((hidden,))
    assert fit(tls(CLIP.size), [hidden, code, CLIP]) == Fit((CLIP,))


@pytest.mark.parametrize("size", [0, 4096, 100_000, CLIP.size - 1, 195_000, 4_900_000, 6_000_000])
def test_what_was_not_read_fits_nothing(size):
    assert fit(size, [CLIP, LARGE]) == Fit(())


def test_tiny_files_would_fit_anything():
    assert fit(5000, [Read("/home/a/note.txt", 900)]) == Fit(())


def seen(flow=FLOW, read=CLIP, **other):
    return observation(
        flow, read, Content.of(b"x"), fit=Fit((read,)), local=[ipaddress.ip_network("10.0.0.0/8")], **other
    )


def test_it_says_that_it_was_inferred_and_from_what():
    found = seen()
    assert found.inference == (
        "inferred: curl (77, fanotify) had this file of 160044 bytes open and sent 161900 bytes unread"
    )
    assert (found.sensor, found.channel, found.name) == ("inference", "http", "clip.wav")
    assert (found.source, found.destination) == ("file:///home/a/clip.wav", "https://files.example/")
    assert (found.is_leaving, found.peer, found.subject) == (True, "192.0.2.80", FLOW.subject)


@pytest.mark.parametrize(
    ("protocol", "alpn", "channel", "destination"),
    [
        ("tls", "", "tls", "tls://files.example:443/"),
        ("quic", "h3", "http3", "http3://files.example:443/"),
        ("", "", "tcp", "tcp://files.example:443/"),
    ],
)
def test_the_way_is_what_the_greeting_offers(protocol, alpn, channel, destination):
    found = seen(replace(FLOW, protocol=protocol, facts={"alpn": alpn}))
    assert (found.channel, found.destination) == (channel, destination)


def test_what_the_far_end_opened_leaves_too():
    flow = replace(
        FLOW, source="192.0.2.80:50000", destination="10.1.0.5:22", up=600, down=161_900, name="", protocol=""
    )
    assert sent_by(flow) == ("10.1.0.5:22", "192.0.2.80:50000", 161_900)
    assert (seen(flow).is_leaving, seen(flow).peer) == (True, "192.0.2.80")


def test_the_same_stretch_has_the_same_key():
    assert seen().key == seen().key != seen(replace(FLOW, start=1002.0)).key
