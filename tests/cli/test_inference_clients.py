"""What leaves under encryption nobody has keys for: the file that its process had read and whose size fits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forensics.sensors.network.readings import Readings
from tests.cli.test_keylog_clients import CLIP, Drop, alerted, store  # noqa: F401 - a fixture
from tests.cli.test_scan import SAMPLES
from tests.cli.watching import WAIT_S, Lines, Watching, watching
from tests.wire.test_real_clients import can_capture

pytestmark = pytest.mark.skipif(not can_capture(), reason="no right to capture here")
AUDIO = SAMPLES / f"packages/TR-2041/audio/{CLIP}.wav"
POST = """
import ssl, sys, time, urllib.request
data = open(sys.argv[1], "rb").read()
data = data * 20 + b"x" if sys.argv[3] == "more" else data
context = ssl._create_unverified_context()
answer = urllib.request.urlopen(urllib.request.Request(sys.argv[2], data, method="PUT"), context=context)
time.sleep(0.5)  # as long as it takes on the way to a far server
"""
MAIL = """
import smtplib, ssl, sys, time
from email.message import EmailMessage
message = EmailMessage()
message["From"], message["To"], message["Subject"] = "a@here.example", "b@elsewhere.example", "call"
message.set_content("As you asked.")
message.add_attachment(open(sys.argv[1], "rb").read(), maintype="audio", subtype="wav", filename="call.wav")
with smtplib.SMTP("127.0.0.1", int(sys.argv[2])) as smtp:
    smtp.starttls(context=ssl._create_unverified_context())
    smtp.send_message(message)
    time.sleep(0.5)
"""


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[Drop]:
    made = Drop(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def sees_openings() -> None:
    """Whether a file that is open for a moment is noticed."""
    readings = Readings(set)
    readings.start()
    method = readings.method
    readings.stop()
    if method != "fanotify":
        pytest.skip("no right to hear of every opening here")


def until_seen(monitor: Watching, leak: Callable[[], object]) -> list[tuple[str, str, set[str]]]:
    """The alerts of a leak, which is tried again: whose a connection was may be missed where all is over at once.

    That the connection was told of says that it was thought about; of a process that was named there is an alert then.
    """
    found: list[tuple[str, str, set[str]]] = []
    for tried in range(4):
        leak()
        told = monitor.wait_for(lambda lines, tried=tried: alerted(lines) or opaque(lines)[tried:])
        is_named = any(each["process"] for each in opaque(monitor.lines)[tried:])
        if told and (found := monitor.wait_for(alerted, wait_s=WAIT_S if is_named else 0.0)):
            break
    return found


def opaque(lines: Lines) -> Lines:
    return [line["opaque"] for line in lines if "opaque" in line]


def titles(lines: Lines) -> list[tuple[str, str]]:
    return [(line["alert"]["title"], line["alert"]["reason"]) for line in lines if line.get("alert")]


def test_what_curl_sends_is_inferred(store: Path, drop: Drop, tmp_path: Path) -> None:  # noqa: F811
    with watching(store, tmp_path, drop.port) as monitor:
        found = until_seen(monitor, drop.upload)
        title, reason = titles(monitor.lines)[-1]
        assert monitor.stop() == 1
    assert found == [("http", AUDIO.name, {CLIP})]
    assert title.endswith("(inferred)")
    assert reason.startswith("inferred: curl (")
    assert f"had this file of {AUDIO.stat().st_size} bytes open and sent" in reason


@pytest.mark.usefixtures("sees_openings")
@pytest.mark.slow
def test_a_file_that_was_read_at_once_is_inferred(store: Path, drop: Drop, tmp_path: Path) -> None:  # noqa: F811
    with watching(store, tmp_path, drop.port) as monitor:
        url = f"https://127.0.0.1:{drop.port}/in/y.bin"
        call = [sys.executable, "-c", POST, AUDIO, url, "all"]
        found = until_seen(monitor, lambda: subprocess.run(call, check=True, start_new_session=True))
    assert [(name, clips) for _, name, clips in found] == [(AUDIO.name, {CLIP})]


@pytest.mark.usefixtures("sees_openings")
@pytest.mark.slow
def test_another_size_is_not(store: Path, drop: Drop, tmp_path: Path) -> None:  # noqa: F811
    with watching(store, tmp_path, drop.port) as monitor:
        url = f"https://127.0.0.1:{drop.port}/in/y.bin"
        subprocess.run([sys.executable, "-c", POST, AUDIO, url, "more"], check=True, start_new_session=True)
        (told,) = monitor.wait_for(opaque)
        assert monitor.stop() == 0
        assert alerted(monitor.lines) == []
    assert told["up"] > AUDIO.stat().st_size * 20


@pytest.mark.usefixtures("sees_openings")
@pytest.mark.slow
def test_an_attachment_of_mail_is_inferred_from_its_length_in_base64(
    store: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    from tests.cli.sealed_mail import serving

    with serving(tmp_path) as port, watching(store, tmp_path, port) as monitor:
        call = [sys.executable, "-c", MAIL, AUDIO, str(port)]
        found = until_seen(monitor, lambda: subprocess.run(call, check=True, start_new_session=True))
        _, reason = titles(monitor.lines)[-1]
    assert [(name, clips) for _, name, clips in found] == [(AUDIO.name, {CLIP})]
    assert "in base64" in reason
