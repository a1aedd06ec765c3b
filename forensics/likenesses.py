"""What matchers of pictures have in common: the pixels they look at, and what they say of what they found."""

from __future__ import annotations

from forensics.fingerprints.image.grid import Grey
from forensics.fingerprints.image.search import ImageMatch, chance
from forensics.formats.pixels import CODECS, read_grey
from forensics.model import Artifact, Excerpt
from forensics.sound_words import odds

SCALE = 100.0


def is_picture(artifact: Artifact) -> bool:
    """Say whether it is a picture of pixels, as its type has it."""
    return not artifact.is_view and artifact.media_type in CODECS and artifact.content.size > 0


def pixels_of(artifact: Artifact) -> Grey:
    """Its pixels, grey. Raises Malformed for what cannot be decoded, LimitReached for one that is too large."""
    return read_grey(artifact.content, artifact.media_type)


def score(found: ImageMatch) -> float:
    """The share of it that agrees."""
    return 1 - found.distance / SCALE


def excerpt(found: ImageMatch, most: float, known: int) -> Excerpt:
    """How near it came, out of what is near enough, and how often chance does as well among so many `known`."""
    same = found.tiles - found.differing
    said = (
        f"{same} of {found.tiles} parts agree, distance {found.distance:.0f} of {most:g}, "
        f"by chance: {odds(chance(found, known))} pictures"
    )
    return Excerpt(kind="image", label=found.item, text=said)
