"""The six journeys, each an act with real clients and what a person should hear of it."""

from __future__ import annotations

import ftplib
import io
import shutil
import smtplib
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from forensics.demo.scratch import Scratch
from forensics.errors import MissingToolError


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One way out. `expected` is the clip an incident must name, by sound or by text; empty: no incident.

    `marks` are names every one of which the monitor must have reported, matched or not, before the journey counts
    as seen.
    """

    letter: str
    title: str
    expected: str
    marks: tuple[str, ...]
    play: Callable[[Scratch], None]
    needs_network: bool = True


def all_journeys() -> tuple[Journey, ...]:
    """The journeys in order."""
    return (
        Journey(
            letter="a",
            title="clip copied to a removable medium",
            expected="TR-2041-c02",
            marks=("song idea.wav",),
            play=_copy_clip,
            needs_network=False,
        ),
        Journey(
            letter="b",
            title="package zipped, uploaded with curl",
            expected="TR-2042-c01",
            marks=("backup.zip",),
            play=_upload_package,
        ),
        Journey(
            letter="c",
            title="clip re-encoded to Opus, mailed",
            expected="DI-0088-d1",
            marks=("note.opus",),
            play=_mail_clip,
        ),
        Journey(
            letter="d",
            title="translation in a document, by FTP",
            expected="TR-2044-c01",
            marks=("letter.docx",),
            play=_send_text,
        ),
        Journey(letter="e", title="sanctioned return", expected="", marks=("TR-2043.xlf",), play=_return),
        Journey(
            letter="f",
            title="own music, memo, holiday pictures",
            expected="",
            marks=("tune.mp3", "memo.m4a", "holiday-1.jpg", "holiday-2.jpg"),
            play=_private_life,
        ),
    )


def _copy_clip(scratch: Scratch) -> None:
    clip = scratch.samples / "packages/TR-2041/audio/TR-2041-c02.wav"
    shutil.copyfile(clip, scratch.folder("removable") / "song idea.wav")


def _upload_package(scratch: Scratch) -> None:
    source = scratch.folder("work") / "TR-2042"
    shutil.copytree(scratch.samples / "packages/TR-2042", source)
    archive = scratch.folder("work") / "backup.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(source.rglob("*")):
            out.write(path, path.relative_to(source.parent))
    _curl("-F", f"file=@{archive}", f"http://127.0.0.1:{scratch.servers.http}/files/upload")


def _mail_clip(scratch: Scratch) -> None:
    clip = scratch.samples / "packages/DI-0088/clips/DI-0088-d1.mp3"
    message = _message("A little something")
    message.set_content("Listen to this one when you are alone.\n")
    message.add_attachment(_as_opus(clip), maintype="audio", subtype="ogg", filename="note.opus")
    _send(scratch, message)


def _send_text(scratch: Scratch) -> None:
    import json

    manifest = json.loads((scratch.samples / "packages/TR-2044/manifest.json").read_text("utf-8"))
    passage = manifest["clips"][0]["candidates"][0]
    paragraphs = [
        "Dear all, the minutes of our last meeting are below, together with the timetable for the spring.",
        f"What they sent me this week was, word for word: {passage} That is the sort of thing I listen to.",
        "Kind regards, and see you at the allotment on Sunday if the weather holds.",
    ]
    with ftplib.FTP() as client:  # noqa: S321 - a clear channel is what the journey is about
        client.connect("127.0.0.1", scratch.servers.ftp, timeout=20)
        client.login("reviewer", "reviewer")
        client.storbinary("STOR letter.docx", io.BytesIO(_docx(paragraphs)))


def _return(scratch: Scratch) -> None:
    path = scratch.samples / "returns/TR-2043.xlf"
    _curl("-T", str(path), f"http://127.0.0.1:{scratch.servers.http}/return/TR-2043.xlf")


def _private_life(scratch: Scratch) -> None:
    private = scratch.samples / "private"
    shutil.copyfile(private / "tune.mp3", scratch.folder("removable") / "tune.mp3")
    shutil.copyfile(private / "holiday-1.jpg", scratch.folder("cloud_sync") / "holiday-1.jpg")
    _curl("-T", str(private / "holiday-2.jpg"), f"http://127.0.0.1:{scratch.servers.http}/album/holiday-2.jpg")
    message = _message("Shopping")
    message.set_content((private / "shopping.txt").read_text("utf-8"))
    message.add_attachment((private / "memo.m4a").read_bytes(), maintype="audio", subtype="mp4", filename="memo.m4a")
    _send(scratch, message)


def _curl(*arguments: str) -> None:
    if shutil.which("curl") is None:
        raise MissingToolError("curl is missing; install the package curl")
    subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--max-time", "30", "--noproxy", "*", *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _message(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "reviewer@workstation.example"
    message["To"] = "friend@mail.example"
    message["Subject"] = subject
    return message


def _send(scratch: Scratch, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", scratch.servers.smtp, timeout=20) as client:
        client.send_message(message)


def _as_opus(clip: Path) -> bytes:
    import av

    buffer = io.BytesIO()
    with av.open(str(clip)) as source, av.open(buffer, "w", format="ogg") as out:
        stream = out.add_stream("libopus", rate=48_000)
        stream.bit_rate = 16_000
        stream.layout = "mono"
        resampler = av.AudioResampler("s16", "mono", 48_000, frame_size=960)
        for frame in source.decode(audio=0):
            for piece in resampler.resample(frame):
                out.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def _docx(paragraphs: Sequence[str]) -> bytes:
    from xml.sax.saxutils import escape

    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>" for text in paragraphs)
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", types)
        out.writestr("word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>')
    return buffer.getvalue()
