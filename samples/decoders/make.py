"""Makes the audio samples of the decoders with espeak-ng's voices: `python samples/decoders/make.py`.

Each case is a folder `<decoder>/<case>` with an input and `expected.toml`; the same bytes every time.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import wave
import zipfile
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
import pysilk
from scipy.signal import resample_poly

from forensics.formats.flac_frames import flac_frame
from forensics.formats.sample_formats import alaw_table, mulaw_table

HERE = Path(__file__).resolve().parent
CALLER = "Good morning, I am calling about the second invoice."
FLAC_SAMPLES = 1152
AGENT = "One moment please while I look for it in the other system."


def speak(text: str, voice: str, rate: int) -> np.ndarray:
    """The sentence as int16 mono."""
    said = subprocess.run(["espeak-ng", "-v", voice, "-s", "175", "--stdout", text], capture_output=True, check=True)
    with wave.open(io.BytesIO(said.stdout)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        ratio = Fraction(rate, sound.getframerate())
    resampled = resample_poly(samples.astype(float), ratio.numerator, ratio.denominator)
    return np.clip(resampled, -32768, 32767).astype("<i2")


def silk(samples: np.ndarray, rate: int, *, is_tencent: bool) -> bytes:
    """A SILK v3 file as messengers write it."""
    out = io.BytesIO()
    pysilk.encode(io.BytesIO(samples.tobytes()), out, rate, 16_000, tencent=is_tencent)
    return out.getvalue()


def coded(samples: np.ndarray, table: np.ndarray) -> bytes:
    """G.711: the code whose value is nearest."""
    order = np.argsort(table)
    middles = (table[order][1:] + table[order][:-1]) / 2
    return bytes(order[np.searchsorted(middles, samples.astype(float))].astype(np.uint8))


def wav(data: bytes, *, rate: int, channels: int, bits: int) -> bytes:
    """A RIFF header that says what it is told, and the data."""
    width = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * width, width, bits)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def cases() -> Iterator[tuple[str, str, bytes, dict[str, object]]]:
    """Folder, input name, input and what is expected of it."""
    wide, narrow = speak(CALLER, "en", 24_000), speak(CALLER, "en", 8000)
    seconds = round(len(narrow) / 8000, 1)
    note = silk(wide, 24_000, is_tencent=True)
    is_silk: dict[str, object] = {"type": "audio/silk", "codec": "silk", "seconds": seconds, "outcome": "clean"}
    yield "silk/tencent", "voice.amr", note, is_silk
    yield "silk/plain-8k", "voice.silk", silk(narrow, 8000, is_tencent=False) + b"\xff\xff", is_silk
    cut = is_silk | {"seconds": round(seconds / 2, 1), "outcome": "partial", "reason": "cut inside a packet"}
    yield "silk/cut", "voice.silk", note[: len(note) // 2], cut
    raw: dict[str, object] = {"type": "application/octet-stream", "seconds": seconds, "outcome": "clean"}
    mulaw, alaw = coded(narrow, mulaw_table()), coded(narrow, alaw_table())
    yield "headerless_audio/mulaw", "call.ul", mulaw, raw | {"type": "audio/x-mulaw", "codec": "pcm_mulaw"}
    yield "headerless_audio/alaw-unnamed", "call.dat", alaw, raw | {"codec": "pcm_alaw"}
    wide_raw = speak(CALLER, "en", 16_000).astype(">i2").tobytes()
    yield "headerless_audio/s16be-16k", "call-16000.raw", wide_raw, raw | {"codec": "pcm_s16be"}
    is_wav: dict[str, object] = {"type": "audio/wav", "codec": "pcm_s16le", "outcome": "clean"}
    other = speak(AGENT, "en+f3", 8000)
    both = np.zeros((max(len(narrow), len(other)), 2), "<i2")
    both[: len(narrow), 0], both[: len(other), 1] = narrow, other
    sides = {"seconds": round(len(both) / 8000, 1), "signals": ["", "channel 1", "channel 2"]}
    yield "audio/two-sides", "call.wav", wav(both.tobytes(), rate=8000, channels=2, bits=16), is_wav | sides
    wrong: dict[str, object] = {"codec": "pcm_u8", "seconds": 2 * seconds, "outcome": "partial"}
    wrong |= {"signals": ["", "as pcm_s16le 8000 Hz"], "reason": "the samples are pcm_s16le"}
    yield "audio/says-8-bit", "call.wav", wav(narrow.tobytes(), rate=8000, channels=1, bits=8), is_wav | wrong
    yield from without_beginning(narrow)
    yield from without_index(narrow, seconds)
    yield from spelled(silk(narrow, 8000, is_tencent=False) + b"\xff\xff", seconds)


def without_beginning(samples: np.ndarray) -> Iterator[tuple[str, str, bytes, dict[str, object]]]:
    """What is left of a recording from its second frame or page of sound on."""
    lost: dict[str, object] = {"outcome": "partial", "reason": "the beginning of the sound is lost"}
    opus = (HERE.parent / "packages/AC-0317/AC-0317-u1.opus").read_bytes()
    pages = [at for at in range(len(opus)) if opus.startswith(b"OggS", at)]
    is_opus: dict[str, object] = {"type": "audio/x-ogg-pages", "codec": "opus", "seconds": opus_seconds(opus, pages)}
    yield "cut_audio/opus", "voice.bin", opus[pages[3] :], is_opus | lost
    command = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", "8000", "-ac", "1", "-i", "pipe:0", "-bitexact"]
    done = subprocess.run([*command, "-f", "flac", "pipe:1"], input=samples.tobytes(), capture_output=True, check=True)
    second = done.stdout.index(b"\xff\xf8", done.stdout.index(b"\xff\xf8") + 1000)
    while flac_frame(done.stdout, second) is None:
        second = done.stdout.index(b"\xff\xf8", second + 1)
    left_s = round(len(samples) / 8000 - FLAC_SAMPLES / 8000, 1)
    is_flac: dict[str, object] = {"type": "audio/x-flac-frames", "codec": "flac", "seconds": left_s}
    yield "cut_audio/flac", "voice.bin", done.stdout[second:], is_flac | lost


def without_index(samples: np.ndarray, seconds: float) -> Iterator[tuple[str, str, bytes, dict[str, object]]]:
    """A recording that was not ended: its index would have been written last."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "memo.m4a"
        command = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", "8000", "-ac", "1", "-i", "pipe:0", "-b:a", "24k"]
        subprocess.run([*command, "-fflags", "+bitexact", str(whole)], input=samples.tobytes(), check=True)
        data = whole.read_bytes()
    expected: dict[str, object] = {"type": "audio/mp4", "inside": "audio/aac", "codec": "aac", "seconds": seconds}
    lost = {"outcome": "unreadable", "reason": "the index (moov) is missing; AAC was found"}
    yield "unindexed_mp4/aac", "memo.m4a", data[: data.rindex(b"moov") - 4], expected | lost


def spelled(note: bytes, seconds: float) -> Iterator[tuple[str, str, bytes, dict[str, object]]]:
    """A voice note as people paste it into text."""
    inside: dict[str, object] = {"inside": "audio/silk", "codec": "silk", "seconds": seconds, "outcome": "clean"}
    is_text = inside | {"type": "text/plain"}
    letter = "Hello Ann,\n\nhere is the note, put it together again and listen:\n\n{}\n\nSee you on Monday.\n"
    base85 = base64.b85encode(note).decode()
    lines = "\n".join(base85[at : at + 76] for at in range(0, len(base85), 76))
    yield "base64_runs/base85", "letter.txt", letter.format(lines).encode(), is_text
    rows = (note[at : at + 16] for at in range(0, len(note), 16))
    dump = "\n".join(f"{16 * number:08x}  {row.hex(' ').ljust(48)} |" for number, row in enumerate(rows))
    yield "base64_runs/dump", "letter.txt", letter.format(dump).encode(), is_text
    numbers = json.dumps({"type": "Buffer", "data": list(note)}).encode()
    yield "base64_runs/numbers", "note.json", numbers, inside | {"type": "application/json"}
    yield "base64_runs/escapes", "note.txt", f"NOTE = {note!r}\nprint(len(NOTE))\n".encode(), is_text
    coded = b"".join(
        b"=" + bytes([(byte + 106) % 256]) if byte in (19, 214, 224, 227) else bytes([(byte + 42) % 256])
        for byte in note
    )
    article = b"=ybegin line=9999 size=%d name=note.silk\r\n%s\r\n=yend size=%d\r\n" % (len(note), coded, len(note))
    yield "sqlite/recorder", "takes.db", database(note), inside | {"type": "application/vnd.sqlite3"}
    is_word: dict[str, object] = {"type": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
    yield "docx/custom-xml", "letter.docx", document(note), inside | is_word
    yield "yenc/article", "article.bin", article, inside | {"type": "application/octet-stream"}


def document(note: bytes) -> bytes:
    """A letter that says nothing, with a voice note in the XML that belongs to no page."""
    members = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "word/document.xml": "<document><p><t>See you on Monday.</t></p></document>",
        "customXml/item1.xml": f"<data><note>{base64.b64encode(note).decode()}</note></data>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in members.items():
            package.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def database(note: bytes) -> bytes:
    """What a recorder keeps: a voice note among its rows."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE take (id INTEGER PRIMARY KEY, sound BLOB, seconds REAL)")
        connection.execute("INSERT INTO take VALUES (7, ?, 3.1)", (note,))
        return connection.serialize()


def opus_seconds(opus: bytes, pages: list[int]) -> float:
    """What passes after the third page, by the clock of the pages."""
    clock = [struct.unpack_from("<Q", opus, at + 6)[0] for at in pages]
    return round((clock[-1] - clock[2]) / 48_000, 1)


def main() -> None:
    """Write every case anew."""
    for folder in (
        "silk",
        "headerless_audio",
        "audio",
        "cut_audio",
        "unindexed_mp4",
        "base64_runs",
        "yenc",
        "sqlite",
        "docx",
    ):
        shutil.rmtree(HERE / folder, ignore_errors=True)
    for place, name, data, expected in cases():
        folder = HERE / place
        folder.mkdir(parents=True)
        (folder / name).write_bytes(data)
        lines = []
        for key, value in expected.items():
            text = value if isinstance(value, (int, float)) else str(value).replace("'", '"')
            lines.append(f"{key} = {text}" if isinstance(value, (int, float, list)) else f'{key} = "{value}"')
        (folder / "expected.toml").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
