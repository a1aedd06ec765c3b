"""Makes the sample packages from texts.toml: espeak-ng voices, fixed seeds, no clock, the same bytes every time.

Run `python samples/make.py` in a checkout; needs espeak-ng. The outcome is committed, so nobody has to.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import tomllib
import wave
from fractions import Fraction
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import av
import numpy as np
from scipy.signal import resample_poly

HERE = Path(__file__).resolve().parent
PACKAGES = HERE / "packages"
PRIVATE = HERE / "private"
RATE = 16_000
SEED = 20190807


def speak(text: str, voice: str) -> np.ndarray:
    """The sentence as int16 mono at 16 kHz."""
    said = subprocess.run(["espeak-ng", "-v", voice, "-s", "165", "--stdout", text], capture_output=True, check=True)
    with wave.open(io.BytesIO(said.stdout)) as sound:
        rate = sound.getframerate()
        samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
    ratio = Fraction(RATE, rate)
    resampled = resample_poly(samples.astype(float), ratio.numerator, ratio.denominator)
    return np.clip(resampled, -32768, 32767).astype("<i2")


def write_wav(path: Path, samples: np.ndarray, rate: int = RATE) -> None:
    """Write 16-bit mono PCM."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.astype("<i2").tobytes())


def write_coded(path: Path, samples: np.ndarray, codec: str, bit_rate: int, tags: dict[str, str] | None = None) -> None:
    """Write through an FFmpeg encoder, without any date or version in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as out:
        out.metadata.update(tags or {})
        stream = out.add_stream(codec, rate=48_000 if codec == "libopus" else RATE)
        stream.bit_rate = bit_rate
        stream.layout = "mono"
        resampler = av.AudioResampler(stream.format, "mono", stream.rate)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        fifo = av.AudioFifo()
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            piece.pts = None
            fifo.write(piece)
        while piece := fifo.read(stream.codec_context.frame_size or 1024, partial=True):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))


def xliff(package: dict, *, is_return: bool) -> str:
    """XLIFF 1.2: candidates as alt-trans when issued; one target per unit and nothing else when returned."""
    units = []
    for clip in package["clip"]:
        alternatives = "".join(
            f'\n        <alt-trans match-quality="{90 - 7 * n}%"><target>{escape(text)}</target></alt-trans>'
            for n, text in enumerate(clip["candidates"])
        )
        chosen = f'\n        <target state="final">{escape(clip["candidates"][clip["chosen"]])}</target>'
        units.append(
            f'      <trans-unit id={quoteattr(clip["id"])} resname="audio/{clip["id"]}.wav">\n'
            f"        <source>{escape(clip['transcript'])}</source>{chosen if is_return else alternatives}\n"
            f"      </trans-unit>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">\n'
        f'  <file original="{package["id"]}" datatype="x-audio-transcript"'
        f' source-language="{package["source_language"]}" target-language="{package["target_language"]}">\n'
        "    <body>\n" + "\n".join(units) + "\n    </body>\n  </file>\n</xliff>\n"
    )


def translator(package: dict, folder: Path) -> None:
    """A folder with manifest.json, WAV clips and candidates.xlf, and the return beside the folder."""
    for clip in package["clip"]:
        write_wav(folder / "audio" / f"{clip['id']}.wav", speak(clip["transcript"], package["voice"]))
    manifest = {
        "package": package["id"],
        "programme": package["programme"],
        "recipient": package["recipient"],
        "clips": [
            {
                "id": clip["id"],
                "audio": f"audio/{clip['id']}.wav",
                "source_language": package["source_language"],
                "target_language": package["target_language"],
                "transcript": clip["transcript"],
                "candidates": clip["candidates"],
            }
            for clip in package["clip"]
        ],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", "utf-8")
    (folder / "candidates.xlf").write_text(xliff(package, is_return=False), "utf-8")
    returns = HERE / "returns"
    returns.mkdir(exist_ok=True)
    (returns / f"{package['id']}.xlf").write_text(xliff(package, is_return=True), "utf-8")


def assistant(package: dict, folder: Path) -> None:
    """A folder with manifest.jsonl and Opus clips."""
    lines = []
    for clip in package["clip"]:
        write_coded(folder / f"{clip['id']}.opus", speak(clip["transcript"], package["voice"]), "libopus", 24_000)
        lines.append(
            {
                "utterance_id": clip["id"],
                "batch": package["id"],
                "file": f"{clip['id']}.opus",
                "locale": "en-GB",
                "hypotheses": clip["candidates"],
            }
        )
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (folder / "manifest.jsonl").write_text(text, "utf-8")


def dictation(package: dict, folder: Path) -> None:
    """A folder with clips.tsv and MP3 clips."""
    table = io.StringIO()
    rows = csv.writer(table, delimiter="\t", lineterminator="\n")
    rows.writerow(["path", "sentence", "hyp1", "hyp2", "locale"])
    for clip in package["clip"]:
        write_coded(
            folder / "clips" / f"{clip['id']}.mp3", speak(clip["transcript"], package["voice"]), "libmp3lame", 48_000
        )
        rows.writerow([f"clips/{clip['id']}.mp3", clip["transcript"], *clip["candidates"], "it"])
    (folder / "clips.tsv").write_text(table.getvalue(), "utf-8")


def private(memo: dict) -> None:
    """The contractor's own things: a voice memo, a tune and two holiday pictures."""
    PRIVATE.mkdir(exist_ok=True)
    write_coded(PRIVATE / "memo.m4a", speak(memo["text"], memo["voice"]), "aac", 48_000)
    write_coded(PRIVATE / "tune.mp3", tune(), "libmp3lame", 64_000, {"title": "Balcony", "artist": "Home tape"})
    for number in (1, 2):
        picture(PRIVATE / f"holiday-{number}.jpg", number)
    (PRIVATE / "shopping.txt").write_text(
        "Saturday: tomatoes, bread, a bicycle tube.\nAsk the plumber about the kitchen tap.\n", "utf-8"
    )


def tune() -> np.ndarray:
    """Twelve seconds of plucked strings over four chords."""
    random = np.random.default_rng(SEED)
    chords = [(220.0, 277.2, 329.6), (196.0, 246.9, 293.7), (174.6, 220.0, 261.6), (196.0, 246.9, 392.0)]
    sound = np.zeros(12 * RATE)
    for beat in range(48):
        note = chords[beat // 4 % 4][random.integers(3)] * (1 if beat % 3 else 2)
        time = np.arange(RATE) / RATE
        pluck = np.sin(2 * np.pi * note * time) * np.exp(-4 * time) + 0.3 * np.sin(4 * np.pi * note * time) * np.exp(
            -7 * time
        )
        start = beat * RATE // 4
        sound[start : start + RATE] += pluck[: max(0, len(sound) - start)][:RATE]
    return (sound / np.abs(sound).max() * 20_000).astype("<i2")


def picture(path: Path, number: int) -> None:
    """A seaside of gradients and noise as JPEG."""
    random = np.random.default_rng(SEED + number)
    height, width = 480, 640
    rows = np.linspace(0, 1, height)[:, None, None]
    sky = np.array([120, 180, 240]) * (1 - rows) + np.array([240, 220, 160]) * rows
    pixels = np.broadcast_to(sky, (height, width, 3)).copy()
    pixels[height // 2 :] = pixels[height // 2 :] * 0.4 + np.array([10, 60, 110]) * 0.6
    pixels += random.normal(0, 6, pixels.shape)
    frame = av.VideoFrame.from_ndarray(np.clip(pixels, 0, 255).astype(np.uint8), format="rgb24").reformat(
        format="yuvj420p"
    )
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = width, height, "yuvj420p", Fraction(1, 25)
    path.write_bytes(b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)]))


def main() -> None:
    """Make everything anew."""
    texts = tomllib.loads((HERE / "texts.toml").read_text("utf-8"))
    for folder in (PACKAGES, PRIVATE, HERE / "returns"):
        shutil.rmtree(folder, ignore_errors=True)
    makers = {"translator": translator, "assistant": assistant, "dictation": dictation}
    for package in texts["package"]:
        folder = PACKAGES / package["id"]
        folder.mkdir(parents=True)
        makers[package["format"]](package, folder)
    private(texts["memo"])


if __name__ == "__main__":
    main()
