"""Every voice format: what an encoder made, carried by RTP, is heard again; what was lost is quiet and as long."""

import subprocess

import numpy as np
import pytest

from forensics.channels.rtp_formats import STATIC, Format, codec_of
from forensics.channels.rtp_opus import Opus
from forensics.channels.sound_files import Frame
from forensics.content import Content
from forensics.media_types import media_type
from tests.channels.calling import cut, decoded, encoded, heard, likeness, noise, packets

SOUND = noise(4.0)
AMR_BITS = (95, 103, 118, 134, 148, 159, 204, 244)


def opus():
    return encoded("libopus", noise(4.0, rate=48_000), 48_000, bit_rate=32_000)


def amr():
    return encoded("libopencore_amrnb", SOUND, bit_rate=12_200)


def ffmpeg(codec, form):
    """What only the program encodes."""
    command = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", "8000", "-ac", "1", "-i", "-", "-c:a", codec]
    done = subprocess.run([*command, "-f", form, "-"], input=SOUND.tobytes(), check=True, capture_output=True)
    return done.stdout


def aligned(frames):
    return [b"\xf0" + frame[:1] + frame[1:] for frame in frames]


def packed(frames):
    """RFC 4867, 4.3: a mode request, an entry of six bits and the speech bits, filled up to an octet."""
    made = []
    for frame in frames:
        bits = AMR_BITS[frame[0] >> 3 & 15]
        number = 0xF << 6 | frame[0] >> 2
        number = number << bits | int.from_bytes(frame[1:], "big") >> (-bits % 8)
        fill = -(10 + bits) % 8
        made.append((number << fill).to_bytes((10 + bits + fill) // 8, "big"))
    return made


def together(payloads, count=2):
    return [b"".join(payloads[at : at + count]) for at in range(0, len(payloads), count)]


MADE = {
    "pcmu": (0, 160, lambda: cut(b"".join(encoded("pcm_mulaw", SOUND)))),
    "pcma": (8, 160, lambda: cut(b"".join(encoded("pcm_alaw", SOUND)))),
    "g722": (9, 160, lambda: cut(b"".join(encoded("g722", noise(4.0, rate=16_000), 16_000, frame=320)))),
    "l16": (11, 441, lambda: cut(noise(4.0, rate=44_100).byteswap().tobytes(), 882)),
    "gsm": (3, 320, lambda: cut(ffmpeg("libgsm", "gsm"), 66)),
    "g723": (4, 240, lambda: encoded("g723_1", SOUND, bit_rate=6300)),
    "g726": (2, 160, lambda: cut(b"".join(encoded("g726le", SOUND, bit_rate=32_000)), 80)),
    "opus": (111, 960, opus),
    "amr, octets": (97, 160, lambda: aligned(amr())),
    "amr, bits": (97, 160, lambda: packed(amr())),
}
LEAST = {"g723": 0.8, "amr, octets": 0.85, "amr, bits": 0.85, "gsm": 0.75, "opus": 0.95, "g726": 0.95}


@pytest.mark.parametrize("name", MADE)
def test_what_was_said_is_heard_without_any_signalling(name):
    kind, step, make = MADE[name]
    sent = packets(make(), kind=kind, step=step)
    (found,) = heard(sent)
    assert media_type(found.content, found.name).startswith("audio/")
    assert likeness(decoded(found.content.bytes()), SOUND) > LEAST.get(name, 0.99)


@pytest.mark.parametrize("name", MADE)
def test_a_second_lost_is_a_second_of_quiet(name):
    kind, step, make = MADE[name]
    sent = packets(make(), kind=kind, step=step)
    first, last = len(sent) * 3 // 8, len(sent) * 5 // 8
    (whole,), (found,) = heard(sent), heard(sent[:first] + sent[last:])
    before, after = decoded(whole.content.bytes()), decoded(found.content.bytes())
    assert abs(len(before) - len(after)) <= 480
    hole = after[int(len(after) * 0.47) : int(len(after) * 0.58)].astype(float)
    assert hole.std() < 0.02 * before.astype(float).std()
    assert likeness(after[-8000:], before[-8000:]) > 0.9
    assert found.missing_bytes > 0
    assert found.missing[-1].end <= found.content.size


@pytest.mark.parametrize("name", ["speex", "ilbc", "amr-wb", "g729", "g726-24", "g726-40", "pcmu", "l16"])
def test_silence_of_every_announced_format_is_silent_and_as_long_as_asked(name):
    form = Format(name=name, clock=16_000 if name in ("amr-wb", "l16") else 8000, channels=2 if name == "l16" else 1)
    codec = codec_of(form)
    frames = codec.silence(codec.clock * 2)
    assert sum(frame.ticks for frame in frames) == pytest.approx(codec.clock * 2, abs=160)
    data = b"".join(piece for piece, _ in codec.file(frames, 1))
    assert media_type(Content.of(data), f"call.{codec.suffix}").startswith("audio/")
    samples = decoded(data)
    assert len(samples) == pytest.approx(16_000, abs=320)
    assert np.abs(samples[400:]).max() < 40


def test_wide_band_frames_are_told_by_their_size_in_both_packings():
    codec = codec_of(Format(name="amr-wb", clock=16_000))
    speech = bytes(range(60))
    stored = [Frame(b"\x44" + speech, 320)] * 2
    assert codec.frames(b"\xf0\xc4\x44" + speech * 2) == stored
    number = 0xF << 12 | 0b110001_010001
    for _ in range(2):
        number = number << 477 | int.from_bytes(speech, "big") >> 3
    packed_two = (number << (-(16 + 954) % 8)).to_bytes(122, "big")
    assert [frame.data[:60] for frame in codec.frames(packed_two)] == [frame.data[:60] for frame in stored]
    assert codec.frames(b"\xf0\x4c" + bytes(5)) == codec.silence(320)


def test_formats_that_are_not_read_have_no_codec():
    assert codec_of(Format(name="evs", clock=16_000)) is None
    assert codec_of(Format(name="amr", options="octet-align=1;interleaving=30")) is None
    assert codec_of(Format(name="l16", clock=0)) is None
    assert all(codec_of(form) or form.name == "cn" for form in STATIC.values())


@pytest.mark.parametrize(
    ("packet", "ticks"),
    [(b"", 0), (b"\x00", 480), (b"\x7b\x06", 5760), (b"\x7b\x07", 0), (b"\x03", 0), (b"\xe0ab", 120), (b"\x01ab", 960)],
)
def test_what_an_opus_packet_lasts(packet, ticks):
    assert sum(frame.ticks for frame in Opus().frames(packet)) == ticks


def test_comfort_noise_and_lost_frames_of_amr_are_quiet():
    codec = codec_of(Format(name="amr"))
    assert codec.frames(b"\xf0\x44" + bytes(5)) == codec.frames(b"\xf0\x7c") == codec.silence(160)
    assert codec.frames(b"\xf0\x4c" + bytes(5)) == []


def test_frames_of_another_rate_than_most_are_told_as_lost():
    codec = codec_of(STATIC[4])
    frames = codec.frames((b"\1" + b"a" * 19) * 5 + b"\3" + b"\0" * 24 + b"\0" + b"b" * 23)
    assert list(codec.file(frames, 1))[-1] == (b"\1" + bytes(19), True)
    assert [is_lost for _, is_lost in codec.file(frames, 1)] == [False] * 8 + [True]
