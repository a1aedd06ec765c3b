"""The door to FFmpeg (PyAV): the audio tracks, tags and cover pictures of any media file.

The file is read through our own reader only: no protocol is ever opened, and no format that refers to other
files (playlists, concatenations, session descriptions) may be probed. FFmpeg's log is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from forensics.content import Content
from forensics.errors import LimitReached, Malformed
from forensics.formats.mono_pcm import PCM_RATE, Heard, TrackPcm

MAX_TRACKS = 32
MAX_SEPARATE = 8
"""Channels of one file that are heard by themselves, beside the mixes."""
_DEMUXERS = (
    "wav,w64,aiff,au,caf,flac,mp3,aac,loas,latm,ac3,eac3,ac4,dts,dtshd,mlp,truehd,amr,amrnb,amrwb,ogg,mov,matroska,"
    "avi,asf,asf_o,flv,mpeg,mpegts,mpegvideo,h264,hevc,g722,g723_1,g726,g726le,g728,g729,gsm,ilbc,qcp,dss,nistsphere,"
    "tta,ape,wv,tak,shn,voc,act,aea,mpc,mpc8,oma,rm,sox,ircam,avr,pvf,vqf,wtv,wsd,mxf,nut,amv,dv,ivr,codec2,lc3,dsf,"
    "iff,sbc,aptx,aptx_hd,hcom,xwma,adx,sds,mmf,bit,alaw,mulaw,s16le,s16be,u8,s8,s24le,s24be,s32le,f32le,f32be,f64le,osq,qoa,bonk,rka,apac,spdif,svag,vag,rso"
)
_EXACT_LENGTH = ("wav", "w64", "aiff", "au", "caf", "flac", "mov", "matroska", "tta", "ape", "wv", "avi")


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One audio track. `rate` is in Hz; `seconds` what the container claims, 0 when it does not say exactly."""

    number: int
    codec: str
    rate: int
    channels: int
    seconds: float


@dataclass(slots=True)
class MediaFile:
    """An opened media file. `problems` tells, after decoding, what could not be read."""

    tracks: list[Track]
    tags: list[tuple[str, str]]
    container: Any
    check_time: Callable[[], None]
    streams: list[Any] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    room: int = MAX_SEPARATE
    first_byte: int = -1

    def decode(self) -> Iterator[tuple[int, Heard]]:
        """Yield (track number, 16-bit samples at 8 kHz of one of its signals) in file order, as far as it goes."""
        streams = self.streams
        covers = [stream for stream in self.container.streams.video if _is_cover(stream)]
        makers = {stream.index: TrackPcm(stream.codec_context.name, self._takes_room) for stream in streams}
        numbers = {stream.index: number for number, stream in enumerate(streams)}
        counts = _Counts()
        for packet in self._packets(streams + covers):
            self.check_time()
            index = packet.stream.index
            if self.first_byte < 0 and packet.pos is not None:
                self.first_byte = packet.pos
            if index not in makers:
                self.pictures += [bytes(packet)] if packet.size else []
                continue
            for frame in counts.frames(packet):
                for heard in counts.attempt(makers[index].push, frame):
                    yield numbers[index], heard
        for stream in streams:
            for heard in counts.attempt(makers[stream.index].finish):
                yield numbers[stream.index], heard
        if streams:
            self._judge(counts, {numbers[index]: maker for index, maker in makers.items()})

    def _takes_room(self) -> bool:
        self.room -= 1
        return self.room >= 0

    def _packets(self, streams: list[Any]) -> Iterator[Any]:
        if not streams:
            return
        try:
            yield from self.container.demux(*streams)
        except (LimitReached, GeneratorExit):
            raise
        except Exception as error:  # noqa: BLE001 - whatever the bytes made the library say
            self.problems.append(f"reading stopped: {reason(error)}")

    def _judge(self, counts: _Counts, makers: dict[int, TrackPcm]) -> None:
        if counts.bad > max(2, counts.packets // 50) or (counts.bad and not counts.frames_out):
            self.problems.append(f"{counts.bad} of {counts.packets} audio packets are damaged: {counts.reason}")
        for track in self.tracks:
            maker = makers[track.number]
            if maker.seconds < 0.97 * track.seconds - 0.3 and not maker.wrong_rate:
                self.problems.append(f"the audio ends after {maker.seconds:.2f} of {track.seconds:.2f} s")
            if maker.wrong_rate:
                self.problems.append(f"no speech has {maker.wrong_rate} samples a second: played at {PCM_RATE}")
            if maker.mix.left_out:
                self.problems.append(f"{len(maker.mix.left_out)} more channels differ: heard in the mix only")


@dataclass(slots=True)
class _Counts:
    packets: int = 0
    bad: int = 0
    frames_out: int = 0
    reason: str = ""

    def attempt(self, make: Callable[..., list[Heard]], *arguments: Any) -> list[Heard]:
        """Samples; a frame no resampler takes is counted and passed over."""
        try:
            return make(*arguments)
        except Exception as error:  # noqa: BLE001 - whatever the bytes made the library say
            self.bad += 1
            self.reason = reason(error)
            return []

    def frames(self, packet: Any) -> list[Any]:
        """The frames of a packet; a packet that does not decode is counted and passed over."""
        self.packets += 1
        try:
            frames = list(packet.decode())
        except Exception as error:  # noqa: BLE001 - whatever the bytes made the library say
            if type(error).__name__ != "EOFError":
                self.bad += 1
                self.reason = reason(error)
            return []
        self.frames_out += len(frames)
        return frames


class _Reader:
    """What FFmpeg may read: these bytes and nothing else, until the time is up."""

    def __init__(self, content: Content, check_time: Callable[[], None]) -> None:
        self._file = content.open()
        self._check_time = check_time
        self.name = "content"

    def read(self, count: int) -> bytes:
        self._check_time()
        return self._file.read(count)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


@contextmanager
def open_media(
    content: Content, check_time: Callable[[], None], *, demuxer: str = "", options: Mapping[str, str] | None = None
) -> Iterator[MediaFile]:
    """Open a media file; `demuxer` forces a headerless format, read as `options` say. Raises Malformed otherwise."""
    import av

    av.logging.set_level(None)
    try:
        container = av.open(
            _Reader(content, check_time),
            format=demuxer or None,
            metadata_errors="replace",
            container_options={**(options or {}), "format_whitelist": _DEMUXERS, "protocol_whitelist": "none"},
        )
    except LimitReached:
        raise
    except Exception as error:
        raise Malformed(f"not readable as audio or video: {reason(error)}") from error
    try:
        yield _described(container, check_time)
    finally:
        container.close()


def takes_one_frame(codec: str, configuration: bytes) -> Callable[[bytes], bool]:
    """What says whether a decoder takes bytes for one whole frame; `configuration` is what it must be told."""
    import av

    av.logging.set_level(None)
    context: Any = av.CodecContext.create(codec, "r")
    context.extradata = configuration
    context.thread_count = 1

    def takes(data: bytes) -> bool:
        try:
            return len(context.decode(av.Packet(data))) == 1
        except Exception:  # noqa: BLE001 - whatever the bytes made the library say
            return False

    return takes


def _described(container: Any, check_time: Callable[[], None]) -> MediaFile:
    is_exact = any(name in _EXACT_LENGTH for name in container.format.name.split(","))
    tags = [(str(key), str(value)) for key, value in container.metadata.items()]
    tracks: list[Track] = []
    for stream in container.streams:
        tags += [(str(key), str(value)) for key, value in stream.metadata.items()]
    media = MediaFile(tracks=tracks, tags=list(dict.fromkeys(tags)), container=container, check_time=check_time)
    for stream in container.streams.audio[:MAX_TRACKS]:
        context = stream.codec_context
        if context is None:
            media.problems.append("an audio track has a codec that cannot be decoded")
            continue
        context.thread_count = 1
        media.streams.append(stream)
        is_told = is_exact and stream.duration and stream.time_base
        tracks.append(
            Track(
                number=len(tracks),
                codec=context.name,
                rate=int(context.sample_rate or 0),
                channels=int(context.channels or 0),
                seconds=float(stream.duration * stream.time_base) if is_told else 0.0,
            )
        )
    return media


def _is_cover(stream: Any) -> bool:
    return bool(int(stream.disposition) & 0x400)


def reason(error: Exception) -> str:
    """What FFmpeg said, without its numbers and file names."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).partition(":")[0][:200]
