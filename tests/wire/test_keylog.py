"""Key logs: read as they grow, by the client's random."""

from hypothesis import given
from hypothesis import strategies as st

from forensics.wire.keylog import CONNECTION_LIMIT, KeyLog

RANDOM, OTHER = b"r" * 32, b"o" * 32


def line(label, random=RANDOM, secret=b"s" * 48):
    return f"{label} {random.hex()} {secret.hex()}\n"


def test_nothing_can_come_where_there_is_no_log():
    assert KeyLog().secrets(RANDOM) is None


def test_what_a_capture_carries_is_known():
    log = KeyLog()
    log.learn(b"# made by a browser\r\n" + line("CLIENT_RANDOM").encode())
    assert log.secrets(RANDOM) == {"CLIENT_RANDOM": b"s" * 48}
    assert log.secrets(OTHER) == {}


def test_a_file_is_read_on_as_it_grows_and_anew_when_it_is_another(tmp_path):
    path = tmp_path / "keys.log"
    log = KeyLog([path])
    assert log.secrets(RANDOM) == {}
    written = line("CLIENT_TRAFFIC_SECRET_0") + line("SERVER_TRAFFIC_SECRET_0")
    path.write_text(written[:-20])
    assert set(log.secrets(RANDOM)) == {"CLIENT_TRAFFIC_SECRET_0"}
    path.write_text(written)
    assert set(log.secrets(RANDOM)) == {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"}
    (tmp_path / "new").write_text(line("CLIENT_RANDOM", OTHER))
    (tmp_path / "new").rename(path)
    assert set(log.secrets(OTHER)) == {"CLIENT_RANDOM"}


def test_what_is_no_line_of_a_key_log_is_passed_over():
    log = KeyLog()
    for text in (line("EXPORTER_SECRET"), "CLIENT_RANDOM zz zz\n", "CLIENT_RANDOM ab\n", "\n", "RSA 00 00\n"):
        log.learn(text.encode())
    assert log.secrets(RANDOM) == {}


def test_the_oldest_connections_are_forgotten_first():
    log = KeyLog()
    log.learn("".join(line("CLIENT_RANDOM", n.to_bytes(32, "big"), b"x") for n in range(CONNECTION_LIMIT + 1)).encode())
    assert log.secrets(bytes(32)) == {}
    assert log.secrets(CONNECTION_LIMIT.to_bytes(32, "big"))


@given(st.binary(max_size=200))
def test_any_bytes_are_taken(text):
    KeyLog().learn(b"CLIENT_RANDOM " + text)
    KeyLog().learn(text)
