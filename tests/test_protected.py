"""Protected channels: what goes there is counted and nothing of it kept; what only seems to go there is not spared."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.content import Content
from forensics.errors import ConfigError
from forensics.model import Observation, Opaque
from forensics.policy import Policy, Protected, load
from forensics.protected import Spared, spared
from forensics.resources import samples_folder
from tests.cli.invoking import earwitness as plain
from tests.cli.test_scan import earwitness
from tests.wire.packets import CLIENT, exchange, pcap

COUNCIL = Protected(
    name="works council",
    destinations=("http*://council.example/*", "smtp://*/*@council.example"),
    addresses=("192.0.2.0/24",),
)
MAIL = Protected(name="regulator", destinations=("smtp://*/*@regulator.example",))
POLICY = Policy(protected=(COUNCIL, MAIL))
CLIP = (samples_folder() / "packages/TR-2043/audio/TR-2043-c01.wav").read_bytes()
LETTER = b"Dear council, a most singular secret of mine: quincunx marmalade."


def seen(destination: str, *, peer: str = "192.0.2.80", **values: object) -> Observation:
    settings: dict[str, object] = {"channel": "http", "time": 1_700_000_000.0, "name": "x", **values}
    return Observation(key="k", content=Content.of(b"x"), destination=destination, peer=peer, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("destination", "peer", "is_spared"),
    [
        ("http://council.example/report", "192.0.2.80", True),
        ("HTTP://COUNCIL.example/report", "192.0.2.80", True),
        ("http://council.example/report", "198.51.100.7", False),
        ("http://council.example/report", "", False),
        ("http://elsewhere.example/?http://council.example/x", "192.0.2.80", False),
        ("http://elsewhere.example/council.example/", "192.0.2.80", False),
        ("http://council.example.evil.example/x", "192.0.2.80", False),
        ("http://council.example:8080/x", "192.0.2.80", True),
        ("smtp://192.0.2.25:25/a@council.example", "192.0.2.25", True),
        ("smtp://mail:25/a@regulator.example", "198.51.100.7", True),
        ("smtp://mail:25/a@regulator.example,b@regulator.example", "198.51.100.7", True),
        ("smtp://mail:25/a@regulator.example,rat@press.example", "198.51.100.7", False),
        ("smtp://mail:25/rat@press.example,a@regulator.example", "198.51.100.7", False),
        ("smtp://mail:25/rat@press.example,a/b@regulator.example", "198.51.100.7", False),
        ("smtp://mail:25/" + ",".join(f"a{n}@regulator.example" for n in range(20)), "198.51.100.7", False),
    ],
)
def test_all_of_where_it_goes_must_be_protected(destination: str, peer: str, is_spared: bool) -> None:
    assert (spared(seen(destination, peer=peer), POLICY) is not None) is is_spared


def test_what_comes_from_there_is_spared_and_files_are_not() -> None:
    answer = seen("http://10.1.0.5:40000", source="http://council.example/answer", is_leaving=False)
    assert spared(answer, POLICY) is not None
    assert spared(seen("file:///media/council.example/x", channel="removable"), POLICY) is None


@pytest.mark.parametrize(
    ("name", "far", "is_spared"),
    [
        ("council.example", "192.0.2.80:443", True),
        ("council.example", "198.51.100.7:443", False),
        ("portal.example", "192.0.2.80:443", False),
        ("", "192.0.2.80:443", False),
    ],
)
def test_a_connection_that_cannot_be_read_is_spared_by_its_host(name: str, far: str, is_spared: bool) -> None:
    some_paths = Protected(name="form", destinations=("https://portal.example/council/*",))
    flow = Opaque(
        protocol="tls", source="10.1.0.5:40000", destination=far, name=name, start=1.0, end=2.0, up=9, down=9, flow="f"
    )
    assert (spared(flow, Policy(protected=(COUNCIL, some_paths))) is not None) is is_spared


def test_a_month_is_all_that_is_known_of_when() -> None:
    assert Spared(name="x", time=1_700_000_000.0).month == 1_698_796_800  # 2023-11-01


@pytest.mark.parametrize(
    "words",
    [
        'name = "all"\ndestinations = ["*"]',
        'name = "all"\ndestinations = ["https://*"]',
        'name = "all"\ndestinations = ["https://*/x"]',
        'name = "all"\ndestinations = ["smtp://*/*@*"]',
        'name = "none"',
        'name = "folder"\ndestinations = ["file:///srv/council/*"]',
        'name = "x"\ndestinations = ["http://a/*"]\naddresses = ["nowhere"]',
    ],
)
def test_what_protects_everything_or_nothing_is_refused(tmp_path: Path, words: str) -> None:
    (tmp_path / "p.toml").write_text(f"[[protected]]\n{words}\n")
    with pytest.raises(ConfigError):
        load(tmp_path / "p.toml")


def request(host: str, body: bytes, name: str) -> bytes:
    head = f"POST /{name} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def hello(name: bytes) -> bytes:
    """The beginning of a TLS connection that asks for a server by name, and enough behind it to be told of."""
    sni = b"\0\0" + (len(name) + 5).to_bytes(2, "big") + (len(name) + 3).to_bytes(2, "big") + b"\0"
    sni += len(name).to_bytes(2, "big") + name
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + len(sni).to_bytes(2, "big") + sni
    shaken = b"\1" + len(body).to_bytes(3, "big") + body
    record = b"\x16\3\1" + len(shaken).to_bytes(2, "big") + shaken
    return record + b"".join(b"\x17\3\3\x40\0" + bytes(0x4000) for _ in range(20))


def test_nothing_of_what_goes_there_is_anywhere_in_the_store(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(
        f'[[protected]]\nname = "{COUNCIL.name}"\ndestinations = {list(COUNCIL.destinations)}\n'
        f"addresses = {list(COUNCIL.addresses)}\n"
    )
    config = tmp_path / "config.toml"
    config.write_text(f'policy = "{tmp_path / "policy.toml"}"\n[keep]\nfeatures_days = 9\n[network]\nopaque_kib = 1\n')
    store = tmp_path / "s"
    package = str(samples_folder() / "packages/TR-2043")
    earwitness(store, "register", package, "--programme", "translator", "--recipient", "r", "--json")
    packets = []
    for port, body in enumerate((CLIP, LETTER, LETTER + CLIP), 40_001):
        packets += exchange(request("council.example", body, f"quincunx-{port}.wav"), client=(CLIENT, port))
    packets += exchange(hello(b"council.example"), client=(CLIENT, 40_010), server=("192.0.2.80", 443))
    capture = tmp_path / "capture.pcap"
    capture.write_bytes(pcap(packets, link=101))
    code, lines, _ = earwitness(store, "scan", "--config", str(config), "--json", str(capture))
    assert code == 0
    assert [line["channel"] for line in lines] == ["file"]  # the capture itself
    kept = [path.read_bytes() for path in store.rglob("*") if path.is_file() and path.name != "register.sqlite"]
    for words in (b"quincunx", b"marmalade", b"council.example", b"192.0.2.80", Content.of(CLIP).sha256.encode()):
        assert not [data for data in kept if words in data], words
    assert not [data for data in kept if bytes.fromhex(Content.of(LETTER).sha256) in data]
    said = plain("--store", store, "--config", config, "what-is-kept", "--user", "r").stdout
    assert "works council (http*://council.example/*" in said
    assert "by the month and for all here: 4" in said
    assert "works council" in plain("--store", store, "--config", config, "data-protection").stdout
    other = request("elsewhere.example", CLIP, "holiday.wav")
    capture.write_bytes(pcap(exchange(other, client=(CLIENT, 40_020)), link=101))
    assert earwitness(store, "scan", "--config", str(config), "--json", str(capture))[0] == 1
