"""Finds the sound of an MP4 file whose index is missing: a recording that broke off, or a copy that was cut."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.errors import Malformed
from forensics.formats.aac_blocks import Fits, Way, find_way, frame_ends
from forensics.formats.media_streams import takes_one_frame
from forensics.formats.mp4_boxes import Box, boxes
from forensics.model import Artifact, Part

_TYPES = ("audio/mp4", "video/mp4", "video/quicktime", "video/3gpp", "video/x-m4v", "audio/x-m4a")
_INDEX = (b"moov", b"moof")
_MOST_BYTES = 128 << 20


class UnindexedMp4(Decoder):
    """MP4, M4A and 3GP with nothing but AAC in them, LC or what plays as such; the frames are found by trying."""

    def accepts(self, artifact: Artifact) -> bool:
        """The type says so, and there is no index."""
        if artifact.is_view or artifact.media_type not in _TYPES:
            return False
        kinds = {box.kind for box in boxes(artifact.content)}
        return b"mdat" in kinds and kinds.isdisjoint(_INDEX)

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the frames of each `mdat` box as a file that plays, then say what lacks."""
        said = ["the index (moov) is missing"]
        for box in boxes(artifact.content):
            if box.kind == b"mdat":
                yield from _found(artifact, box, budget, said)
        raise Malformed("; ".join(said))


def _found(artifact: Artifact, box: Box, budget: Budget, said: list[str]) -> Iterator[Part]:
    data = artifact.content.pread(min(box.end - box.start, _MOST_BYTES), box.start)
    way = find_way(data, _fits, budget.check_time)
    if way is None:
        said.append(f"no sound was found in {box.end - box.start} bytes at {box.start}")
        return
    spool, start = budget.spool(), 0
    for end in frame_ends(data, way, _fits(way), budget.check_time):
        spool.write(way.header(end - start) + data[start:end])
        start = end
    said.append(
        f"AAC was found in {start} of {box.end - box.start} bytes at {box.start}, played at about {way.rate} Hz"
    )
    yield Part(name=f"unindexed@{box.start}.aac", content=spool.close())


def _fits(way: Way) -> Fits:
    return takes_one_frame("aac", way.configuration)
