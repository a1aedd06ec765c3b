import pytest

from forensics.channels.exchange import Exchange
from tests.channels.script import CLIENT, CLOSE, SERVER, brief, tell

HOST, FAR = "10.1.0.5", "192.0.2.21"
HOST6, FAR6 = "2001:db8::5", "2001:db8::21"
LOGIN = [
    (SERVER, b"220 ready\r\n"),
    (CLIENT, b"USER u\r\n"),
    (SERVER, b"331 password\r\n"),
    (CLIENT, b"PASS p\r\n"),
    (SERVER, b"230 in\r\n"),
    (CLIENT, b"CWD /in\r\n"),
    (SERVER, b"250 ok\r\n"),
]


def session(*acts, hosts=(HOST, FAR)):
    """Acts: ("control", script) or ("data", source, port, destination, port, script)."""
    exchange = Exchange()
    control = exchange.open("control", ((hosts[0], 40000), (hosts[1], 2121)), 1.0)
    tell(control, LOGIN)
    for kind, *rest in acts:
        if kind == "control":
            tell(control, rest[0])
        else:
            source, sport, destination, dport, script = rest
            tell(exchange.open(f"data{dport}", ((source, sport), (destination, dport)), 2.0), script)
    tell(control, [(CLIENT, CLOSE), (SERVER, CLOSE)])
    exchange.finish()
    return list(exchange.take())


SEND = [(CLIENT, b"clip "), (CLIENT, b"bytes"), (CLIENT, CLOSE), (SERVER, CLOSE)]
STORE = ("control", [(CLIENT, b"STOR a/clip.wav\r\n"), (SERVER, b"150 go\r\n")])


@pytest.mark.parametrize(
    ("asked", "answered", "hosts"),
    [
        (b"PASV\r\n", b"227 Entering Passive Mode (192,0,2,21,200,10)\r\n", (HOST, FAR)),
        (b"PASV\r\n", b"227 =192,0,2,21,200,10\r\n", (HOST, FAR)),
        (b"PASV\r\n", b"227 Entering Passive Mode (172,16,0,9,200,10).\r\n", (HOST, FAR)),
        (b"EPSV\r\n", b"229 Entering Extended Passive Mode (|||51210|)\r\n", (HOST6, FAR6)),
    ],
)
def test_a_passive_upload(asked, answered, hosts):
    acts = [("control", [(CLIENT, asked), (SERVER, answered)]), STORE, ("data", hosts[0], 5000, hosts[1], 51210, SEND)]
    (found,) = session(*acts, hosts=hosts)
    assert brief(found) == ("up", "clip.wav", b"clip bytes")
    assert found.protocol == "ftp"
    assert found.uri.endswith("/in/a/clip.wav")


@pytest.mark.parametrize(
    ("asked", "hosts"),
    [
        (b"PORT 10,1,0,5,200,10\r\n", (HOST, FAR)),
        (b"EPRT |2|2001:db8::5|51210|\r\n", (HOST6, FAR6)),
        (b"EPRT |1|10.1.0.5|51210|\r\n", (HOST, FAR)),
    ],
)
def test_an_active_upload(asked, hosts):
    send = [(1 - side, what) for side, what in SEND]
    acts = [
        ("control", [(CLIENT, asked), (SERVER, b"200 ok\r\n")]),
        STORE,
        ("data", hosts[1], 20, hosts[0], 51210, send),
    ]
    (found,) = session(*acts, hosts=hosts)
    assert brief(found) == ("up", "clip.wav", b"clip bytes")
    assert found.source.startswith(f"[{hosts[0]}]" if ":" in hosts[0] else hosts[0])


PASSIVE = ("control", [(CLIENT, b"EPSV\r\n"), (SERVER, b"229 ok (|||51210|)\r\n")])
RECEIVE = [(SERVER, b"down bytes"), (SERVER, CLOSE), (CLIENT, CLOSE)]


def test_a_download_and_a_listing():
    fetch = ("control", [(CLIENT, b"RETR old.zip\r\n"), (SERVER, b"150 go\r\n")])
    (found,) = session(PASSIVE, fetch, ("data", HOST, 5000, FAR, 51210, RECEIVE))
    assert brief(found) == ("down", "old.zip", b"down bytes")
    listing = ("control", [(CLIENT, b"LIST\r\n"), (SERVER, b"150 go\r\n")])
    assert session(PASSIVE, listing, ("data", HOST, 5000, FAR, 51210, RECEIVE)) == []


def test_a_data_connection_seen_before_its_announcement_or_its_command():
    data = ("data", HOST, 5000, FAR, 51210, SEND)
    for acts in ((data, PASSIVE, STORE), (PASSIVE, data, STORE)):
        (found,) = session(*acts)
        assert brief(found) == ("up", "clip.wav", b"clip bytes")


def test_a_file_whose_command_was_never_seen_still_comes_out():
    (found,) = session(PASSIVE, ("data", HOST, 5000, FAR, 51210, SEND))
    assert brief(found) == ("up", "", b"clip bytes")


def test_the_server_names_a_unique_file():
    unique = ("control", [(CLIENT, b"STOU\r\n"), (SERVER, b"150 FILE: x00001.wav\r\n")])
    (found,) = session(PASSIVE, unique, ("data", HOST, 5000, FAR, 51210, SEND))
    assert found.name == "x00001.wav"


def test_the_same_machine_at_both_ends():
    (found,) = session(PASSIVE, STORE, ("data", HOST, 5000, HOST, 51210, SEND), hosts=(HOST, HOST))
    assert brief(found) == ("up", "clip.wav", b"clip bytes")


def test_a_connection_from_elsewhere_to_an_announced_port_is_not_the_file():
    assert session(PASSIVE, STORE, ("data", "203.0.113.9", 5000, "203.0.113.8", 51210, SEND)) == []


def test_a_file_with_a_hole_says_so():
    torn = [(CLIENT, b"clip"), (CLIENT, 3), (CLIENT, b"end"), (CLIENT, CLOSE), (SERVER, CLOSE)]
    (found,) = session(PASSIVE, STORE, ("data", HOST, 5000, FAR, 51210, torn))
    assert found.content.bytes() == b"clip\0\0\0end"
    assert found.missing_bytes == 3
